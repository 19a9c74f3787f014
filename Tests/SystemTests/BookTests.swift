import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Market orders against the depth of the book that the exchange shows.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BookTests {
    /// Twelve at a price of 60,000: some ten levels of the seeded book.
    static let collarMillionths: Int64 = 200

    struct Level {
        var price: Price
        var quantity: Quantity
    }

    private static func asks(_ desk: Desk) async throws -> [Level] {
        let book = try await desk.account.send("GET", "/api/v3/depth?symbol=BTCUSDT&limit=20")
        let rows = (book as? [String: Any])?["asks"] as? [[String]] ?? []
        return try rows.map { row in
            Level(price: try Price(row[0]), quantity: try Quantity(row[1]))
        }
    }

    /// Changes the book far from its best prices, so that its stream speaks.
    private static func stir(_ desk: Desk) async throws {
        try await desk.neighbour.signed(
            "POST",
            "/api/v3/order",
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=59000"
        )
    }

    @Test func `a market order is judged by the levels that the exchange shows`() async throws {
        var setup = Desk.Setup()
        setup.hasNeighbour = true
        setup.notionalMax = "100000000"
        setup.environment = [
            "TRADING_LIMITS_PRICE_COLLAR": "0.0002",
            // Looked at after the collar, so that nothing is traded before the book is known.
            "TRADING_LIMITS_STOP_LOSS_REQUIRED": "true",
        ]
        let desk = try Desk(setup)
        await (try desk.readyClient()).close()
        let asks = try await Self.asks(desk)
        let best = try #require(asks.first)
        let edge = try #require(
            best.price.scaled(
                by: 1_000_000 + Self.collarMillionths,
                over: 1_000_000,
                rounding: .down
            )
        )
        #expect(asks.contains { $0.price > edge })
        let within = asks.filter { $0.price <= edge }.map(\.quantity).reduce(.zero, +)
        let large = "\(within + (try Quantity("0.00001")))"
        let unknown = try desk.tradectl(["place", "BTCUSDT", "buy", large])
        #expect(unknown.output.contains("stop_loss_required"), "\(unknown)")
        try await Self.stir(desk)
        var refused = unknown
        for _ in 0..<100 where !refused.output.contains("price_collar") {
            usleep(50_000)
            refused = try desk.tradectl(["place", "BTCUSDT", "buy", large])
        }
        #expect(refused.code == 3, "\(refused)")
        let permitted = "would pass: a quantity of at most \(within)"
        #expect(refused.output.contains(permitted), "\(refused)")
        let inside = try desk.tradectl(["place", "BTCUSDT", "buy", "\(within)"])
        #expect(inside.output.contains("stop_loss_required"), "\(inside)")
        let loosened = try desk.tradectl([
            "limits", "set", "stop_loss_required", "false", "--reason", "test",
        ])
        #expect(loosened.code == 0, "\(loosened)")
        let bought = try desk.tradectl(["place", "BTCUSDT", "buy", "\(within)"])
        #expect(bought.code == 0 && bought.output.contains("FILLED"), "\(bought)")
    }
}
