package import TradingCore

/// What was said to a venue about an order and what it said, word for word, with times.
///
/// Keys, signatures and listen tokens cannot be in it: the request is made from a
/// ``BinanceRequest``, which is what there is before signing, and an answer that repeats any of
/// them is withheld. There is no other way to make one.
package struct Receipt: Hashable, Sendable {
    /// Whose order; a stream's message has only the name.
    package enum Subject: Hashable, Sendable {
        case order(OrderID)
        case name(String)
    }

    package let subject: Subject
    /// Method, path and parameters; empty for a message of the stream.
    package let request: String
    /// The HTTP status; 0 for a message of the stream, or where no answer came.
    package let status: Int
    /// The body, or what the network said in its place.
    package let answer: [UInt8]
    /// When the request began to leave; nil for a message of the stream.
    package let sentAt: WallTime?
    package let receivedAt: WallTime

    private init(
        _ subject: Subject,
        request: String,
        status: Int,
        answer: [UInt8],
        sentAt: WallTime?
    ) {
        self.subject = subject
        self.request = request
        self.status = status
        self.answer = answer
        self.sentAt = sentAt
        self.receivedAt = VenueClock.now().wall
    }

    /// One exchange of REST.
    init(
        of orderID: OrderID,
        _ request: BinanceRequest,
        answer: HTTPAnswer?,
        failure: String,
        sentAt: WallTime?,
        apiKey: String
    ) {
        self.init(
            .order(orderID),
            request: request.text,
            status: answer?.status ?? 0,
            answer: Self.withheld(answer?.body ?? Array(failure.utf8), apiKey: apiKey),
            sentAt: sentAt
        )
    }

    /// One message of the user stream.
    init(of name: String, message: [UInt8], apiKey: String) {
        self.init(
            .name(name),
            request: "",
            status: 0,
            answer: Self.withheld(message, apiKey: apiKey),
            sentAt: nil
        )
    }

    /// The text itself, unless it repeats what must not be kept, as a proxy's error page may.
    private static func withheld(_ text: [UInt8], apiKey: String) -> [UInt8] {
        let isClean = [apiKey, "signature", "listenKey", "listenToken"].allSatisfy { word in
            word.isEmpty || !Self.contains(text, Array(word.utf8))
        }
        return isClean ? text : Array("(withheld: it repeats a key, a signature or a token)".utf8)
    }

    private static func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        guard let first = word.first, text.count >= word.count else { return false }
        return (0...(text.count - word.count)).contains { start in
            text[start] == first && text[start..<(start + word.count)].elementsEqual(word)
        }
    }
}

/// The receipts of one turn of the venue thread.
struct ReceiptBook {
    let apiKey: String
    private var receipts: [Receipt] = []

    init(apiKey: String) { self.apiKey = apiKey }

    /// Notes how an exchange ended, where it was about one order.
    mutating func note(
        _ job: VenueWorker.Job,
        answer: HTTPAnswer?,
        failure: String,
        sentAt: WallTime?
    ) {
        switch job {
        case .placement(let intent):
            self.note(
                intent.orderID,
                BinanceRequests.placement(intent),
                (answer, failure, sentAt)
            )
        case .read(let progress, isOurs: false):
            switch progress.request {
            case .cancel(let orderID, _, _, _), .order(let orderID, _, _, _),
                .orderTrades(let orderID, _, _), .amend(let orderID, _, _, _):
                self.note(orderID, progress.next, (answer, failure, sentAt))
            case .openOrders, .trades, .tradesSince, .allOrders, .account, .rules, .quotes, .depth,
                .time,
                .orderCounts, .keyRights:
                break
            }
        case .read, .warmUp: break
        }
    }

    private mutating func note(
        _ orderID: OrderID,
        _ request: BinanceRequest,
        _ end: (answer: HTTPAnswer?, failure: String, sentAt: WallTime?)
    ) {
        self.receipts.append(
            Receipt(
                of: orderID,
                request,
                answer: end.answer,
                failure: end.failure,
                sentAt: end.sentAt,
                apiKey: self.apiKey
            )
        )
    }

    mutating func takeAll() -> [Receipt] {
        defer { self.receipts = [] }
        return self.receipts
    }
}
