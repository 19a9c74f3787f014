import Journal
import Logging
import NIOCore
import TradingCore
import Venues

/// The walk: receive → decode → fetch → decide → persist → release.
///
/// Everything here happens on one event loop. Inputs of one loop tick share one batch: the first
/// of them queues ``commit()``, which NIO runs after all ready channels were read, so a tick costs
/// one synced write however many inputs it had.
final class GatewayLoop {
    private let loop: any EventLoop
    private var journal: any EventStore
    private let clock: SystemClock
    private let log: Logger
    private var gateway: Gateway
    private var batch: OpenBatch?
    private var venues: [VenueID: any VenueLink] = [:]
    private var answers: [RequestToken: (Reply) -> Void] = [:]
    private var lastToken: UInt64 = 0
    private var wake: (time: MonotonicTime, task: Scheduled<Void>)?
    private var isSyncQueued = false
    /// When the oldest of the journal's unsynced records was written.
    private var unsyncedSince: NIODeadline?
    /// Whether a decision is being made: nothing may be received meanwhile.
    private var isDeciding = false
    /// Told of each batch after its effects went out; see ``AuditTrail``.
    var afterCommit: ((State, [Event]) -> Void)?
    /// Called in place of ending the process, by tests.
    private let endProcess: (JournalError) -> Never

    /// - Parameters:
    ///   - gateway: Recovered from the journal, not started yet.
    ///   - journal: Replayed to its end.
    ///   - loop: Where all of this runs.
    ///   - clock: Read once a batch.
    ///   - log: For people.
    ///   - endProcess: What a failed write leads to (J1).
    init(
        gateway: consuming Gateway,
        journal: any EventStore,
        loop: any EventLoop,
        clock: SystemClock,
        log: Logger,
        endProcess: @escaping (JournalError) -> Never
    ) {
        self.gateway = gateway
        self.journal = journal
        self.loop = loop
        self.clock = clock
        self.log = log
        self.endProcess = endProcess
    }

    func attach(_ link: any VenueLink, as venue: VenueID) { self.venues[venue] = link }

    /// Takes the first step on the store; nothing may be received before.
    func start(prefix: String, epoch: String, version: String) {
        self.decide { gateway, batch in
            gateway.start(prefix: prefix, epoch: epoch, version: version, into: &batch)
        }
    }

    /// Lends the state as it is between two decisions.
    func withState(_ body: (State) -> Void) { body(self.gateway.state) }

    /// From now on nothing is written and nothing traded: the journal is not what it was.
    func abandonJournal(_ reason: String) {
        self.journal = AbandonedStore()
        self.receive(.journal(.damaged(reason)))
    }

    /// Returns when everything written so far is on disk.
    func syncNow() {
        do throws(JournalError) { try self.journal.sync() } catch { self.failWrite(error) }
    }

    // MARK: receive

    /// A client's call; the answer is given once, on the loop, when it may be seen.
    func receive(
        _ request: Request,
        deadline: MonotonicTime?,
        answer: @escaping (Reply) -> Void
    ) {
        self.lastToken += 1
        let token = RequestToken(raw: self.lastToken)
        self.answers[token] = answer
        self.receive(.request(token, request, deadline: deadline))
    }

    /// Everything else that can make the gateway decide something.
    func receive(_ input: Input) {
        // MARK: fetch
        let needs = self.gateway.needs(of: input)
        let fetched: Fetched
        do throws(JournalError) {
            fetched = needs.isEmpty ? Fetched() : try self.journal.fetch(needs)
        } catch {
            self.endProcess(error)
        }
        self.decide { gateway, batch in
            gateway.decide(input, fetched: fetched, into: &batch)
        }
    }

    // MARK: decide

    private func decide(_ body: (inout Gateway, inout OpenBatch) -> Void) {
        self.loop.assertInEventLoop()
        guard !self.isDeciding else {
            fatalError("invariant broken: a venue answered from within a decision")
        }
        self.isDeciding = true
        defer { self.isDeciding = false }
        let isFirst = self.batch == nil
        var batch = self.batch.take() ?? OpenBatch(at: self.clock.now())
        body(&self.gateway, &batch)
        for effect in batch.takeImmediateEffects() { self.perform(effect) }
        self.batch = consume batch
        if isFirst { self.loop.assumeIsolated().execute { self.commit() } }
    }

    private func eachVenue(_ body: (any VenueLink) -> Void) {
        for venue in self.venues.values { body(venue) }
    }

    private func perform(_ effect: ImmediateEffect) {
        switch effect {
        case .request(let venue, let request): self.venues[venue]?.perform(request)
        case .closeGate(let venue): self.venues[venue]?.close(.session)
        case .engageKillSwitch: self.eachVenue { $0.close(.killSwitch) }
        case .stopClosings: self.eachVenue { $0.close(.closings) }
        case .restrain(let venue, let restraint): self.venues[venue]?.restrain(restraint)
        case .alert(let alert): EventLog(log: self.log).note(alert)
        case .renewStream(let venue, let reason): self.venues[venue]?.renewStream(reason: reason)
        }
    }

    // MARK: persist, release

    private func commit() {
        guard let batch = self.batch.take() else { return }
        let events = batch.events
        let durable: DurableBatch
        do throws(JournalError) {
            durable = try batch.persisted { (batch) throws(JournalError) in
                try self.journal.write(batch)
            }
        } catch {
            self.failWrite(error)
        }
        durable.release(
            place: { self.place($0) },
            perform: { self.perform($0) }
        )
        for venue in self.venues.values { venue.flush() }
        EventLog(log: self.log).note(events)
        self.afterCommit?(self.gateway.state, events)
        self.queueSync()
        self.scheduleWake()
    }

    private func place(_ placement: consuming DurablePlacement) {
        let venue = placement.intent.venue
        guard let link = self.venues[venue] else {
            fatalError("invariant broken: an order was approved for \(venue), which has no link")
        }
        link.place(placement)
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .reply(let token, let reply):
            guard let answer = self.answers.removeValue(forKey: token) else {
                fatalError("invariant broken: call \(token.raw) is answered twice")
            }
            answer(reply)
        case .openGate(let venue):
            self.venues[venue]?.open(.session)
        case .liftKillSwitch:
            self.eachVenue { $0.open(.killSwitch) }
        case .letClosingsPass:
            self.eachVenue { $0.open(.closings) }
        }
    }

    /// State already holds what could not be written: only recovery can tell what is true (J1).
    ///
    /// Cancels and reads need no journal and still go out (K2).
    private func failWrite(_ error: JournalError) -> Never {
        self.eachVenue {
            $0.close(.session)
            $0.flush()
        }
        self.log.critical("the journal cannot be written", metadata: ["error": "\(error)"])
        self.endProcess(error)
    }

    /// What may wait for the next sync does not wait longer than this (J2).
    private static let unsyncedAgeMax = TimeAmount.milliseconds(5)

    /// Sees to it that unsynced records are synced in time, by the sync of a later batch if one
    /// comes: a sync of its own would delay the orders behind it.
    private func queueSync() {
        guard self.journal.hasUnsyncedRecords else {
            self.unsyncedSince = nil
            return
        }
        let since = self.unsyncedSince ?? .now()
        self.unsyncedSince = since
        guard !self.isSyncQueued else { return }
        self.isSyncQueued = true
        self.loop.assumeIsolated().scheduleTask(deadline: since + Self.unsyncedAgeMax) {
            self.isSyncQueued = false
            self.syncIfDue()
        }
    }

    private func syncIfDue() {
        if let since = self.unsyncedSince, since + Self.unsyncedAgeMax <= .now() {
            self.syncNow()
        }
        self.queueSync()
    }

    private func scheduleWake() {
        guard let time = self.gateway.nextWake else { return }
        if let wake = self.wake, wake.time <= time { return }
        self.wake?.task.cancel()
        let deadline = NIODeadline.uptimeNanoseconds(time.nanoseconds)
        let task = self.loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.wake = nil
            self.receive(.wake)
        }
        self.wake = (time, task)
    }
}
