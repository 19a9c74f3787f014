import CTradingProto
import TradingCore

extension RequestDecoder {
    /// The exits that a new order brings along; nil where it has none.
    func exits(_ message: Trading__V1__PlaceOrderRequest) throws(BadRequest) -> ExitTerms? {
        let stopPrice = try unsafe self.optionalPrice(message.stop_loss_price, "stop_loss_price")
        let limit = try unsafe self.optionalPrice(message.stop_loss_limit, "stop_loss_limit")
        if limit != nil, stopPrice == nil {
            throw BadRequest("stop_loss_limit: it goes with stop_loss_price")
        }
        return ExitTerms(
            stopLoss: stopPrice.map { ExitTerms.StopLoss(at: $0, limit: limit) },
            takeProfit: try unsafe self.optionalPrice(
                message.take_profit_price,
                "take_profit_price"
            )
        ).orNil
    }

    private func optionalPrice(
        _ text: UnsafeMutablePointer<CChar>?,
        _ field: String
    ) throws(BadRequest) -> Price? {
        guard try unsafe !self.text(text, field, bytesMax: 64).isEmpty else { return nil }
        return try unsafe self.positive(text, field)
    }
}
