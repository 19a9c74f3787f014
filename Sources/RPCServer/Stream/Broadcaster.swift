import Journal
import Logging
import NIOCore
import ProtobufArena
import TTRPC
import TradingAPI
import TradingCore

/// Tells subscribers what the journal holds, once it is on disk (M4).
///
/// Lives on the gateway loop. Orders come first: subscribers are served after a batch's effects
/// went out, a few of them at a time, and the loop looks at its sockets between two slices.
final class Broadcaster: RecordFollower {
    struct Settings: Hashable {
        var subscribersMax = 4_096
        /// How far behind the newest event a subscriber may fall that had come to it.
        var bufferedEventsMax = 65_536
        var bufferedBytesMax = 32 << 20
        /// Where a subscriber does not say how long its stream may be silent.
        var heartbeatMilliseconds = SubscriptionWish.heartbeatMillisecondsDefault
        /// Subscribers that are served before orders get a chance.
        var sliceSubscribers = 16
        /// What one of them is sent before the next one's turn.
        var turnBytes = 64 << 10
        /// Gives the loop its chance: a task without delay would run before the sockets are read.
        var sliceGap = TimeAmount.microseconds(20)
        /// How long the loop rests after a slice while a call waits for its answer, in times of
        /// what the slice took.
        var restsWhileAwaited: Int64 = 4
    }

    let settings: Settings
    private let loop: any EventLoop
    private let clock = SystemClock()
    private let log: Logger
    private let encoder = ReplyEncoder(arena: ProtobufArena(), version: "")
    let subjects: OrderSubjects
    /// Nil where the journal is damaged.
    private let history: StreamHistory?
    private var ring: EventRing
    private var alerts = AlertRing()
    /// The last event that is written, and the last one that is on disk.
    private var written: UInt64
    private var durable: UInt64
    private var subscribers: [UInt64: Subscriber] = [:]
    private var lastID: UInt64 = 0
    private var queue = CircularBuffer<Subscriber>()
    private var isSliceScheduled = false
    private var sweeping: (deadline: NIODeadline, task: Scheduled<Void>)?
    /// Whether a call waits for its answer: then the fan-out rests longer.
    var isAnswerAwaited: () -> Bool = { false }
    /// Why nothing is told any more.
    private var end: (StatusCode, String)?

    /// - Parameters:
    ///   - state: Recovered from the journal, before the walk's first step.
    ///   - history: What reads the journal; nil where it is damaged.
    ///   - loop: The gateway's.
    ///   - settings: The limits.
    ///   - log: For people.
    init(
        recovered state: State,
        history: EventHistory?,
        loop: any EventLoop,
        settings: Settings = Settings(),
        log: Logger
    ) {
        let subjects = OrderSubjects(state.orders.values, exits: state.exits)
        self.settings = settings
        self.loop = loop
        self.log = log
        self.subjects = subjects
        self.history = history.map { StreamHistory($0, subjects: subjects, loop: loop) }
        self.written = state.sequence.raw
        self.durable = state.sequence.raw
        self.ring = EventRing(
            first: state.sequence.raw + 1,
            countMax: settings.bufferedEventsMax,
            bytesMax: settings.bufferedBytesMax
        )
        if history == nil { self.end = (.unavailable, "the journal is damaged") }
    }

    var subscriberCount: Int { self.subscribers.count }

    // MARK: What the walk tells

    func recorded(_ events: [Event], at time: WallTime, closing closed: [OrderID]) {
        guard self.end == nil, !events.isEmpty else { return }
        for event in events {
            self.written += 1
            self.subjects.begin(event)
            defer { self.subjects.end(event) }
            guard !self.subscribers.isEmpty else { continue }
            let streamed = StreamedEvent(event, self.written, at: time) { self.subjects[$0] }
            self.ring.append(
                EventRing.Entry(
                    kind: streamed.kind,
                    subject: streamed.subject,
                    payload: ByteBuffer(bytes: self.encoder.encode(streamed))
                )
            )
            if case .tokenChanged(let token) = event, token.isRevoked {
                self.revoke(token.principal)
            }
        }
        if self.subscribers.isEmpty { self.ring.skip(through: self.written) }
        for orderID in closed { self.subjects.remove(orderID) }
    }

    func synced() {
        guard self.end == nil, self.durable < self.written else { return }
        self.durable = self.written
        for subscriber in self.subscribers.values where !subscriber.isBlocked {
            self.enqueue(subscriber)
        }
    }

    func alerted(_ alert: Alert, at time: WallTime) {
        guard self.end == nil else { return }
        self.alerts.append(AlertRing.Entry(alert: alert, time: time))
        for subscriber in self.subscribers.values
        where subscriber.filter.takesAlerts && !subscriber.isBlocked {
            self.enqueue(subscriber)
        }
    }

    func abandoned() { self.endAll(.unavailable, "the journal cannot be written any more") }

    // MARK: Subscribers

    /// Opens a subscription, or refuses it.
    func subscribe(_ wish: SubscriptionWish, _ responder: Responder, as caller: Caller) {
        guard let id = self.add(responder, wish, as: caller) else { return }
        responder.onCancel { [unowned self] _ in self.remove(id) }
    }

    /// Opens a subscription; nil where it is refused, and the sink knows why.
    func add(_ sink: any EventSink, _ wish: SubscriptionWish, as caller: Caller) -> UInt64? {
        if let (code, reason) = self.end {
            sink.fail(Status(code, reason))
            return nil
        }
        guard self.subscribers.count < self.settings.subscribersMax else {
            let text = "\(self.subscribers.count) subscriptions are open, the limit"
            sink.fail(Status(.resourceExhausted, text))
            return nil
        }
        guard wish.fromSequence <= self.written + 1 else {
            let text =
                "from_sequence: \(wish.fromSequence) is in the future; the journal ends with "
                + "\(self.written)"
            sink.fail(Status(.outOfRange, text))
            return nil
        }
        var wish = wish
        if wish.fromSequence == 0 { wish.fromSequence = self.written + 1 }
        self.lastID += 1
        let subscriber = Subscriber(self.lastID, sink, wish, as: caller)
        subscriber.nextAlert = self.alerts.next
        self.subscribers[subscriber.id] = subscriber
        self.enqueue(subscriber)
        self.scheduleSweep(by: .now() + subscriber.heartbeatInterval)
        return subscriber.id
    }

    /// Nobody listens any more.
    func remove(_ id: UInt64) { self.subscribers[id] = nil }

    /// Ends every subscription, and refuses new ones.
    func endAll(_ code: StatusCode, _ reason: String) {
        guard self.end == nil else { return }
        self.end = (code, reason)
        for id in self.subscribers.keys.sorted() {
            if let subscriber = self.subscribers[id] { self.end(subscriber, code, reason) }
        }
        self.sweeping?.task.cancel()
    }

    /// Ends what was opened as somebody whose token is good no more; another token goes on.
    private func revoke(_ principal: Principal) {
        let ended = self.subscribers.values.filter { $0.caller.principal == principal }
        for subscriber in ended {
            self.end(subscriber, .unauthenticated, "a token of \(principal) was revoked")
        }
    }

    private func end(_ subscriber: Subscriber, _ code: StatusCode, _ reason: String) {
        self.subscribers[subscriber.id] = nil
        let detail = StatusDetail(
            typeURL: TradingMethod.subscriptionEndTypeURL,
            value: self.encoder.encodeSubscriptionEnd(next: subscriber.next)
        )
        let text = "\(reason); go on with from_sequence \(subscriber.next)"
        subscriber.sink.fail(Status(code, text, details: [detail]))
    }

    // MARK: Serving

    private func enqueue(_ subscriber: Subscriber) {
        guard !subscriber.isQueued else { return }
        subscriber.isQueued = true
        self.queue.append(subscriber)
        self.scheduleSlice()
    }

    private func scheduleSlice(after gap: TimeAmount = .zero) {
        guard !self.isSliceScheduled, !self.queue.isEmpty else { return }
        self.isSliceScheduled = true
        let gap = max(gap, self.settings.sliceGap)
        self.loop.assumeIsolated().scheduleTask(in: gap) { [weak self] in self?.serveSlice() }
    }

    /// Serves a few, and then rests for as long as that took, or longer.
    ///
    /// Orders need more than this loop: the thread that talks to the venue, and other programs on
    /// the same CPU. Where very many listen, a loop that never rests has the system make those
    /// wait for whole spans of its own at every step of an order.
    private func serveSlice() {
        let begin = NIODeadline.now()
        for _ in 0..<self.settings.sliceSubscribers {
            guard let subscriber = self.queue.popFirst() else { break }
            subscriber.isQueued = false
            guard self.subscribers[subscriber.id] != nil else { continue }
            if self.serve(subscriber) { self.enqueue(subscriber) }
        }
        // What was said is written by a task that stands before this one.
        self.loop.assumeIsolated().execute { [weak self] in
            guard let self else { return }
            self.isSliceScheduled = false
            let rests = self.isAnswerAwaited() ? self.settings.restsWhileAwaited : 1
            self.scheduleSlice(after: rests * (.now() - begin))
        }
    }

    /// Gives a subscriber its turn; whether it wants another one.
    private func serve(_ subscriber: Subscriber) -> Bool {
        guard !subscriber.isReadingHistory else { return false }
        if subscriber.wantsHeartbeat, subscriber.sink.isWritable { self.beat(subscriber) }
        if subscriber.filter.takesAlerts { self.tellAlerts(subscriber) }
        var budget = self.settings.turnBytes
        while budget > 0 {
            guard subscriber.sink.isWritable else {
                self.block(subscriber)
                return false
            }
            if let payload = subscriber.popFromPage() {
                subscriber.send(payload)
                budget -= payload.readableBytes
                continue
            }
            guard subscriber.next <= self.durable else {
                subscriber.isLive = true
                return false
            }
            guard let entry = self.ring[subscriber.next] else {
                self.readHistory(for: subscriber)
                return false
            }
            subscriber.next += 1
            // To look at an event costs something as well.
            budget -= MemoryLayout<EventRing.Entry>.stride
            guard subscriber.filter.takes(entry.kind, entry.subject) else { continue }
            subscriber.send(entry.payload)
            budget -= entry.payload.readableBytes
        }
        return true
    }

    private func tellAlerts(_ subscriber: Subscriber) {
        while subscriber.sink.isWritable,
            let (entry, next) = self.alerts.first(from: subscriber.nextAlert)
        {
            subscriber.nextAlert = next
            let bytes = self.encoder.encode(
                entry.alert,
                after: subscriber.next - 1,
                at: entry.time
            )
            subscriber.send(ByteBuffer(bytes: bytes))
        }
    }

    private func block(_ subscriber: Subscriber) {
        guard !subscriber.isBlocked else { return }
        subscriber.isBlocked = true
        subscriber.sink.whenWritable { [weak self, weak subscriber] in
            guard let self, let subscriber else { return }
            subscriber.isBlocked = false
            guard self.subscribers[subscriber.id] != nil, !self.cutOff(subscriber) else { return }
            self.enqueue(subscriber)
        }
    }

    /// Ends the subscription of a reader that came to the newest event and then fell too far
    /// behind; whether it did.
    private func cutOff(_ subscriber: Subscriber) -> Bool {
        guard subscriber.isLive, subscriber.next < self.ring.first else { return false }
        self.log.warning(
            "a subscriber reads too slowly",
            metadata: [
                "by": "\(subscriber.caller.principal)", "next": "\(subscriber.next)",
                "newest": "\(self.durable)",
            ]
        )
        self.end(subscriber, .resourceExhausted, "the subscriber reads too slowly")
        return true
    }

    private func readHistory(for subscriber: Subscriber) {
        guard let history = self.history else { return }
        subscriber.isReadingHistory = true
        history.read(
            from: subscriber.next,
            through: self.durable,
            subscriber.filter
        ) { [weak self] result in
            subscriber.isReadingHistory = false
            guard let self, self.subscribers[subscriber.id] != nil else { return }
            switch result {
            case .success(let page):
                subscriber.take(page)
                self.enqueue(subscriber)
            case .failure(let error):
                self.log.error("the journal cannot be read", metadata: ["error": "\(error)"])
                self.end(subscriber, .dataLoss, "\(error)")
            }
        }
    }

    // MARK: Heartbeats

    private func beat(_ subscriber: Subscriber) {
        subscriber.wantsHeartbeat = false
        let bytes = self.encoder.encodeHeartbeat(
            upTo: subscriber.next - 1,
            at: self.clock.now().wall
        )
        subscriber.send(ByteBuffer(bytes: bytes))
    }

    /// Bounds how often all subscribers are looked at.
    private static let sweepIntervalMin = TimeAmount.milliseconds(50)
    private static let sweepIntervalMax = TimeAmount.seconds(1)

    private func scheduleSweep(by deadline: NIODeadline) {
        if let sweeping = self.sweeping, sweeping.deadline <= deadline { return }
        self.sweeping?.task.cancel()
        let deadline = max(deadline, .now() + Self.sweepIntervalMin)
        let task = self.loop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            self?.sweeping = nil
            self?.sweep()
        }
        self.sweeping = (deadline, task)
    }

    /// Queues those that were silent for long, and cuts off those that fell too far behind.
    private func sweep() {
        let now = NIODeadline.now()
        var earliest = now + Self.sweepIntervalMax
        for subscriber in Array(self.subscribers.values) {
            if subscriber.isBlocked {
                _ = self.cutOff(subscriber)
                continue
            }
            if subscriber.lastSent + subscriber.heartbeatInterval <= now {
                subscriber.wantsHeartbeat = true
                self.enqueue(subscriber)
            }
            let isDue = subscriber.wantsHeartbeat
            let silentSince = isDue ? now : subscriber.lastSent
            earliest = min(earliest, silentSince + subscriber.heartbeatInterval)
        }
        guard !self.subscribers.isEmpty else { return }
        self.scheduleSweep(by: earliest)
    }
}
