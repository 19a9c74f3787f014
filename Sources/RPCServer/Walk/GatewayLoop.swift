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
    private let lever: KillLever
    /// Nil where no second factor is configured.
    private let codes: OneTimeCodes?
    private var gateway: Gateway
    private var batch: OpenBatch?
    private var venues: [VenueID: any VenueLink] = [:]
    private(set) var answers: [RequestToken: (Reply) -> Void] = [:]
    private var lastToken: UInt64 = 0
    /// Calls of this tick that engage the kill switch.
    private var engagements: [RequestToken: KillLever.Ticket] = [:]
    /// Why nothing is written any more; the process is about to end (J1).
    private var failure: JournalError?
    private var wake: (time: MonotonicTime, task: Scheduled<Void>)?
    private var isSyncQueued = false
    /// When the oldest of the journal's unsynced records was written.
    private var unsyncedSince: NIODeadline?
    /// Readings answered at once since the last task that allows more of them.
    private var readCount = 0
    private static let readsMax = 16
    /// Whether a decision is being made: nothing may be received meanwhile.
    private var isDeciding = false
    /// Told of each batch after its effects went out; see ``AuditTrail``.
    var afterCommit: ((State, [Event]) -> Void)?
    /// Told what is written, and what of it is on disk.
    var follower: (any RecordFollower)?
    /// Told that the journal must not be touched any more.
    private var abandon: () -> Void = {}
    /// Ends the process, once nothing is left to wait for.
    private var endProcess: (JournalError) -> Void = { fatalError("\($0)") }

    /// - Parameters:
    ///   - gateway: Recovered from the journal, not started yet.
    ///   - journal: Replayed to its end.
    ///   - loop: Where all of this runs.
    ///   - clock: Read once a batch.
    ///   - lever: The kill switch outside of the loop.
    ///   - codes: The second factor, where there is one.
    ///   - log: For people.
    init(
        gateway: consuming Gateway,
        journal: any EventStore,
        loop: any EventLoop,
        clock: SystemClock,
        lever: KillLever,
        codes: OneTimeCodes?,
        log: Logger
    ) {
        self.gateway = gateway
        self.journal = journal
        self.loop = loop
        self.clock = clock
        self.lever = lever
        self.codes = codes
        self.log = log
    }

    /// Says what a failed write leads to (J1).
    ///
    /// - Parameters:
    ///   - abandon: Called at once: a thread may still hang in the journal.
    ///   - end: Called when the cancels of an engaged kill switch are confirmed, or take too long.
    func onFailure(abandon: @escaping () -> Void, end: @escaping (JournalError) -> Void) {
        self.abandon = abandon
        self.endProcess = end
    }

    func attach(_ link: any VenueLink, as venue: VenueID) { self.venues[venue] = link }

    /// Takes the first step on the store; nothing may be received before.
    func start(prefix: String, epoch: String, version: String) {
        self.decide { $0.start(prefix: prefix, epoch: epoch, version: version, into: &$1) }
    }

    /// Lends the state as it is between two decisions.
    func withState(_ body: (State) -> Void) { body(self.gateway.state) }

    /// From now on nothing is written and nothing traded: the journal is not what it was.
    func abandonJournal(_ reason: String) {
        self.journal = AbandonedStore()
        self.follower?.abandoned()
        self.receive(.journal(.damaged(reason)))
    }

    /// Writes the last record of an orderly end; nothing may be decided after it.
    func stop() {
        self.decide { gateway, batch in gateway.stop(into: &batch) }
        self.commit()
        self.syncNow()
    }

    /// Returns when everything written so far is on disk.
    func syncNow() {
        do throws(JournalError) {
            try self.journal.sync()
        } catch {
            self.fail(error, dropping: [])
        }
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
        var request = request
        switch request {
        case .killEngage(let level, let principal, let reason):
            let pull = KillLever.Pull(level: level, principal: principal, reason: reason)
            self.engagements[token] = self.lever.begin(pull)
        case .killRelease(let principal, let reason, var release):
            release.causes += self.lever.causes
            request = .killRelease(principal, reason: reason, release)
        default: break
        }
        if let codes = self.codes { request = codes.check(request, at: self.clock.now().wall) }
        self.receive(.request(token, request, deadline: deadline))
    }

    /// What a reading tells where all that it can tell of is on disk already.
    ///
    /// Of very many, most are decided in a batch: calls that are open are counted and bounded.
    func readAtOnce(_ request: Request) -> Reply? {
        let isSettled = !self.isDeciding && self.batch == nil && self.failure == nil
        guard isSettled, !self.journal.hasUnsyncedRecords, self.readCount < Self.readsMax,
            let reply = self.gateway.answer(request, at: self.clock.now())
        else { return nil }
        self.readCount += 1
        if self.readCount == Self.readsMax {
            self.loop.assumeIsolated().execute { self.readCount = 0 }
        }
        return reply
    }

    /// A caller's connection is gone, perhaps while its answer was written.
    func connectionClosed(_ connection: UInt64) {
        self.loop.assumeIsolated().execute { self.receive(.connectionClosed(connection)) }
    }

    /// Engages the kill switch for somebody who waits for no answer.
    func engage(_ pull: KillLever.Pull) {
        let request = Request.killEngage(pull.level, pull.principal, reason: pull.reason)
        self.receive(request, deadline: nil) { _ in }
    }

    /// Everything else that can make the gateway decide something.
    func receive(_ input: Input) {
        // MARK: fetch
        let needs = self.gateway.needs(of: input)
        var fetched = Fetched()
        if !needs.isEmpty {
            do throws(JournalError) {
                fetched = try self.journal.fetch(needs)
            } catch {
                self.fail(error, dropping: [])
                return
            }
        }
        if case .request(_, let request, _) = input, request.asksForTheWire {
            fetched.onTheWire = self.lever.onTheWire
        }
        self.decide { $0.decide(input, fetched: fetched, into: &$1) }
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
        case .alert(let alert): self.tell(alert)
        case .renewStream(let venue, let reason): self.venues[venue]?.renewStream(reason: reason)
        }
    }

    /// Tells people, and programs that listen.
    func tell(_ alert: Alert) {
        EventLog(log: self.log).note(alert)
        self.follower?.alerted(alert, at: self.clock.now().wall)
    }

    // MARK: persist, release

    private func commit() {
        guard let batch = self.batch.take() else { return }
        let events = batch.events
        let time = batch.instant.wall
        let closed = batch.closedOrders.map(\.orderID)
        let durable: DurableBatch
        do throws(JournalError) {
            durable = try self.persist(batch)
        } catch {
            self.fail(error, dropping: events)
            return
        }
        durable.release(
            place: { self.place($0) },
            perform: { self.perform($0) }
        )
        for venue in self.venues.values { venue.flush() }
        EventLog(log: self.log).note(events)
        self.afterCommit?(self.gateway.state, events)
        self.follower?.recorded(events, at: time, closing: closed)
        self.queueSync()
        self.scheduleWake()
    }

    private func persist(_ batch: consuming OpenBatch) throws(JournalError) -> DurableBatch {
        guard self.engagements.isEmpty else {
            let milliseconds = self.lever.settings.journalWaitMilliseconds
            return try TimedWrite.persist(batch, in: self.journal, milliseconds: milliseconds)
        }
        return try batch.persisted { (batch) throws(JournalError) in
            try self.journal.write(batch)
        }
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
            // Of the rest nobody knows yet what will be found after the restart.
            guard self.failure == nil || reply.needsNoJournal else { return }
            self.settle(token, reply)
            answer(reply)
        case .openGate(let venue): self.venues[venue]?.open(.session)
        case .liftKillSwitch: self.eachVenue { $0.open(.killSwitch) }
        case .letClosingsPass: self.eachVenue { $0.open(.closings) }
        }
    }

    /// Tells the lever what became of an engagement, just before the caller is told.
    private func settle(_ token: RequestToken, _ reply: Reply) {
        guard let ticket = self.engagements.removeValue(forKey: token) else { return }
        self.lever.waitUntilWritten()
        guard case .killSwitch(let view) = reply, view.isDurable else {
            self.lever.recordFailed()
            return
        }
        self.lever.recorded(ticket)
    }

    // MARK: A failed write

    /// State already holds what could not be written: only recovery can tell what is true (J1).
    ///
    /// The batch and its effects are dropped and the gates closed. Cancels and reads need no
    /// journal: what the kill switch began goes on until it is confirmed, then the process ends
    /// (K2).
    private func fail(_ error: JournalError, dropping events: [Event]) {
        guard self.failure == nil else { return }
        self.failure = error
        self.eachVenue {
            $0.close(.session)
            $0.flush()
        }
        self.log.critical("the journal cannot be written", metadata: ["error": "\(error)"])
        self.abandon()
        self.journal = AbandonedStore()
        self.follower?.abandoned()
        self.drop(events)
        self.receive(.journal(.damaged("\(error)")))
        // Their answers were dropped with the batch: they are told what is true now.
        for token in self.engagements.keys {
            self.receive(.request(token, .killStatus, deadline: nil))
        }
        self.endWhenCanceled(by: .now() + Self.cancelingMax, lingersFor: 0)
    }

    /// Says what is true of events that state holds and the journal does not.
    private func drop(_ events: [Event]) {
        for event in events {
            switch event {
            case .orderSubmitted(let intent), .orderApproved(let intent, _):
                guard intent.venue != .monitor else { continue }
                let outcome = PlacementOutcome.notSent(.gateClosed)
                self.receive(.venue(intent.venue, .placementAnswered(intent.orderID, outcome)))
            case .killChanged(let state):
                // The gateway may have engaged it by itself.
                guard let level = state.level else { continue }
                let (principal, reason) = (state.principal, state.reason)
                _ = self.lever.begin(.init(level: level, principal: principal, reason: reason))
                self.lever.recordFailed()
            default: continue
            }
        }
    }

    /// How long the cancels of an engaged switch may take before the process ends all the same.
    private static let cancelingMax = TimeAmount.seconds(60)
    private static let endCheckInterval = TimeAmount.milliseconds(100)
    /// How often the end is put off after the last confirmation, so that it can be read.
    private static let endChecksAfterCanceled = 10

    private func endWhenCanceled(by deadline: NIODeadline, lingersFor count: Int) {
        self.loop.assumeIsolated().scheduleTask(in: Self.endCheckInterval) {
            guard let failure = self.failure else { return }
            let progress = self.gateway.cancelProgress(at: self.clock.now())
            let isWaiting = progress == .unconfirmed && NIODeadline.now() < deadline
            let isLingering = progress == .confirmed && count < Self.endChecksAfterCanceled
            guard isWaiting || isLingering else { return self.endProcess(failure) }
            self.endWhenCanceled(by: deadline, lingersFor: isWaiting ? 0 : count + 1)
        }
    }

    /// What may wait for the next sync does not wait longer than this (J2).
    private static let unsyncedAgeMax = TimeAmount.milliseconds(5)

    /// Sees to it that unsynced records are synced in time, by the sync of a later batch if one
    /// comes: a sync of its own would delay the orders behind it.
    private func queueSync() {
        guard self.journal.hasUnsyncedRecords else {
            self.unsyncedSince = nil
            self.follower?.synced()
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
