import Dispatch
import Journal
import NIOCore
import ProtobufArena
import TradingAPI
import TradingCore

/// Reads old events for subscribers on a thread of its own, a page at a time (M4).
final class StreamHistory {
    /// Some events in a row.
    struct Page: Sendable {
        /// Those that passed the filter, packed.
        var events: [(sequence: UInt64, payload: ByteBuffer)] = []
        /// The sequence behind the last event that was looked at.
        var next: UInt64
    }

    private let history: EventHistory
    private let subjects: OrderSubjects
    private let loop: any EventLoop
    private let queue = DispatchQueue(label: "stream-history", qos: .utility)

    /// Bounds of a page: subscribers take turns, and each keeps one page in memory.
    private static let pageBytesMax = 256 * 1024
    private static let pageEventsMax: UInt64 = 8_192

    init(_ history: EventHistory, subjects: OrderSubjects, loop: any EventLoop) {
        self.history = history
        self.subjects = subjects
        self.loop = loop
    }

    /// Reads a page; the answer is given on the loop.
    ///
    /// - Parameters:
    ///   - first: The first event wanted.
    ///   - last: The last one that may be told.
    ///   - filter: Which of them.
    ///   - answer: Takes the page.
    func read(
        from first: UInt64,
        through last: UInt64,
        _ filter: EventFilter,
        answer: @escaping (Result<Page, JournalError>) -> Void
    ) {
        let answer = NIOLoopBound(answer, eventLoop: self.loop)
        self.queue.async { [history, subjects, loop] in
            let result = Result { () throws(JournalError) in
                try Self.page(history, subjects, from: first, through: last, filter)
            }
            loop.execute { answer.value(result) }
        }
    }

    private static func page(
        _ history: EventHistory,
        _ subjects: OrderSubjects,
        from first: UInt64,
        through last: UInt64,
        _ filter: EventFilter
    ) throws(JournalError) -> Page {
        let encoder = ReplyEncoder(arena: ProtobufArena(), version: "")
        var known: [OrderID: EventSubject] = [:]
        var page = Page(next: first)
        var byteCount = 0
        page.next = try history.read(
            from: first,
            through: min(last, first + Self.pageEventsMax - 1)
        ) { (sequence, time, event) throws(JournalError) in
            if let orderID = event.namedOrder, known[orderID] == nil {
                known[orderID] = try subjects.subject(of: orderID, at: sequence, history)
            }
            let streamed = StreamedEvent(event, sequence, at: time) { known[$0] }
            if filter.takes(streamed.kind, streamed.subject) {
                let payload = ByteBuffer(bytes: encoder.encode(streamed))
                byteCount += payload.readableBytes
                page.events.append((sequence, payload))
            }
            return byteCount < Self.pageBytesMax
        }
        return page
    }
}

extension Event {
    /// The order that the event names by its number alone.
    fileprivate var namedOrder: OrderID? {
        switch self {
        case .orderChanged(let orderID, _), .cancelRequested(let orderID, _),
            .amendRequested(let orderID, _, _), .exitsChanged(let orderID, _):
            orderID
        case .storeCreated, .started, .stopped, .orderSubmitted, .orderSimulated, .orderRefused,
            .orderHeld, .orderApproved, .codeShown, .orderReopened, .modeChanged,
            .strategyModeChanged,
            .killChanged, .ledgerBound, .balanceMoved, .venueRestrained, .riskBreached,
            .breachAcknowledged, .equityMarked, .strategyMarked, .limitChanged, .tokenChanged,
            .sessionOpened, .sessionEnded:
            nil
        }
    }
}
