/// The price that an order waits for before it works.
package struct Trigger: Hashable, Sendable {
    /// What the order is for, which says from which side its price is reached.
    package enum Aim: UInt8, Hashable, Sendable, CaseIterable {
        /// The price got worse: it rose for a buy, fell for a sell.
        case stopLoss = 1
        /// The price got better: it fell for a buy, rose for a sell.
        case takeProfit = 2
    }

    package var aim: Aim
    /// The order works from the first trade on at this price or beyond it.
    package var stopPrice: Price

    package init(_ aim: Aim, at stopPrice: Price) {
        self.aim = aim
        self.stopPrice = stopPrice
    }

    /// Whether an order of the side waits for the price to rise.
    package func isRising(for side: Side) -> Bool { (self.aim == .stopLoss) == (side == .buy) }
}

/// How an order meets the book.
package enum OrderType: Hashable, Sendable {
    /// Takes what the book offers.
    case market
    /// Never trades at a worse price than this one.
    case limit(Price, TimeInForce)
    /// Rests at this price, or is rejected where it would trade at once.
    case limitMaker(Price)
    /// A market order once its price is reached.
    case stop(Trigger)
    /// A limit order once its price is reached.
    case stopLimit(Trigger, Price, TimeInForce)

    /// The limit price, where there is one.
    package var limitPrice: Price? {
        switch self {
        case .market, .stop: nil
        case .limit(let price, _), .limitMaker(let price), .stopLimit(_, let price, _): price
        }
    }

    /// How long it stays, where that can be said.
    package var timeInForce: TimeInForce? {
        switch self {
        case .market, .limitMaker, .stop: nil
        case .limit(_, let timeInForce), .stopLimit(_, _, let timeInForce): timeInForce
        }
    }

    /// What it waits for; nil where it works at once.
    package var trigger: Trigger? {
        switch self {
        case .market, .limit, .limitMaker: nil
        case .stop(let trigger), .stopLimit(let trigger, _, _): trigger
        }
    }

    /// Under which name the venue knows it.
    package var venueType: VenueOrderType {
        switch self {
        case .market: .market
        case .limit: .limit
        case .limitMaker: .limitMaker
        case .stop(let trigger): trigger.aim == .stopLoss ? .stopLoss : .takeProfit
        case .stopLimit(let trigger, _, _):
            trigger.aim == .stopLoss ? .stopLossLimit : .takeProfitLimit
        }
    }

    /// Puts a type together from its parts; nil where one is missing.
    ///
    /// A part that the type does not have is not looked at.
    ///
    /// - Parameters:
    ///   - type: The venue's name for it.
    ///   - limitPrice: The limit price.
    ///   - timeInForce: How long it stays.
    ///   - stopPrice: What it waits for.
    package init?(
        _ type: VenueOrderType,
        limitPrice: Price?,
        timeInForce: TimeInForce?,
        stopPrice: Price?
    ) {
        switch type {
        case .market:
            self = .market
        case .limit:
            guard let limitPrice, let timeInForce else { return nil }
            self = .limit(limitPrice, timeInForce)
        case .limitMaker:
            guard let limitPrice else { return nil }
            self = .limitMaker(limitPrice)
        case .stopLoss, .takeProfit:
            guard let stopPrice else { return nil }
            self = .stop(Trigger(type == .stopLoss ? .stopLoss : .takeProfit, at: stopPrice))
        case .stopLossLimit, .takeProfitLimit:
            guard let limitPrice, let timeInForce, let stopPrice else { return nil }
            let aim: Trigger.Aim = type == .stopLossLimit ? .stopLoss : .takeProfit
            self = .stopLimit(Trigger(aim, at: stopPrice), limitPrice, timeInForce)
        }
    }

    /// The same with another limit price; nil where it has none.
    func limited(to price: Price) -> OrderType? {
        switch self {
        case .market, .stop: nil
        case .limit(_, let timeInForce): .limit(price, timeInForce)
        case .limitMaker: .limitMaker(price)
        case .stopLimit(let trigger, _, let timeInForce): .stopLimit(trigger, price, timeInForce)
        }
    }
}
