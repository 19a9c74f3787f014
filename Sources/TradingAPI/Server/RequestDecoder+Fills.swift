import CTradingProto
import ProtobufArena
import TradingCore

extension RequestDecoder {
    /// Which fills a call asks for; they are read beside the gateway.
    ///
    /// - Throws: What is wrong, naming the field.
    package func fills(_ payload: Span<UInt8>) throws(BadRequest) -> FillFilter {
        self.arena.reset()
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__list_fills_request__init)
        )
        let countMax = unsafe message.limit
        guard countMax <= Limits.listCountMax else {
            throw BadRequest("limit: \(countMax) is above \(Limits.listCountMax)")
        }
        let symbol = try unsafe self.text(message.symbol, "symbol", bytesMax: 32)
        let strategy = try unsafe self.text(
            message.strategy,
            "strategy",
            bytesMax: Limits.tagBytesMax
        )
        let orderID = unsafe message.order_id
        let since = unsafe message.since
        let until = unsafe message.until
        guard since >= 0 else { throw BadRequest("since: \(since) is below 0") }
        guard until == 0 || since < until else {
            throw BadRequest("until: \(until) is not after since, \(since)")
        }
        let before = unsafe message.before_sequence
        return FillFilter(
            symbol: symbol.isEmpty ? nil : Symbol(symbol),
            orderID: orderID == 0 ? nil : OrderID(raw: orderID),
            strategy: strategy.isEmpty ? nil : strategy,
            since: since == 0 ? nil : WallTime(nanoseconds: since),
            until: until == 0 ? nil : WallTime(nanoseconds: until),
            countMax: Int(countMax == 0 ? Limits.listCountDefault : countMax),
            before: before == 0 ? nil : before
        )
    }
}
