import Dispatch
import Journal
import Logging
import NIOCore
import TradingCore

/// What is written beside the journal while the gateway runs: snapshots of the state, signed
/// checkpoints of the chain, and anchors outside the store.
///
/// Lives on the gateway loop and looks at each batch after its effects went out. Encoding and
/// writing happen on a thread of its own, on a copy of the state.
final class AuditTrail {
    private let journal: Journal
    private let layout: Recovery.Layout
    private let key: SigningKey
    private let settings: AuditSettings
    private let loop: any EventLoop
    private let clock: @Sendable () -> Instant
    private let log: Logger
    private let queue = DispatchQueue(label: "audit", qos: .utility)
    /// The head of the newest snapshot, taken or on its way.
    private var snapshotSequence: UInt64
    private var isSnapshotOnItsWay = false
    private var isFinished = false
    private var anchored = ChainHead.start
    private var checkpointed = ChainHead.start
    /// The day of the last checkpoint for the day's sake.
    private var checkpointDay: Day
    private let reports: ReportWriter

    init(
        journal: Journal,
        layout: Recovery.Layout,
        recoveredFrom snapshotSequence: UInt64,
        key: SigningKey,
        settings: AuditSettings,
        loop: any EventLoop,
        clock: @escaping @Sendable () -> Instant = { SystemClock().now() },
        log: Logger
    ) {
        self.journal = journal
        self.layout = layout
        self.key = key
        self.settings = settings
        self.loop = loop
        self.clock = clock
        self.log = log
        self.snapshotSequence = snapshotSequence
        self.checkpointDay = Day(of: self.clock().wall)
        self.reports = ReportWriter(
            reports: DailyReports(of: journal),
            folder: layout.reports,
            log: log
        )
    }

    /// Begins to follow the walk.
    func start(_ walk: GatewayLoop) {
        // The day may have ended while no server ran.
        self.writeReport(of: self.checkpointDay.previous)
        walk.afterCommit = { [unowned self] state, events in self.note(state, events) }
        let interval = TimeAmount.seconds(Int64(self.settings.snapshotIntervalSeconds))
        self.every(interval) { [unowned self, unowned walk] in
            walk.syncNow()
            walk.withState { self.takeSnapshot(of: $0) }
        }
        self.every(.seconds(Int64(self.settings.anchorIntervalSeconds))) {
            [unowned self, unowned walk] in
            walk.syncNow()
            guard !self.isFinished else { return }
            self.writeAnchor()
            let day = Day(of: self.clock().wall)
            // Forward only: a clock set back must not sign a day twice.
            if day > self.checkpointDay {
                self.checkpointDay = day
                self.writeCheckpoint(.daily)
                self.writeReport(of: day.previous)
            }
        }
    }

    /// Writes a day's report once; a day on which the server did not run gets none.
    private func writeReport(of day: Day) {
        let reports = self.reports
        // Not on the queue of snapshots and anchors: those must not wait for it.
        DispatchQueue.global(qos: .utility).async { reports.writeIfMissing(day) }
    }

    private func every(_ interval: TimeAmount, _ body: @escaping () -> Void) {
        self.loop.assumeIsolated().scheduleTask(in: interval) { [weak self] in
            guard let self, !self.isFinished else { return }
            body()
            self.every(interval, body)
        }
    }

    private func note(_ state: State, _ events: [Event]) {
        guard !self.isFinished else { return }
        let count = self.journal.head.sequence - self.snapshotSequence
        if count >= UInt64(self.settings.snapshotEventsMax) { self.takeSnapshot(of: state) }
        let isModeChanged = events.contains { event in
            switch event {
            case .modeChanged, .strategyModeChanged: true
            default: false
            }
        }
        if isModeChanged { self.writeCheckpoint(.modeChange) }
    }

    // MARK: Signatures

    /// Signs what is synced; where it fails, the next write of the journal fails as well.
    private func writeCheckpoint(_ reason: SignedHead.Reason) {
        guard !self.journal.hasUnsyncedRecords, self.journal.head != self.checkpointed else {
            return
        }
        self.checkpointed = self.journal.head
        let head = self.sign(reason)
        do throws(JournalError) {
            try self.journal.write(checkpoint: head)
        } catch {
            self.log.error("no checkpoint", metadata: ["error": "\(error)"])
        }
    }

    private func writeAnchor() {
        guard !self.journal.hasUnsyncedRecords, self.journal.head != self.anchored else { return }
        self.anchored = self.journal.head
        let head = self.sign(.anchor)
        let file = self.layout.anchors
        let log = self.log
        self.queue.async {
            do throws(JournalError) {
                try file.append(head)
            } catch {
                log.error("no anchor", metadata: ["error": "\(error)"])
            }
        }
    }

    private func sign(_ reason: SignedHead.Reason) -> SignedHead {
        SignedHead(self.journal.head, reason, at: self.clock().wall, by: self.key)
    }

    // MARK: Snapshots

    /// Takes a snapshot unless nothing happened since the last one; of synced records only, so
    /// that it is never ahead of what a crash leaves.
    private func takeSnapshot(of state: State) {
        guard !self.isFinished, !self.isSnapshotOnItsWay, let snapshot = self.snapshot(of: state)
        else { return }
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
        return Snapshot(of: state, at: self.journal.head, time: self.clock().wall)
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

    /// Writes nothing any more: the journal is not what it was.
    func stop() { self.isFinished = true }

    /// Writes the last of each; the journal is synced and nothing is decided any more.
    func finish(_ state: State) {
        guard !self.isFinished else { return }
        self.isFinished = true
        self.writeCheckpoint(.shutdown)
        self.writeAnchor()
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
