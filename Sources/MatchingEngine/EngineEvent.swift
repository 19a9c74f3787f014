package import TradingCore

/// Why an order left without being filled or cancelled; raw values are the venue's names.
package enum ExpiryReason: String, Hashable, Sendable {
    /// Refused at its trigger.
    case rejected = "REJECTED"
    /// The other leg of its list traded or triggered.
    case ocoTrigger = "OCO_TRIGGER"
    /// The first order of its list expired.
    case otoPhaseOneExpired = "OTO_PHASE_ONE_EXPIRED"
    /// The rest of an IOC order.
    case unfilledImmediateOrCancel = "UNFILLED_IOC_QUANTITY_EXPIRED"
    /// A FOK order that the book could not fill.
    case unfilledFillOrKill = "UNFILLED_FOK_ORDER_EXPIRED"
    /// By the venue itself.
    case exchangeCanceled = "EXCHANGE_CANCELED"
    /// The rest of a market order.
    case insufficientLiquidity = "INSUFFICIENT_LIQUIDITY"
}

/// How an order ended other than by being filled.
package enum OrderEnd: Hashable, Sendable {
    /// By its owner.
    case canceled
    /// By the venue.
    case expired(ExpiryReason)
    /// By self-trade prevention.
    case expiredInMatch
}

/// One side of a trade.
package struct TradeParty: Hashable, Sendable {
    /// Whose side it is; the house for anonymous liquidity.
    package let account: AccountNumber
    /// The order, or nil for anonymous liquidity.
    package let order: VenueOrderID?
    /// What was paid.
    package let commission: Amount
    /// The asset of the commission; nil for the one that this side received.
    package var commissionAsset: AssetIndex?
}

/// A trade between a resting order and the one that met it.
package struct EngineTrade: Hashable, Sendable {
    /// The market's count.
    package let id: TradeID
    /// The resting side's price.
    package let price: Price
    /// How much of the base asset.
    package let quantity: Quantity
    /// What it cost in the quote asset.
    package let value: Amount
    /// Which way the taker traded.
    package let takerSide: Side
    /// The side that came.
    package let taker: TradeParty
    /// The side that rested.
    package let maker: TradeParty
}

/// Two orders of one account that were kept from trading with each other.
package struct PreventedMatch: Hashable, Sendable {
    /// The market's count.
    package let id: Int64
    /// The order that came.
    package let taker: VenueOrderID
    /// The order that rested.
    package let maker: VenueOrderID
    /// The account of both.
    package let account: AccountNumber
    /// The mode that decided.
    package let mode: SelfTradePrevention
    /// The resting order's price.
    package let price: Price
    /// What the taker lost; zero where it lost nothing.
    package let takerQuantity: Quantity
    /// What the maker lost; zero where it lost nothing.
    package let makerQuantity: Quantity
}

/// What happened in a market, in the order in which it happened.
package enum EngineEvent: Hashable, Sendable {
    /// An order was accepted; one that is not working waits for a trigger or for its list.
    case accepted(VenueOrderID, state: BookOrder.State)
    /// A trade.
    case traded(EngineTrade)
    /// A match was prevented.
    case prevented(PreventedMatch)
    /// A waiting order started to work, or a pending one now waits for its trigger.
    case activated(VenueOrderID, state: BookOrder.State)
    /// The book gave a pegged order its price.
    case pegged(VenueOrderID, price: Price)
    /// A trailing order began to follow the market.
    case trailing(VenueOrderID)
    /// An order's quantity was reduced, or is known at last.
    case amended(VenueOrderID, quantity: Quantity)
    /// An order ended other than by being filled.
    case ended(VenueOrderID, OrderEnd)
    /// An order list is done.
    case listDone(Int64)
}
