import SystemTestSupport
import TradingAPI
import TradingCore

/// Orders that meet others, and what becomes of those that rest.
extension Trial {
    /// Rests an order within the spread and lets a neighbour take a part of it.
    func fillByNeighbour() async throws {
        let price = try await self.priceWithinSpread()
        await self.place("BTCUSDT", .sell, "0.04", at: price)
        try await self.desk.neighbour.signed(
            "POST",
            "/api/v3/order",
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.015&price=\(price)"
        )
    }

    /// Halves what the server lists as open, as far as the venue lets it.
    func amendResting() async throws {
        for order in try await self.client.orders() where order.status == "OPEN" {
            let half = Quantity(raw: try Quantity(order.quantity).raw / 2)
            let step = try Quantity("0.0001")
            _ = try? await self.client.amend(
                order.orderID,
                quantity: half.roundedDown(to: step).description
            )
        }
    }

    /// Cancels what the server lists as open.
    func cancelResting() async throws {
        for order in try await self.client.orders() where order.status == "OPEN" {
            await self.cancel(order.orderID)
        }
    }

    /// Rests an order within the spread and crosses it with another of this gateway.
    func tradeWithItself() async throws {
        let price = try await self.priceWithinSpread()
        await self.place("BTCUSDT", .sell, "0.04", at: price)
        await self.place("BTCUSDT", .buy, "0.015", at: price)
        await self.place("BTCUSDT", .buy, "0.05")
    }

    private func priceWithinSpread() async throws -> String {
        let ticker = try await self.desk.account.send(
            "GET",
            "/api/v3/ticker/bookTicker?symbol=BTCUSDT"
        )
        guard let text = (ticker as? [String: Any])?["askPrice"] as? String else {
            throw ExchangeAccount.Problem(description: "no best ask in \(ticker)")
        }
        return Price(raw: try Price(text).raw - 1_000_000).description
    }
}
