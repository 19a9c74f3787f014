import Dispatch
import Foundation
import Journal
import Logging
import NIOCore
import TradingCore
import Venues

/// The store that the server runs on: recovered and being verified, or damaged.
///
/// A damaged store does not keep the process from starting: it serves what needs no journal, with
/// the gate shut, and says why (E6, K2).
final class OpenedStore {
    let state: State
    /// Where the walk writes; nothing goes to a damaged journal.
    let events: any EventStore
    let condition: JournalCondition
    private var isAbandoned = false
    private let trail: AuditTrail?
    private let check: ChainCheck?
    private let loop: any EventLoop
    private let log: Logger

    /// Recovers the store, which is made where it is missing.
    ///
    /// - Throws: Where it cannot be opened for another reason than damage, or is too new.
    init(_ configuration: Configuration, loop: any EventLoop, log: Logger) throws {
        try FileManager.default.createDirectory(
            atPath: configuration.storePath,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let audit = configuration.audit
        let layout = Recovery.Layout(
            store: configuration.storePath,
            anchors: audit.anchorPath,
            signingKey: audit.signingKeyPath,
            reports: audit.reportFolder
        )
        let key = try SigningKey.loadOrMake(at: layout.signingKey)
        let recovery = try Recovery.run(layout, verifying: key.publicKey)
        for warning in recovery.warnings { log.error("\(warning)") }
        self.state = recovery.state
        self.loop = loop
        self.log = log
        guard let journal = recovery.journal else {
            let reason = recovery.damage.map { "\($0)" } ?? "it cannot be read"
            Self.report(reason, to: log)
            self.events = AbandonedStore()
            self.condition = .damaged(reason)
            self.trail = nil
            self.check = nil
            return
        }
        Self.report(recovery, to: log)
        self.events = journal
        self.condition = audit.isVerifiedBeforeTrading ? .unverified : .sound
        self.check = ChainCheck(
            of: journal,
            anchors: try layout.anchors.read().heads,
            key: key.publicKey
        )
        self.trail = AuditTrail(
            journal: journal,
            layout: layout,
            recoveredFrom: recovery.snapshotSequence,
            key: key,
            settings: audit,
            loop: loop,
            log: log
        )
    }

    /// What reads the journal beside the walk; nil where it is damaged.
    func history(on loop: any EventLoop) -> HistoryReader? {
        (self.events as? Journal).map { HistoryReader(DecisionHistory(of: $0), loop: loop) }
    }

    /// What tells subscribers of events; to be made before the walk's first step.
    func broadcaster(
        on loop: any EventLoop,
        _ settings: Broadcaster.Settings
    ) -> Broadcaster {
        Broadcaster(
            recovered: self.state,
            history: (self.events as? Journal).map { EventHistory(of: $0) },
            loop: loop,
            settings: settings,
            log: self.log
        )
    }

    private static func report(_ recovery: Recovery, to log: Logger) {
        let orders = recovery.state.orders
        log.info(
            "recovered",
            metadata: [
                "events": "\(recovery.state.sequence)",
                "snapshot_at": "\(recovery.snapshotSequence)",
                "open_orders": "\(orders.count)",
                "unanswered": "\(orders.values.count { $0.status == .submitting })",
            ]
        )
    }

    private static func report(_ reason: String, to log: Logger) {
        log.critical(
            "the journal is damaged: nothing is traded, the gate stays shut",
            metadata: ["reason": "\(reason)"]
        )
    }

    /// Begins to follow the walk, which has started, and to verify what recovery did not read.
    func follow(_ walk: GatewayLoop) {
        self.trail?.start(walk)
        guard let check = self.check else { return }
        let loop = self.loop
        let parts = NIOLoopBound((self, walk), eventLoop: loop)
        DispatchQueue.global(qos: .utility).async {
            let result = Result { () throws(JournalError) in try check.run() }
            loop.execute {
                let (store, walk) = parts.value
                store.checkEnded(result, walk)
            }
        }
    }

    private func checkEnded(_ result: Result<Damage?, JournalError>, _ walk: GatewayLoop) {
        let reason: String
        switch result {
        case .success(nil):
            walk.receive(.journal(.sound))
            return
        case .success(let damage?): reason = "\(damage)"
        case .failure(let error): reason = "\(error)"
        }
        Self.report(reason, to: self.log)
        self.trail?.stop()
        walk.abandonJournal(reason)
    }

    /// Keeps what was said to a venue and what it said, with the next record (G1).
    ///
    /// A message about an order that is not ours is nobody's here.
    func keep(_ receipts: [Receipt], of venue: VenueID, _ walk: GatewayLoop) {
        guard let journal = self.events as? Journal, !receipts.isEmpty, !self.isAbandoned else {
            return
        }
        var prefix = ""
        walk.withState { prefix = $0.clientIDPrefix }
        for receipt in receipts {
            let orderID: OrderID
            switch receipt.subject {
            case .order(let number): orderID = number
            case .name(let name):
                guard
                    case .ours(let number) = ClientOrderIDScheme.owner(of: name, prefix: prefix)
                else { continue }
                orderID = number
            }
            journal.add(
                StoredReceipt(
                    orderID: orderID,
                    venue: venue,
                    request: receipt.request,
                    status: receipt.status,
                    answer: receipt.answer,
                    sentAt: receipt.sentAt,
                    receivedAt: receipt.receivedAt
                )
            )
        }
    }

    /// Touches the journal no more: a write failed, or hangs in it.
    func abandon() {
        self.isAbandoned = true
        self.trail?.stop()
    }

    /// Writes the last record, which takes along the receipts that none has taken yet, and what
    /// belongs to an orderly end.
    func finish(_ walk: GatewayLoop) {
        guard !self.isAbandoned else { return }
        walk.stop()
        walk.withState { self.trail?.finish($0) }
    }
}
