import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

extension StateEncoder {
    func day(
        _ notional: DayNotional,
        of venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredDayNotional> {
        let strategies = notional.strategies.sorted { $0.key < $1.key }
        return unsafe self.arena.make(trading__journal__v1__stored_day_notional__init) { message in
            unsafe message.venue = UInt32(venue.rawValue)
            unsafe message.day = notional.day.number
            unsafe message.n_placed = notional.placed.count
            unsafe message.placed = self.notionals(notional.placed)
            unsafe message.n_strategies = strategies.count
            unsafe message.strategies = self.arena.array(
                strategies.map { unsafe self.strategy($0.value, named: $0.key) }
            )
        }
    }

    private func strategy(
        _ notional: StrategyNotional,
        named name: String
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredStrategyNotional> {
        unsafe self.arena.make(trading__journal__v1__stored_strategy_notional__init) { message in
            unsafe message.name = self.arena.string(name)
            unsafe message.n_placed = notional.placed.count
            unsafe message.placed = self.notionals(notional.placed)
            unsafe message.first_at = notional.firstAt.nanoseconds
            unsafe message.last_at = notional.lastAt.nanoseconds
        }
    }

    private func notionals(
        _ notionals: [Asset: Notional]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Trading__Journal__V1__AssetAmount>?>? {
        let sorted = notionals.sorted { $0.key < $1.key }
        return unsafe self.arena.array(
            sorted.map { placed in
                unsafe self.arena.make(trading__journal__v1__asset_amount__init) {
                    unsafe $0.asset = self.arena.string(placed.key.name)
                    unsafe $0.amount = self.arena.string(placed.value.description)
                }
            }
        )
    }
}
