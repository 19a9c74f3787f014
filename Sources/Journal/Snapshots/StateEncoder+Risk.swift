import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

extension StateEncoder {
    func addRisk(
        of state: State,
        to message: inout Trading__Journal__V1__StoredState
    ) {
        let breaches = state.breaches.breaches
        unsafe message.n_breaches = breaches.count
        unsafe message.breaches = self.arena.array(
            breaches.map { unsafe self.events.breach($0) }
        )
        unsafe message.last_breach = state.breaches.lastNumber
        let failures = Set(state.failureCounts.keys).union(state.orderDays.keys).sorted()
        unsafe message.n_failures = failures.count
        unsafe message.failures = self.arena.array(
            failures.map {
                unsafe self.failures(state.failureCounts[$0] ?? 0, state.orderDays[$0], on: $0)
            }
        )
        var equities: [(venue: VenueID, asset: Asset, record: EquityRecord)] = []
        for (venue, ofVenue) in state.equities {
            for (asset, record) in ofVenue.sorted(by: { $0.key < $1.key }) {
                equities.append((venue, asset, record))
            }
        }
        unsafe message.n_equities = equities.count
        unsafe message.equities = self.arena.array(
            equities.map { unsafe self.equity($0.record, in: $0.asset, on: $0.venue) }
        )
        unsafe self.addStrategies(of: state, to: &message)
        unsafe self.addExits(of: state, to: &message)
        let (principals, strategies) = (state.orderLogs.principals, state.orderLogs.strategies)
        unsafe message.n_principal_orders = principals.byName.count
        unsafe message.principal_orders = self.orderLogs(principals)
        unsafe message.n_strategy_orders = strategies.byName.count
        unsafe message.strategy_orders = self.orderLogs(strategies)
    }

    private func addStrategies(
        of state: State,
        to message: inout Trading__Journal__V1__StoredState
    ) {
        var strategies: [(venue: VenueID, name: String, book: StrategyBook)] = []
        for (venue, books) in state.strategies {
            for (name, book) in books.byName.sorted(by: { $0.key < $1.key }) {
                strategies.append((venue, name, book))
            }
        }
        unsafe message.n_strategies = strategies.count
        unsafe message.strategies = self.arena.array(
            strategies.map { unsafe self.strategy($0.book, named: $0.name, on: $0.venue) }
        )
    }

    private func strategy(
        _ book: StrategyBook,
        named name: String,
        on venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredStrategy> {
        let equities = book.equities.sorted { $0.key < $1.key }
        return unsafe self.arena.make(trading__journal__v1__stored_strategy__init) { message in
            unsafe message.name = self.arena.string(name)
            unsafe message.ledger = self.ledger(book.ledger, of: venue)
            unsafe message.n_equities = equities.count
            unsafe message.equities = self.arena.array(
                equities.map { unsafe self.equity($0.value, in: $0.key, on: venue) }
            )
            unsafe message.filled_at = book.filledAt.nanoseconds
        }
    }

    private func orderLogs(
        _ logs: NamedOrderLogs
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Trading__Journal__V1__StoredOrderLog>?> {
        unsafe self.arena.array(
            logs.byName.sorted { $0.key < $1.key }.map { name, log in
                var last = Int64(0)
                let steps = log.times.map { time in
                    defer { last = time.nanoseconds }
                    return time.nanoseconds - last
                }
                return unsafe self.arena.make(trading__journal__v1__stored_order_log__init) {
                    unsafe $0.name = self.arena.string(name)
                    unsafe $0.n_steps = steps.count
                    unsafe $0.steps = self.arena.array(scalars: steps)
                }
            }
        )
    }

    private func failures(
        _ count: Int,
        _ day: OrderDay?,
        on venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredFailures> {
        unsafe self.arena.make(trading__journal__v1__stored_failures__init) { message in
            unsafe message.venue = UInt32(venue.rawValue)
            unsafe message.count = UInt32(clamping: count)
            guard let day else { return }
            unsafe message.has_day = 1
            unsafe message.day_start = day.start.nanoseconds
            unsafe message.day_count = UInt32(clamping: day.count)
        }
    }

    private func equity(
        _ record: EquityRecord,
        in asset: Asset,
        on venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredEquity> {
        let fees = record.fees.sorted { $0.key < $1.key }
        let foreign = record.foreignFees.sorted { $0.key < $1.key }
        return unsafe self.arena.make(trading__journal__v1__stored_equity__init) { message in
            unsafe message.venue = UInt32(venue.rawValue)
            unsafe message.asset = self.arena.string(asset.name)
            unsafe message.day_start = record.dayStart.nanoseconds
            unsafe message.start_equity = self.arena.string(record.startEquity.description)
            unsafe message.base_equity = self.arena.string(record.baseEquity?.description ?? "")
            unsafe message.high_water = self.arena.string(record.highWater?.description ?? "")
            unsafe message.n_bids = record.bids.count
            unsafe message.bids = self.events.prices(record.bids)
            unsafe message.realized_profit = self.arena.string(record.realizedProfit.description)
            unsafe message.n_fees = fees.count
            unsafe message.fees = self.arena.array(
                fees.map { unsafe self.amount($0.value, of: $0.key) }
            )
            unsafe message.n_foreign_fees = foreign.count
            unsafe message.foreign_fees = self.arena.array(
                foreign.map { unsafe self.amount($0.value, of: $0.key) }
            )
        }
    }
}
