import NIOCore
import TTRPC
import TradingAPI

/// Where the messages of a subscription go.
protocol EventSink: AnyObject {
    /// Whether the reader keeps up, so that more may be sent.
    var isWritable: Bool { get }

    /// Calls `action` once, when the reader has caught up.
    func whenWritable(_ action: @escaping () -> Void)

    /// Sends one message; false where nobody listens any more.
    func send(_ payload: ByteBuffer) -> Bool

    /// Ends the subscription.
    func fail(_ status: Status)
}

extension Responder: EventSink {}

/// One subscription: what it wants, and how far it has come.
final class Subscriber {
    let id: UInt64
    let sink: any EventSink
    let filter: EventFilter
    let heartbeatInterval: TimeAmount
    /// As whom it was opened.
    let caller: Caller
    /// The first event that was neither told nor passed over.
    var next: UInt64
    /// Events from the journal that were not told yet, and where they end.
    private var page: ArraySlice<(sequence: UInt64, payload: ByteBuffer)> = []
    private var pageEnd: UInt64 = 0
    var isReadingHistory = false
    /// Whether it had come to the newest event once: from then on it must keep up.
    var isLive = false
    /// Whether it is among those that will be served.
    var isQueued = false
    /// Since when the reader has something to read; nil while it keeps up.
    var isBlocked = false
    var wantsHeartbeat = true
    /// The number of the next alert to tell.
    var nextAlert = 0
    var lastSent = NIODeadline.now()

    init(_ id: UInt64, _ sink: any EventSink, _ wish: SubscriptionWish, as caller: Caller) {
        self.id = id
        self.sink = sink
        self.filter = wish.filter
        self.heartbeatInterval = .milliseconds(wish.heartbeatMilliseconds)
        self.caller = caller
        self.next = wish.fromSequence
    }

    /// Takes what was read from the journal, from ``next`` on.
    func take(_ page: StreamHistory.Page) {
        self.page = page.events[...]
        self.pageEnd = page.next
        if self.page.isEmpty { self.next = page.next }
    }

    /// The next event of the page, which counts as told with this.
    func popFromPage() -> ByteBuffer? {
        guard let event = self.page.popFirst() else { return nil }
        self.next = self.page.isEmpty ? self.pageEnd : event.sequence + 1
        return event.payload
    }

    func send(_ payload: ByteBuffer) {
        // Where nobody listens any more, the cancellation says so.
        _ = self.sink.send(payload)
        self.lastSent = .now()
    }
}
