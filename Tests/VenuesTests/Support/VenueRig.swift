import Credentials
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import TradingCore
@testable import Venues

enum TestClock {
    static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
    static var now: WallTime { WallTime(milliseconds: TestClock.milliseconds) }
    static var instant: Instant { VenueClock.now() }
}

/// Keys that no text may ever show.
enum TestKeys {
    static let apiKey = "apiKeyForTestsNotToBeSeenAnywhere0001"
    static let secretText = "secretForTestsNotToBeSeenAnywhere0002"
    static var secret: Secret { Secret(text: TestKeys.secretText) }
}

/// A venue on a loop of its own, with everything that it delivered.
final class VenueRig: Sendable {
    let gate = Gate()
    private let loop: any EventLoop
    private let venue: NIOLoopBoundBox<BinanceVenue?>
    private let log = Mutex<[VenueInput]>([])
    private let batches = Mutex<[Int]>([])
    private let noteLog = Mutex<[String]>([])

    /// - Parameters:
    ///   - restPort: Of a scripted server, or of nobody.
    ///   - socketPort: Of a WebSocket server; nobody listens on 1.
    ///   - isEncrypted: Whether the servers speak TLS.
    ///   - change: Adjusts the configuration.
    /// - Throws: Where the configuration cannot be used.
    init(
        restPort: Int,
        socketPort: Int = 1,
        isEncrypted: Bool = false,
        change: (inout BinanceConfiguration) -> Void = { _ in }
    ) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.loop = loop
        self.venue = NIOLoopBoundBox.makeBoxSendingValue(nil, eventLoop: loop)
        let mark = isEncrypted ? "s" : ""
        var configuration = try BinanceConfiguration(
            venue: .testnet,
            restURL: "http\(mark)://127.0.0.1:\(restPort)",
            websocketAPIURL: "ws\(mark)://127.0.0.1:\(socketPort)/ws-api/v3",
            streamURL: "ws\(mark)://127.0.0.1:\(socketPort)",
            apiKey: TestKeys.apiKey,
            secret: TestKeys.secret
        )
        configuration.connectionCount = 2
        change(&configuration)
        let settled = configuration
        try await loop.submit {
            let venue = try BinanceVenue(
                configuration: settled,
                gate: self.gate,
                eventLoop: loop,
                note: { text in self.noteLog.withLock { $0.append(text) } },
                deliver: { inputs in
                    self.log.withLock { $0.append(contentsOf: inputs) }
                    self.batches.withLock { $0.append(inputs.count) }
                }
            )
            self.venue.value = venue
            venue.start()
        }.get()
    }

    var inputs: [VenueInput] { self.log.withLock { $0 } }
    var notes: [String] { self.noteLog.withLock { $0 } }
    var batchSizes: [Int] { self.batches.withLock { $0 } }

    /// Looks through every text that came out of the venue for what must not be in one.
    func expectNoSecrets(sourceLocation: SourceLocation = #_sourceLocation) {
        var text = self.notes.joined(separator: "\n")
        dump(self.inputs, to: &text)
        for secret in [TestKeys.apiKey, TestKeys.secretText, "signature="] {
            #expect(!text.contains(secret), sourceLocation: sourceLocation)
        }
    }

    func place(_ intents: OrderIntent...) async throws {
        try await self.withVenue { venue in
            for intent in intents { venue.place(DurablePlacement(intent: intent)) }
            venue.flush()
        }
    }

    func perform(_ requests: VenueRequest...) async throws {
        try await self.withVenue { venue in
            for request in requests { venue.perform(request) }
        }
    }

    func renewStream(_ reason: String) async throws {
        try await self.withVenue { $0.renewStream(reason: reason) }
    }

    /// The states of orders that the streams told, in order.
    var orderStatuses: [VenueOrderStatus] {
        self.inputs.compactMap { input in
            if case .orderReported(let report) = input { report.status } else { nil }
        }
    }

    func stop() async throws {
        try await self.loop.flatSubmit {
            self.venue.value?.shutdown() ?? self.loop.makeSucceededVoidFuture()
        }.get()
    }

    private func withVenue(_ body: @escaping @Sendable (BinanceVenue) -> Void) async throws {
        try await self.loop.submit {
            if let venue = self.venue.value { body(venue) }
        }.get()
    }

    /// What became of an order, once known.
    func outcome(of orderID: UInt64) async throws -> PlacementOutcome {
        try await self.first { input in
            guard case .placementAnswered(let id, let outcome) = input, id.raw == orderID else {
                return nil
            }
            return outcome
        }
    }

    func answer(to request: VenueRequest) async throws -> VenueAnswer {
        try await self.first { input in
            guard case .answered(request, let answer) = input else { return nil }
            return answer
        }
    }

    /// The first input, past or future, that a question finds; gives up after some seconds.
    func first<Found>(_ question: (VenueInput) -> Found?) async throws -> Found {
        for _ in 0..<12_000 {
            if let found = self.inputs.lazy.compactMap(question).first { return found }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw RigError.neverCame(self.inputs)
    }

    /// Waits until something holds; gives up after some seconds.
    func wait(until condition: () -> Bool) async throws {
        for _ in 0..<12_000 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw RigError.neverCame(self.inputs)
    }

    enum RigError: Error {
        case neverCame([VenueInput])
    }
}

extension OrderIntent {
    /// A resting limit order whose window is open.
    static func sample(
        _ number: UInt64 = 1,
        type: OrderType = .limit(Price(raw: 6_000_000_000_000), .goodTillCanceled),
        timestamp: WallTime = TestClock.now,
        receiveWindowMilliseconds: Int64 = 60_000
    ) -> OrderIntent {
        guard let clientOrderID = ClientOrderID("abcdefgh-12345678-\(number)") else {
            fatalError("the sample's name is illegal")
        }
        return OrderIntent(
            orderID: OrderID(raw: number),
            clientOrderID: clientOrderID,
            venue: .testnet,
            terms: OrderTerms(
                symbol: Symbol("BTCUSDT"),
                side: .buy,
                type: type,
                quantity: Quantity(raw: 100_000)
            ),
            baseAsset: Asset("BTC"),
            quoteAsset: Asset("USDT"),
            timestamp: timestamp,
            receiveWindowMilliseconds: receiveWindowMilliseconds,
            reservePrice: Price(raw: 6_000_000_000_000),
            principal: Principal("test"),
            key: nil,
            tag: ""
        )
    }

    /// The cancel of the order.
    var cancel: VenueRequest {
        .cancel(
            self.orderID,
            symbol: self.terms.symbol,
            target: self.clientOrderID,
            cancelID: ClientOrderIDScheme.cancelName(of: self.clientOrderID)
        )
    }
}

/// Bodies in the shapes of Binance's documentation.
enum Sample {
    static let placed = """
        {"symbol":"BTCUSDT","orderId":101,"orderListId":-1,"clientOrderId":"gw-1",\
        "transactTime":1763000000005,"price":"60000.00000000","origQty":"0.00100000",\
        "executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",\
        "cummulativeQuoteQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT",\
        "side":"BUY","workingTime":1763000000005,"fills":[],\
        "selfTradePreventionMode":"EXPIRE_MAKER"}
        """
    static let canceled = """
        {"symbol":"BTCUSDT","origClientOrderId":"gw-1","orderId":101,"orderListId":-1,\
        "clientOrderId":"gw-1_c","transactTime":1763000005000,"price":"60000.00000000",\
        "origQty":"0.00100000","executedQty":"0.00000000","origQuoteOrderQty":"0.00000000",\
        "cummulativeQuoteQty":"0.00000000","status":"CANCELED","timeInForce":"GTC",\
        "type":"LIMIT","side":"BUY","selfTradePreventionMode":"EXPIRE_MAKER"}
        """
}
