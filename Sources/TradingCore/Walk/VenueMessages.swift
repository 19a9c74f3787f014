/// An order's state as the venue names it.
package enum VenueOrderStatus: UInt8, Hashable, Sendable, CaseIterable {
    case new = 1
    case partiallyFilled = 2
    case filled = 3
    case canceled = 4
    case expired = 5
    case rejected = 6

    /// Whether the venue will not change the order any more, late fills excepted.
    package var isTerminal: Bool {
        switch self {
        case .new, .partiallyFilled: false
        case .filled, .canceled, .expired, .rejected: true
        }
    }
}

/// One trade of one order, as any of the venue's messages tells it.
package struct TradeReport: Hashable, Sendable {
    package var symbol: Symbol
    package var tradeID: TradeID
    package var venueOrderID: VenueOrderID
    package var side: Side
    package var price: Price
    package var quantity: Quantity
    /// What was paid or received, in the quote asset.
    package var quoteQuantity: Amount
    package var fee: Amount
    /// Nil only where the fee is zero.
    package var feeAsset: Asset?
    package var isMaker: Bool
    package var time: WallTime

    package init(
        symbol: Symbol,
        tradeID: TradeID,
        venueOrderID: VenueOrderID,
        side: Side,
        price: Price,
        quantity: Quantity,
        quoteQuantity: Amount,
        fee: Amount,
        feeAsset: Asset?,
        isMaker: Bool,
        time: WallTime
    ) {
        self.symbol = symbol
        self.tradeID = tradeID
        self.venueOrderID = venueOrderID
        self.side = side
        self.price = price
        self.quantity = quantity
        self.quoteQuantity = quoteQuantity
        self.fee = fee
        self.feeAsset = feeAsset
        self.isMaker = isMaker
        self.time = time
    }
}

/// An order as the venue describes it, in a REST answer or on the stream.
package struct OrderReport: Hashable, Sendable {
    package var symbol: Symbol
    package var venueOrderID: VenueOrderID
    /// The id that decides whose order it is: on the stream `C` if set, else `c` (S4).
    package var ownerID: String
    package var side: Side
    /// Zero where the message does not carry it.
    package var quantity: Quantity
    /// Zero for market orders.
    package var price: Price
    /// What it waits, or waited, for; zero where nothing.
    package var stopPrice = Price.zero
    /// Nil where the message does not say it.
    package var type: VenueOrderType?
    /// What was asked for in the quote asset; zero where that was not said.
    package var quoteQuantity = Amount.zero
    package var status: VenueOrderStatus
    /// Cumulative; authoritative over the fills seen so far (E4).
    package var executedQuantity: Quantity
    /// The trades that the message itself carries; more may exist.
    package var trades: [TradeReport]
    /// The venue's time of the change.
    package var time: WallTime
    /// The venue's words on an expiry or rejection; empty where it gives none.
    package var reason: String

    package init(
        symbol: Symbol,
        venueOrderID: VenueOrderID,
        ownerID: String,
        side: Side,
        quantity: Quantity,
        price: Price,
        status: VenueOrderStatus,
        executedQuantity: Quantity,
        trades: [TradeReport],
        time: WallTime,
        reason: String
    ) {
        self.symbol = symbol
        self.venueOrderID = venueOrderID
        self.ownerID = ownerID
        self.side = side
        self.quantity = quantity
        self.price = price
        self.status = status
        self.executedQuantity = executedQuantity
        self.trades = trades
        self.time = time
        self.reason = reason
    }
}

/// What the account holds of one asset.
package struct BalanceReport: Hashable, Sendable {
    package var asset: Asset
    package var free: Amount
    package var locked: Amount

    package init(asset: Asset, free: Amount, locked: Amount) {
        self.asset = asset
        self.free = free
        self.locked = locked
    }
}

/// The whole account, as one REST answer tells it.
package struct AccountReport: Hashable, Sendable {
    /// The venue's number of the account; a ledger is bound to it (S5).
    package var accountID: Int64
    package var canTrade: Bool
    package var balances: [BalanceReport]

    package init(accountID: Int64, canTrade: Bool, balances: [BalanceReport]) {
        self.accountID = accountID
        self.canTrade = canTrade
        self.balances = balances
    }
}

/// Best prices of a symbol.
package struct Quote: Hashable, Sendable {
    package var bid: Price
    package var ask: Price

    package init(bid: Price, ask: Price) {
        self.bid = bid
        self.ask = ask
    }

    /// The best price that an order of the side can trade at.
    package func best(for side: Side) -> Price { side == .buy ? self.ask : self.bid }
}

/// Best prices and whose they are.
package struct SymbolQuote: Hashable, Sendable {
    package var symbol: Symbol
    package var quote: Quote

    package init(symbol: Symbol, quote: Quote) {
        self.symbol = symbol
        self.quote = quote
    }
}

/// A price of the book and the quantity that stands there.
package struct DepthLevel: Hashable, Sendable {
    package var price: Price
    package var quantity: Quantity

    package init(price: Price, quantity: Quantity) {
        self.price = price
        self.quantity = quantity
    }
}

/// The book of a symbol, or the levels near its best prices; the best of each side first.
package struct DepthReport: Hashable, Sendable {
    package var symbol: Symbol
    /// The venue's count of changes, to which its stream of changes refers.
    package var updateID: Int64
    package var bids: [DepthLevel]
    package var asks: [DepthLevel]

    package init(symbol: Symbol, updateID: Int64, bids: [DepthLevel], asks: [DepthLevel]) {
        self.symbol = symbol
        self.updateID = updateID
        self.bids = bids
        self.asks = asks
    }
}

/// An error body of the venue.
package struct VenueError: Hashable, Sendable {
    package var httpStatus: Int
    /// Binance's code, such as -2010; 0 where the body held none.
    package var code: Int
    package var message: String

    /// How the venue says that the market was there before the order: one that was to rest would
    /// trade, one that was to wait would not (binance.md, section 4.2).
    static let lateness = [
        "Order would immediately match and take.", "Order would trigger immediately.",
    ]

    /// Whether the venue did what the order's own type asks for.
    package var isLateness: Bool { self.code == -2010 && Self.lateness.contains(self.message) }

    package init(httpStatus: Int, code: Int, message: String) {
        self.httpStatus = httpStatus
        self.code = code
        self.message = message
    }
}

/// What became of the one transmission of a placement (S2, E1).
package enum PlacementOutcome: Hashable, Sendable {
    /// The venue took the order.
    case accepted(OrderReport)
    /// The venue refused it: it does not exist.
    case rejected(VenueError)
    /// Not one byte of the request was written.
    case notSent(NotSentReason)
    /// The venue is one that builds and signs requests only; the text is the request without
    /// key and signature.
    case simulated(request: String)
    /// Bytes were written and no answer that counts as evidence came back.
    case unknown(String)
}

/// Why a placement never left.
package enum NotSentReason: Hashable, Sendable {
    /// The gate was closed when its turn came (K1).
    case gateClosed
    /// Its receive window was over when its turn came (S1).
    case windowOver
    /// No connection could be made; the text says why.
    case notConnected(String)
    /// More placements wait for a connection than may.
    case queueFull
    /// The venue asks for patience (429, 418) and nothing may be sent until then.
    case venueBackoff
}

/// Names one reading of the venue: answers may come late and out of order.
package struct ReadID: Hashable, Sendable, Comparable {
    package let raw: UInt64

    package init(raw: UInt64) { self.raw = raw }

    package static func < (left: ReadID, right: ReadID) -> Bool { left.raw < right.raw }
}

/// A request that changes nothing we must remember, and therefore needs no durability: it is
/// signed when it leaves and may be repeated.
package enum VenueRequest: Hashable, Sendable {
    /// Cancels an order by its client id; the cancel's own id is derived from it (S4).
    case cancel(OrderID, symbol: Symbol, target: ClientOrderID, cancelID: ClientOrderID)
    /// Makes an order smaller, which keeps its name and its place in the queue.
    case amend(OrderID, symbol: Symbol, client: ClientOrderID, to: Quantity)
    /// Asks for one order by its client id, or by the venue's number where that is known.
    case order(OrderID, symbol: Symbol, client: ClientOrderID, venue: VenueOrderID?)
    /// All open orders of the account, foreign ones included.
    case openOrders(ReadID)
    /// The account's trades on a symbol from this one on; from the first where nil.
    case trades(Symbol, from: TradeID?)
    /// The account's trades on a symbol since then.
    case tradesSince(Symbol, since: WallTime)
    /// The trades of one order.
    case orderTrades(OrderID, symbol: Symbol, venue: VenueOrderID)
    /// Every order of the account on a symbol since then, whatever its state.
    case allOrders(Symbol, since: WallTime)
    /// Balances.
    case account(ReadID)
    /// The filters of the symbols that may be traded.
    case rules([Symbol])
    /// Best prices, for symbols whose stream has not spoken yet.
    case quotes([Symbol])
    /// The order book of a symbol.
    case depth(Symbol)
    /// The venue's clock.
    case time
    /// How many new orders the venue has counted in its present windows.
    case orderCounts
    /// What our key may do.
    case keyRights
}

/// What a ``VenueRequest`` brought back.
package enum VenueAnswer: Hashable, Sendable {
    case order(OrderReport)
    case orders([OrderReport])
    case trades([TradeReport])
    case account(AccountReport)
    case rules([SymbolRules])
    case quotes([SymbolQuote])
    case depth(DepthReport)
    case time(WallTime)
    case orderCounts([RateCount])
    case keyRights(KeyRights)
    /// The venue answered with an error that is about the request itself, such as -2011 or -2013.
    case refused(VenueError)
    /// No usable answer; ask again.
    case failed(String)
}

/// What comes from a venue into the walk.
package enum VenueInput: Hashable, Sendable {
    case placementAnswered(OrderID, PlacementOutcome)
    case answered(VenueRequest, VenueAnswer)
    /// The user stream is subscribed: from now on nothing is missed until it is lost.
    case streamOpened
    case streamLost(String)
    /// A user-stream message about an order, ours or not.
    case orderReported(OrderReport)
    /// The balances that a transaction touched, absolute.
    case balancesReported([BalanceReport], time: WallTime)
    case quoted(Symbol, Quote)
    /// What stands in the book near the best prices: ``BookSide/levelsMax`` levels of each side, or
    /// all where there are fewer.
    case depthReported(DepthReport)
    /// The market stream is open: from now on each change of the best prices is told.
    case marketStreamOpened
    case marketStreamLost(String)
    /// The venue's clock, measured with a round trip.
    case clockMeasured(ClockSample)
    /// How many new orders the venue takes, as it lists it.
    case orderLimitsReported([RateLimit])
    /// How many it had counted when it answered an order's placement; told before the answer.
    case orderCountsReported(OrderID, [RateCount])
    /// The venue asked for patience.
    case restrained(VenueRestraint)
}
