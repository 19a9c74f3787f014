import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

extension EventEncoder {
    func breach(
        _ breach: RiskBreach
    ) -> UnsafeMutablePointer<Trading__Journal__V1__RiskBreached> {
        unsafe self.arena.make(trading__journal__v1__risk_breached__init) { message in
            unsafe message.number = breach.number
            unsafe message.rule = UInt32(breach.rule.rawValue)
            unsafe message.venue = UInt32(breach.venue.rawValue)
            unsafe message.asset = self.arena.string(breach.asset?.name ?? "")
            unsafe message.strategy = self.arena.string(breach.strategy)
            unsafe message.limit = self.arena.string(breach.limit)
            unsafe message.actual = self.arena.string(breach.actual)
            unsafe message.message = self.arena.string(breach.message)
            unsafe message.action = UInt32(breach.action.rawValue)
            unsafe message.at = breach.at.nanoseconds
            if let acknowledgement = breach.acknowledgement {
                unsafe message.acknowledgement = self.acknowledgement(
                    acknowledgement,
                    of: breach.number
                )
            }
        }
    }

    func acknowledgement(
        _ acknowledgement: RiskBreach.Acknowledgement,
        of number: UInt64
    ) -> UnsafeMutablePointer<Trading__Journal__V1__BreachAcknowledged> {
        unsafe self.arena.make(trading__journal__v1__breach_acknowledged__init) { message in
            unsafe message.number = number
            unsafe message.principal = self.arena.string(acknowledgement.principal.name)
            unsafe message.reason = self.arena.string(acknowledgement.reason)
            unsafe message.at = acknowledgement.at.nanoseconds
        }
    }

    func mark(
        _ mark: EquityMark,
        of asset: Asset,
        on venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__EquityMarked> {
        unsafe self.arena.make(trading__journal__v1__equity_marked__init) { message in
            unsafe message.venue = UInt32(venue.rawValue)
            unsafe message.asset = self.arena.string(asset.name)
            unsafe message.day_start = mark.dayStart.nanoseconds
            unsafe message.start_equity = self.arena.string(mark.startEquity.description)
            unsafe message.base_equity = self.arena.string(mark.baseEquity?.description ?? "")
            unsafe message.high_water = self.arena.string(mark.highWater.description)
            unsafe message.n_bids = mark.bids.count
            unsafe message.bids = self.prices(mark.bids)
        }
    }

    func mark(
        _ mark: EquityMark,
        of asset: Asset,
        on venue: VenueID,
        strategy: String
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StrategyMarked> {
        unsafe self.arena.make(trading__journal__v1__strategy_marked__init) { message in
            unsafe message.strategy = self.arena.string(strategy)
            unsafe message.mark = self.mark(mark, of: asset, on: venue)
        }
    }

    /// The prices by symbol, in the symbols' order.
    func prices(
        _ prices: [Symbol: Price]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Trading__Journal__V1__SymbolPrice>?>? {
        let sorted = prices.sorted { $0.key < $1.key }
        return unsafe self.arena.array(
            sorted.map { symbol, price in
                unsafe self.arena.make(trading__journal__v1__symbol_price__init) { message in
                    unsafe message.symbol = self.arena.string(symbol.name)
                    unsafe message.price = price.raw
                }
            }
        )
    }
}
