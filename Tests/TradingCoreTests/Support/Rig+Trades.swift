@testable import TradingCore

extension Rig {
    /// Trades an order that the venue knows, wholly and in one fill.
    @discardableResult
    func trade(
        _ intent: OrderIntent,
        at price: String,
        fee: String = "0",
        in feeAsset: String? = nil,
        time: WallTime? = nil
    ) -> Turn {
        let quantity = intent.terms.quantity.description
        var fill = Make.fill(
            Int64(clamping: intent.orderID.raw),
            quantity,
            at: price,
            fee: fee,
            in: feeAsset
        )
        fill.time = time ?? self.now.wall
        let number = 1_000 + Int64(clamping: intent.orderID.raw)
        return self.tell(
            .orderReported(
                Make.report(intent, .filled, venue: number, executed: quantity, fills: [fill])
            )
        )
    }

    /// Buys, at a price.
    func hold(_ quantity: String, at price: String = "100") {
        let intent = self.submitted(Make.terms(.buy, quantity, at: price))
        let number = 1_000 + Int64(clamping: intent.orderID.raw)
        self.tell(
            .placementAnswered(intent.orderID, .accepted(Make.report(intent, venue: number)))
        )
        self.trade(intent, at: price)
    }
}
