import Dispatch
import Journal
import Logging
import NIOCore
import TradingCore

/// What is written beside the journal while the gateway runs: snapshots of the state.
///
/// Lives on the gateway loop and looks at each batch after its effects went out. Encoding and
/// writing happen on a thread of its own, on a copy of the state.
final class AuditTrail {
    private let journal: Journal
    private let layout: Recovery.Layout
    private let settings: AuditSettings
    private let loop: any EventLoop
    private let clock: SystemClock
    private let log: Logger
    private let queue = DispatchQueue(label: "audit", qos: .utility)
    /// The head of the newest snapshot, taken or on its way.
    private var snapshotSequence: UInt64
    private var isSnapshotOnItsWay = false
    private var isFinished = false

    init(
        journal: Journal,
        layout: Recovery.Layout,
        recoveredFrom snapshotSequence: UInt64,
        settings: AuditSettings,
        loop: any EventLoop,
        log: Logger
    ) {
        self.journal = journal
        self.layout = layout
        self.settings = settings
        self.loop = loop
        self.clock = SystemClock()
        self.log = log
        self.snapshotSequence = snapshotSequence
    }

    /// Begins to follow the walk.
    func start(_ walk: GatewayLoop) {
        walk.afterCommit = { [unowned self] state, events in self.note(state, events) }
        let interval = TimeAmount.seconds(Int64(self.settings.snapshotIntervalSeconds))
        self.every(interval) { [unowned self, unowned walk] in
            walk.syncNow()
            walk.withState { self.takeSnapshot(of: $0) }
        }
    }

    private func every(_ interval: TimeAmount, _ body: @escaping () -> Void) {
        self.loop.assumeIsolated().scheduleTask(in: interval) { [weak self] in
            guard let self, !self.isFinished else { return }
            body()
            self.every(interval, body)
        }
    }

    private func note(_ state: State, _ events: [Event]) {
        let count = self.journal.head.sequence - self.snapshotSequence
        if count >= UInt64(self.settings.snapshotEventsMax) { self.takeSnapshot(of: state) }
    }

    /// Takes a snapshot unless nothing happened since the last one; of synced records only, so
    /// that it is never ahead of what a crash leaves.
    private func takeSnapshot(of state: State) {
        guard !self.isSnapshotOnItsWay, let snapshot = self.snapshot(of: state) else { return }
        self.isSnapshotOnItsWay = true
        self.snapshotSequence = snapshot.head.sequence
        let folder = self.layout.snapshots
        let trail = NIOLoopBound(self, eventLoop: self.loop)
        let loop = self.loop
        self.queue.async {
            let result = Result { () throws(JournalError) in try folder.write(snapshot) }
            loop.execute { trail.value.snapshotEnded(snapshot.head, result) }
        }
    }

    private func snapshot(of state: State) -> Snapshot? {
        guard !self.journal.hasUnsyncedRecords, self.journal.head.sequence > self.snapshotSequence
        else { return nil }
        return Snapshot(of: state, at: self.journal.head, time: self.clock.now().wall)
    }

    private func snapshotEnded(_ head: ChainHead, _ result: Result<Void, JournalError>) {
        self.isSnapshotOnItsWay = false
        switch result {
        case .success:
            self.log.debug("snapshot", metadata: ["sequence": "\(head.sequence)"])
        case .failure(let error):
            // Nothing is lost: recovery takes an older one and replays more.
            self.log.error("no snapshot", metadata: ["error": "\(error)"])
        }
    }

    /// Takes the last snapshot; the journal is synced and nothing is decided any more.
    func finish(_ state: State) {
        self.isFinished = true
        // What is on its way comes first.
        self.queue.sync {}
        guard let snapshot = self.snapshot(of: state) else { return }
        let folder = self.layout.snapshots
        self.snapshotEnded(
            snapshot.head,
            Result { () throws(JournalError) in try folder.write(snapshot) }
        )
    }
}
