import Dispatch
import Foundation
import Glibc
import Logging
import Synchronization
import TradingCore
import Venues

/// The kill switch outside of the gateway loop: closes the gates from any thread, also while the
/// loop hangs in a sync (K1), and leaves a file for the next start where the journal does not take
/// an engagement in time (K2).
///
/// What engages it reaches the loop as a call; the loop tells it what became of the record.
final class KillLever: Sendable {
    static let environmentVariable = "TRADING_KILL_SWITCH"

    /// One engagement, before anything is recorded.
    struct Pull: Hashable, Sendable {
        var level: KillLevel
        var principal: Principal
        var reason: String
    }

    /// Names an engagement that the journal has not taken yet.
    struct Ticket: Hashable, Sendable {
        fileprivate var number: UInt64
    }

    private struct State {
        var gates: [Gate] = []
        var engage: (@Sendable (Pull) -> Void)?
        /// What was asked for before anybody listened.
        var early: [Pull] = []
        var lastTicket: UInt64 = 0
        /// The strongest engagement that is not on disk, and the newest ticket it stands for.
        var unrecorded: (pull: Pull, ticket: Ticket)?
        /// The file as it was at the start.
        var seen: KillFile.Version?
    }

    let settings: KillSettings
    private let file: KillFile
    private let log: Logger
    private let state = Mutex(State())
    /// Writes and removes the file; it may hang where the disk does, and nobody waits for it.
    private let scribe = DispatchQueue(label: "kill file", qos: .userInitiated)
    private let timer = DispatchQueue(label: "kill timer", qos: .userInitiated)

    /// How long a pull from outside of the loop waits for the journal before the file is written.
    private static let recordMilliseconds = 250
    /// How long an answer waits for the last request that passed the gate to be written.
    private static let writingMillisecondsMax = 20

    init(_ settings: KillSettings, storePath: String, log: Logger) {
        self.settings = settings
        self.log = log
        let path = settings.filePath ?? Self.beside(storePath)
        self.file = KillFile(path: path, defaultLevel: settings.fileLevel)
        self.scribe.async { [file = self.file] in file.reserve() }
    }

    private static func beside(_ storePath: String) -> String {
        var path = storePath[...]
        while path.hasSuffix("/"), path.count > 1 { path = path.dropLast() }
        return path + ".kill"
    }

    /// The gate is closed by whatever engages the switch, also by what did so before this.
    func add(_ gate: Gate) {
        let isPulled = self.state.withLock { state in
            state.gates.append(gate)
            return !state.early.isEmpty
        }
        if isPulled { gate.close(.killSwitch) }
    }

    /// Takes what hands an engagement to the loop; called once.
    func onPull(_ engage: @escaping @Sendable (Pull) -> Void) {
        let early = self.state.withLock { state in
            state.engage = engage
            defer { state.early = [] }
            return state.early
        }
        for pull in early { engage(pull) }
    }

    // MARK: Engaging

    /// Engages from outside of the loop: the gates are closed when this returns.
    func pull(_ pull: Pull) {
        self.closeGates()
        let ticket = self.note(pull)
        let deadline = DispatchTime.now() + .milliseconds(Self.recordMilliseconds)
        self.timer.asyncAfter(deadline: deadline) { self.writeFile(unless: ticket) }
        let engage = self.state.withLock { state in
            if state.engage == nil { state.early.append(pull) }
            return state.engage
        }
        engage?(pull)
    }

    /// Closes the gates for an engagement that the loop decides next.
    func begin(_ pull: Pull) -> Ticket {
        self.closeGates()
        return self.note(pull)
    }

    private func closeGates() {
        for gate in self.state.withLock({ $0.gates }) { gate.close(.killSwitch) }
    }

    private func note(_ pull: Pull) -> Ticket {
        self.state.withLock { state in
            state.lastTicket += 1
            let ticket = Ticket(number: state.lastTicket)
            var strongest = pull
            if let earlier = state.unrecorded?.pull, earlier.level > pull.level {
                strongest = earlier
            }
            state.unrecorded = (strongest, ticket)
            return ticket
        }
    }

    /// The placements that passed a gate and are not answered.
    var onTheWire: Set<OrderID> {
        self.state.withLock { $0.gates }.reduce(into: []) { $0.formUnion($1.wire.orderIDs) }
    }

    /// Returns when no request that passed a gate is still about to be written; an answer given
    /// after this is followed by no byte of a placement (K1).
    func waitUntilWritten() {
        let gates = self.state.withLock { $0.gates }
        for _ in 0..<(Self.writingMillisecondsMax * 20) {
            guard gates.contains(where: { $0.wire.isBeingWritten }) else { return }
            usleep(50)
        }
    }

    // MARK: What became of the record

    /// The journal holds everything up to an engagement: the file is not needed any more.
    func recorded(_ ticket: Ticket) {
        let isLast = self.state.withLock { state in
            guard let unrecorded = state.unrecorded, unrecorded.ticket == ticket else {
                return false
            }
            state.unrecorded = nil
            return true
        }
        if isLast { self.takeFileBack() }
    }

    /// The journal takes nothing any more.
    func recordFailed() { self.scribe.async { self.writeUnrecorded() } }

    private func writeFile(unless ticket: Ticket) {
        let isWaiting = self.state.withLock { ($0.unrecorded?.ticket.number ?? 0) >= ticket.number }
        if isWaiting { self.recordFailed() }
    }

    private func writeUnrecorded() {
        guard let pull = self.state.withLock({ $0.unrecorded?.pull }) else { return }
        let isWritten = self.file.write(pull.level, by: pull.principal, reason: pull.reason)
        self.log.critical(
            "the kill switch is engaged and not in the journal",
            metadata: [
                "level": "\(pull.level.name)", "by": "\(pull.principal)",
                "file": isWritten ? "\(self.file.path)" : "cannot be written",
            ]
        )
        // It may have been recorded meanwhile.
        if self.state.withLock({ $0.unrecorded == nil }) { self.takeFileBack() }
    }

    private func takeFileBack() {
        self.scribe.async {
            guard let reason = self.file.takeBack() else { return }
            self.log.error(
                "the kill file cannot be removed",
                metadata: ["file": "\(self.file.path)", "reason": "\(reason)"]
            )
        }
    }

    // MARK: What stands outside of the gateway

    /// What asks for the switch at the start; the strongest, or nil.
    func atStart() -> Pull? {
        var pulls: [Pull] = []
        if let level = self.settings.environmentLevel {
            let principal = Principal(Self.environmentVariable)
            pulls.append(Pull(level: level, principal: principal, reason: "set at the start"))
        }
        let version = self.file.version()
        self.state.withLock { $0.seen = version }
        if version != nil { pulls.append(self.pullOfFile()) }
        return pulls.max { $0.level < $1.level }
    }

    /// The journal held already what was asked for at the start.
    func noteRecordedAtStart() { self.takeFileBack() }

    private func pullOfFile() -> Pull {
        let content = self.file.content()
        return Pull(
            level: content.level,
            principal: Principal("kill file"),
            reason: content.reason
        )
    }

    /// Why a release would not last, in words.
    var causes: [String] {
        var causes: [String] = []
        if self.settings.environmentLevel != nil {
            causes.append("\(Self.environmentVariable) was set at the start")
        }
        if self.file.version() != nil { causes.append("the kill file \(self.file.path) is there") }
        return causes
    }

    /// Watches the file from a thread of its own, beginning with what was there at the start.
    func watchFile() {
        let file = self.file
        let interval = UInt32(self.settings.filePollMilliseconds) * 1_000
        let seen = self.state.withLock { $0.seen }
        let thread = Thread {
            var last = seen
            while true {
                usleep(interval)
                let version = file.version()
                defer { last = version }
                guard version != nil, version != last else { continue }
                // Ours stands for an engagement that closed the gates before it was written.
                if file.content().isOurs { continue }
                self.pull(self.pullOfFile())
            }
        }
        thread.name = "kill file"
        thread.start()
    }
}
