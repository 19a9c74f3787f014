import CTradingProto
import ProtobufArena
import TradingCore

extension EventDecoder {
    static func breach(
        _ message: Trading__Journal__V1__RiskBreached
    ) throws(DecodingProblem) -> RiskBreach {
        let asset = unsafe self.text(message.asset)
        var breach = unsafe RiskBreach(
            number: message.number,
            rule: try self.known(Rule.self, message.rule),
            venue: try self.known(VenueID.self, message.venue),
            asset: asset.isEmpty ? nil : Asset(asset),
            strategy: self.text(message.strategy),
            limit: self.text(message.limit),
            actual: self.text(message.actual),
            message: self.text(message.message),
            action: try self.known(BreachAction.self, message.action),
            at: WallTime(nanoseconds: message.at)
        )
        if let part = unsafe message.acknowledgement {
            breach.acknowledgement = unsafe self.acknowledgement(part.pointee)
        }
        return breach
    }

    static func acknowledgement(
        _ message: Trading__Journal__V1__BreachAcknowledged
    ) -> RiskBreach.Acknowledgement {
        unsafe RiskBreach.Acknowledgement(
            principal: Principal(self.text(message.principal)),
            reason: self.text(message.reason),
            at: WallTime(nanoseconds: message.at)
        )
    }

    static func mark(
        _ message: Trading__Journal__V1__EquityMarked
    ) throws(DecodingProblem) -> EquityMark {
        let hasBase = unsafe !self.text(message.base_equity).isEmpty
        return unsafe EquityMark(
            dayStart: WallTime(nanoseconds: message.day_start),
            startEquity: try self.amount(message.start_equity),
            baseEquity: hasBase ? try self.amount(message.base_equity) : nil,
            highWater: try self.amount(message.high_water),
            bids: try self.prices(message.bids, count: message.n_bids)
        )
    }

    static func strategyMark(
        _ message: Trading__Journal__V1__StrategyMarked
    ) throws(DecodingProblem) -> Event {
        let part = try unsafe self.present(message.mark)
        return unsafe .strategyMarked(
            try self.known(VenueID.self, part.venue),
            self.text(message.strategy),
            Asset(self.text(part.asset)),
            try self.mark(part)
        )
    }

    static func prices(
        _ messages: UnsafeMutablePointer<
            UnsafeMutablePointer<Trading__Journal__V1__SymbolPrice>?
        >?,
        count: Int
    ) throws(DecodingProblem) -> [Symbol: Price] {
        var prices: [Symbol: Price] = [:]
        for index in 0..<count {
            let part = try unsafe self.present(messages?[index])
            prices[Symbol(unsafe self.text(part.symbol))] = unsafe Price(raw: part.price)
        }
        return prices
    }
}
