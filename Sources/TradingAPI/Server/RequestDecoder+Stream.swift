import CTradingProto
import ProtobufArena
import TradingCore

extension RequestDecoder {
    private enum StreamLimits {
        /// Of each list of a filter.
        static let valueCountMax = 256
        static let valueBytesMax = 64
    }

    /// What a call of Subscribe asks for.
    ///
    /// - Parameters:
    ///   - payload: The packed message.
    ///   - heartbeatMilliseconds: Where the call does not say.
    /// - Returns: What it asks for.
    /// - Throws: What is wrong, naming the field.
    package func subscription(
        _ payload: Span<UInt8>,
        heartbeatMilliseconds: Int64 = SubscriptionWish.heartbeatMillisecondsDefault
    ) throws(BadRequest) -> SubscriptionWish {
        self.arena.reset()
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__subscribe_request__init)
        )
        var wish = SubscriptionWish(
            fromSequence: unsafe message.from_sequence,
            heartbeatMilliseconds: heartbeatMilliseconds
        )
        let milliseconds = Int64(unsafe message.heartbeat_milliseconds)
        if milliseconds != 0 {
            let range = SubscriptionWish.heartbeatMillisecondsRange
            guard range.contains(milliseconds) else {
                throw BadRequest(
                    "heartbeat_milliseconds: \(milliseconds) is not from \(range.lowerBound) to "
                        + "\(range.upperBound)"
                )
            }
            wish.heartbeatMilliseconds = milliseconds
        }
        for index in 0..<(unsafe message.n_kinds) {
            let raw = unsafe message.kinds[index].rawValue
            guard let kind = EventKind(rawValue: UInt8(clamping: raw)) else {
                throw BadRequest("kinds: there is no kind \(raw)")
            }
            wish.filter.kinds.insert(kind)
        }
        let symbols = try unsafe self.values(message.symbols, message.n_symbols, "symbols")
        wish.filter.symbols = Set(symbols.map { Symbol($0) })
        wish.filter.strategies = try unsafe self.values(
            message.strategies,
            message.n_strategies,
            "strategies"
        )
        wish.filter.tags = try unsafe self.values(message.tags, message.n_tags, "tags")
        return wish
    }

    private func values(
        _ array: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
        _ count: Int,
        _ field: String
    ) throws(BadRequest) -> Set<String> {
        guard count <= StreamLimits.valueCountMax else {
            throw BadRequest("\(field): \(count) of them, limit \(StreamLimits.valueCountMax)")
        }
        var values: Set<String> = []
        for text in unsafe Protobuf.texts(array, count: count) {
            guard !text.isEmpty, text.utf8.count <= StreamLimits.valueBytesMax else {
                throw BadRequest(
                    "\(field): expected texts of 1 to \(StreamLimits.valueBytesMax) bytes"
                )
            }
            values.insert(text)
        }
        return values
    }
}
