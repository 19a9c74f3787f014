package import TradingCore

/// What happens when an account would trade with itself; the taker's mode decides.
package enum SelfTradePrevention: String, Hashable, Sendable, CaseIterable {
    /// The trade happens.
    case none = "NONE"
    /// The taker's rest expires.
    case expireTaker = "EXPIRE_TAKER"
    /// The resting order expires.
    case expireMaker = "EXPIRE_MAKER"
    /// Both expire.
    case expireBoth = "EXPIRE_BOTH"
    /// Both lose the smaller quantity.
    case decrement = "DECREMENT"
    /// As ``decrement`` within one account.
    case transfer = "TRANSFER"
}

/// The terms of an order as its owner sends them; zero stands for "not given".
package struct NewOrder: Hashable, Sendable {
    /// Whose order it is.
    package var account: AccountNumber
    /// Which way it trades.
    package var side: Side
    /// How it enters.
    package var type: VenueOrderType
    /// How long it stays.
    package var timeInForce: TimeInForce = .goodTillCanceled
    /// The limit.
    package var price: Price = .zero
    /// How much of the base asset.
    package var quantity: Quantity = .zero
    /// How much of the quote asset; MARKET only, in place of ``quantity``.
    package var quoteQuantity: Quantity = .zero
    /// The trigger.
    package var stopPrice: Price = .zero
    /// The visible slice.
    package var icebergQuantity: Quantity = .zero
    /// How far the trigger follows the market, in basis points.
    package var trailingDelta: Int64 = 0
    /// Where the price comes from, if the book gives it.
    package var peg: Peg?
    /// What happens on meeting an order of the same account.
    package var selfTradePrevention: SelfTradePrevention = .none

    /// The least that an order has.
    package init(account: AccountNumber, side: Side, type: VenueOrderType) {
        self.account = account
        self.side = side
        self.type = type
    }
}

/// The position of an order in the book's pool.
typealias Slot = Int32

/// An order that the engine holds: resting on the book, waiting for a trigger, or on its way.
package struct BookOrder: Sendable {
    /// Where an order is.
    package enum State: UInt8, Sendable {
        /// On its way through the matching, or gone.
        case passing
        /// On the book.
        case resting
        /// Waiting for its trigger.
        case armed
        /// Waiting for another order of its list.
        case pending
    }

    /// The venue's number.
    package let id: VenueOrderID
    /// The terms; the quantity is the amended one.
    package internal(set) var terms: NewOrder
    /// Where the order is.
    package internal(set) var state: State
    /// What is left to trade.
    package internal(set) var remaining: Quantity
    /// What has traded.
    package internal(set) var executed: Quantity = .zero
    /// What of the rest the book shows; less than ``remaining`` for icebergs only.
    package internal(set) var visible: Quantity = .zero
    /// What the order holds of its account's funds.
    package internal(set) var locked: Amount = .zero
    /// The best price since a trailing order began to follow; zero before that.
    package internal(set) var trailingExtreme: Price = .zero
    /// The list that the order belongs to; zero for none.
    package internal(set) var list: Int64 = 0
    /// How often the order was amended.
    package internal(set) var amends: Int = 0
    /// The level's consumption at which this order is at the front.
    var aheadMark: Int64 = 0
    var next: Slot = -1
    var previous: Slot = -1

    init(id: VenueOrderID, terms: NewOrder) {
        self.id = id
        self.terms = terms
        self.state = .passing
        self.remaining = terms.quantity
    }

    /// What of the account's paying asset the rest of the order needs; zero for market orders.
    var lockNeeded: Amount {
        switch self.terms.side {
        case .sell:
            return self.terms.type == .market ? .zero : self.remaining.amount
        case .buy:
            let price = self.terms.type.isMarket ? self.terms.stopPrice : self.terms.price
            return (price * self.remaining).amount(rounding: .up)
        }
    }
}
