import CTradingProto
import ProtobufArena
import TradingCore

extension StateDecoder {
    static func dayNotionals(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> ByVenue<DayNotional> {
        var days: ByVenue<DayNotional> = [:]
        for index in 0..<(unsafe message.n_day_notionals) {
            let part = try unsafe EventDecoder.present(message.day_notionals?[index])
            var strategies: [String: StrategyNotional] = [:]
            for index in 0..<(unsafe part.n_strategies) {
                let strategy = try unsafe EventDecoder.present(part.strategies?[index])
                strategies[unsafe EventDecoder.text(strategy.name)] = unsafe StrategyNotional(
                    placed: try self.notionals(strategy.placed, count: strategy.n_placed),
                    firstAt: WallTime(nanoseconds: strategy.first_at),
                    lastAt: WallTime(nanoseconds: strategy.last_at)
                )
            }
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            days[venue] = DayNotional(
                day: UTCDay(number: unsafe part.day),
                placed: try unsafe self.notionals(part.placed, count: part.n_placed),
                strategies: strategies
            )
        }
        return days
    }

    private static func notionals(
        _ messages: UnsafeMutablePointer<
            UnsafeMutablePointer<Trading__Journal__V1__AssetAmount>?
        >?,
        count: Int
    ) throws(DecodingProblem) -> [Asset: Notional] {
        var notionals: [Asset: Notional] = [:]
        for index in 0..<count {
            let part = try unsafe EventDecoder.present(messages?[index])
            let asset = Asset(unsafe EventDecoder.text(part.asset))
            notionals[asset] = try self.notional(unsafe EventDecoder.text(part.amount))
        }
        return notionals
    }
}
