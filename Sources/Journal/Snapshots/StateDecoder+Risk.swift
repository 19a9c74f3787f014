import CTradingProto
import ProtobufArena
import TradingCore

extension StateDecoder {
    static func breaches(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> BreachList {
        var breaches: [RiskBreach] = []
        for index in 0..<(unsafe message.n_breaches) {
            let part = try unsafe EventDecoder.present(message.breaches?[index])
            breaches.append(try unsafe EventDecoder.breach(part))
        }
        return BreachList(breaches: breaches, lastNumber: unsafe message.last_breach)
    }

    static func failureCounts(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> ByVenue<Int> {
        var counts: ByVenue<Int> = [:]
        for index in 0..<(unsafe message.n_failures) {
            let part = try unsafe EventDecoder.present(message.failures?[index])
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            if unsafe part.count > 0 { counts[venue] = unsafe Int(part.count) }
        }
        return counts
    }

    static func orderDays(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> ByVenue<OrderDay> {
        var days: ByVenue<OrderDay> = [:]
        for index in 0..<(unsafe message.n_failures) {
            let part = try unsafe EventDecoder.present(message.failures?[index])
            guard unsafe part.has_day != 0 else { continue }
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            days[venue] = unsafe OrderDay(
                start: WallTime(nanoseconds: part.day_start),
                count: Int(part.day_count)
            )
        }
        return days
    }

    static func orderLogs(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> OrderLogs {
        OrderLogs(
            principals: try unsafe self.orderLogs(
                message.principal_orders,
                count: message.n_principal_orders
            ),
            strategies: try unsafe self.orderLogs(
                message.strategy_orders,
                count: message.n_strategy_orders
            )
        )
    }

    private static func orderLogs(
        _ messages: UnsafeMutablePointer<
            UnsafeMutablePointer<Trading__Journal__V1__StoredOrderLog>?
        >?,
        count: Int
    ) throws(DecodingProblem) -> NamedOrderLogs {
        var logs: [String: OrderLog] = [:]
        for index in 0..<count {
            let part = try unsafe EventDecoder.present(messages?[index])
            var times: [WallTime] = []
            var time = Int64(0)
            for step in 0..<(unsafe part.n_steps) {
                // What overflows was written by nobody, and a time is all that it can spoil.
                time &+= unsafe part.steps?[step] ?? 0
                times.append(WallTime(nanoseconds: time))
            }
            logs[unsafe EventDecoder.text(part.name)] = OrderLog(times)
        }
        return NamedOrderLogs(logs)
    }

    static func equities(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> ByVenue<[Asset: EquityRecord]> {
        var equities: ByVenue<[Asset: EquityRecord]> = [:]
        for index in 0..<(unsafe message.n_equities) {
            let part = try unsafe EventDecoder.present(message.equities?[index])
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            let asset = Asset(unsafe EventDecoder.text(part.asset))
            equities[venue, default: [:]][asset] = try unsafe self.equity(part)
        }
        return equities
    }

    static func strategies(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> ByVenue<StrategyBooks> {
        var books: ByVenue<[String: StrategyBook]> = [:]
        for index in 0..<(unsafe message.n_strategies) {
            let part = try unsafe EventDecoder.present(message.strategies?[index])
            let ledger = try unsafe EventDecoder.present(part.ledger)
            let venue = try EventDecoder.known(VenueID.self, unsafe ledger.venue)
            let name = unsafe EventDecoder.text(part.name)
            books[venue, default: [:]][name] = try unsafe self.strategy(part, ledger)
        }
        var strategies: ByVenue<StrategyBooks> = [:]
        for (venue, byName) in books { strategies[venue] = StrategyBooks(byName) }
        return strategies
    }

    private static func strategy(
        _ message: Trading__Journal__V1__StoredStrategy,
        _ ledger: Trading__Journal__V1__StoredLedger
    ) throws(DecodingProblem) -> StrategyBook {
        var equities: [Asset: EquityRecord] = [:]
        for index in 0..<(unsafe message.n_equities) {
            let part = try unsafe EventDecoder.present(message.equities?[index])
            equities[Asset(unsafe EventDecoder.text(part.asset))] = try unsafe self.equity(part)
        }
        return StrategyBook(
            ledger: try unsafe self.ledger(ledger),
            equities: equities,
            filledAt: WallTime(nanoseconds: unsafe message.filled_at)
        )
    }

    private static func equity(
        _ message: Trading__Journal__V1__StoredEquity
    ) throws(DecodingProblem) -> EquityRecord {
        let hasBase = unsafe !EventDecoder.text(message.base_equity).isEmpty
        let hasHighWater = unsafe !EventDecoder.text(message.high_water).isEmpty
        return unsafe EquityRecord(
            dayStart: WallTime(nanoseconds: message.day_start),
            startEquity: try EventDecoder.amount(message.start_equity),
            baseEquity: hasBase ? try EventDecoder.amount(message.base_equity) : nil,
            highWater: hasHighWater ? try EventDecoder.amount(message.high_water) : nil,
            bids: try EventDecoder.prices(message.bids, count: message.n_bids),
            realizedProfit: try self.notional(EventDecoder.text(message.realized_profit)),
            fees: try self.amounts(message.fees, count: message.n_fees),
            foreignFees: try self.amounts(message.foreign_fees, count: message.n_foreign_fees)
        )
    }
}
