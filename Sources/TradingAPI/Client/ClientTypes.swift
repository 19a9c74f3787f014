public import TradingCore

/// What a client sends to place one order; decimals are exact text, such as `0.5`.
///
/// They are text so that nothing is rounded on the way and the server, which checks them, tells
/// what is wrong with one. ``market(_:_:_:)`` and ``limit(_:_:_:at:_:)`` take exact values.
public struct OrderWish: Hashable, Sendable {
    /// The pair as the venue spells it, such as `BTCUSDT`.
    public var symbol: String
    /// Which way it trades.
    public var side: Side
    /// In the base asset; a multiple of the symbol's step.
    public var quantity: String
    /// Market orders: how much of the quote asset; then the quantity is empty.
    public var quoteQuantity: String?
    /// The worst price, in the quote asset; a multiple of the symbol's tick.
    public var limitPrice: String?
    /// What the order waits for.
    public var stopPrice: String?
    /// Where not given: a stop loss where there is a stop price, with or without a limit price;
    /// else a limit order where there is a limit price; else a market order.
    public var type: VenueOrderType?
    /// How long it stays; nil for the server's choice.
    public var timeInForce: TimeInForce?
    /// Names the order for at least seven days: a repeat is no second order; at most 64 bytes.
    ///
    /// Where not given, each call of ``TradingClient/place(_:)`` makes one of its own.
    public var idempotencyKey: String?
    /// The order is refused in any other mode.
    public var expectedMode: TradingMode?
    /// Carried along with the order, and told with its events.
    public var tag: String?
    /// Whose order it is; limits and filters go by it.
    public var strategy: String?
    /// Placed once more, as a new order, where its absence at the venue is proven.
    public var resubmitsIfAbsent = false
    /// The price at which what is bought is sold again, to cut a loss.
    public var stopLossPrice: String?
    /// What it is sold for at least then.
    public var stopLossLimit: String?
    /// The price at which what is bought is sold again for a profit, and at least.
    public var takeProfitPrice: String?

    /// A market order, until more is set.
    ///
    /// - Parameters:
    ///   - symbol: The pair as the venue spells it.
    ///   - side: Which way it trades.
    ///   - quantity: In the base asset, as decimal text.
    public init(symbol: String, side: Side, quantity: String) {
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
    }

    /// The type, also where it is not given.
    public var impliedType: VenueOrderType {
        if let type = self.type { return type }
        switch (self.stopPrice, self.limitPrice) {
        case (nil, nil): return .market
        case (nil, _): return .limit
        case (_, nil): return .stopLoss
        case (_, _): return .stopLossLimit
        }
    }
}

/// An order as the server tells it; decimals are exact text.
public struct RemoteOrder: Hashable, Sendable, Encodable {
    /// The gateway's number of it.
    public var orderID: UInt64
    /// By which the venue knows it.
    public var clientOrderID: String
    /// 0 while the venue has not named it.
    public var venueOrderID: Int64
    /// Of the mode it was placed in, such as `testnet`.
    public var mode: String
    /// Such as `BTCUSDT`.
    public var symbol: String
    /// `BUY` or `SELL`.
    public var side: String
    /// The venue's word, such as `LIMIT`.
    public var type: String
    /// The venue's abbreviation; empty where it has none.
    public var timeInForce: String
    /// In the base asset.
    public var quantity: String
    /// The limit price, in the quote asset; empty where it has none.
    public var price: String
    /// Such as `OPEN`; see docs/orders.md.
    public var status: String
    /// In the base asset.
    public var filledQuantity: String
    /// What was paid or received for it, in the quote asset.
    public var filledNotional: String
    /// Of the fills; empty before the first.
    public var averagePrice: String
    /// Oldest first.
    public var fills: [RemoteFill]
    /// Why it was refused, or waits for a person.
    public var refusal: RemoteRefusal?
    /// Why it ended as it did, in words.
    public var reason: String
    /// Whether a cancellation is under way.
    public var isCancelPending: Bool
    /// As its wish had it.
    public var tag: String
    /// Nanoseconds since 1970-01-01 UTC.
    public var createdAt: Int64
    /// Of the last change.
    public var updatedAt: Int64
    /// The order in whose place this one was put; 0 for none.
    public var predecessorOrderID: UInt64
    /// The order that was put in this one's place; 0 for none.
    public var successorOrderID: UInt64
    /// Whether an amendment is under way.
    public var isAmendPending: Bool
    /// What was asked for, where the risk gate made the order smaller; else empty.
    public var originalQuantity: String
    /// As its wish had it.
    public var strategy: String
    /// What it waits, or waited, for; empty where nothing.
    public var stopPrice: String
    /// What was asked for in the quote asset; empty where a quantity was.
    public var quoteQuantity: String
    /// Where the loss of it is cut; empty where it has no stop-loss.
    public var stopLossPrice: String
    /// What that sells for at least; empty for the market.
    public var stopLossLimit: String
    /// Where its profit is taken; empty where it has no take-profit.
    public var takeProfitPrice: String
    /// The order whose fills this one closes, where it is an exit; 0 for none.
    public var entryOrderID: UInt64
    /// How its exits stand, such as `RESTING`; see docs/orders.md.
    ///
    /// Empty where it has none, and in other answers than those of GetOrder and ListOrders.
    public var exitsStatus: String
    /// What they are still to sell, in the base asset.
    public var exitsQuantity: String
    /// How much of that their orders at the venue sell.
    public var exitsCoveredQuantity: String
    /// Why a person must close what is left; empty while none must.
    public var exitsProblem: String
}

/// One trade of an order.
public struct RemoteFill: Hashable, Sendable, Encodable {
    /// The venue's number of the trade.
    public var tradeID: Int64
    /// In the quote asset.
    public var price: String
    /// In the base asset.
    public var quantity: String
    /// What it cost, in ``feeAsset``.
    public var fee: String
    /// Such as `BNB`.
    public var feeAsset: String
    /// Whether the order rested in the book.
    public var isMaker: Bool
    /// The venue's, in nanoseconds since 1970-01-01 UTC.
    public var time: Int64
}

/// Why the server did not do what was asked.
public struct RemoteRefusal: Error, Hashable, Sendable, Encodable {
    /// The rule's name, such as `order_notional`; stable.
    public var rule: String
    /// What the rule allows.
    public var limit: String
    /// What was asked for or found.
    public var actual: String
    /// In words.
    public var message: String
    /// Empty where nothing would have passed.
    public var permitted: String
}

/// What the current mode's venue holds.
public struct RemotePositions: Hashable, Sendable, Encodable {
    /// Whose venue it is.
    public var mode: String
    /// Of every symbol that was traded.
    public var positions: [RemotePosition]
    /// Of every asset.
    public var balances: [RemoteBalance]
}

/// A position with what it is worth; texts are empty where nothing is known.
public struct RemotePosition: Hashable, Sendable, Encodable {
    /// Such as `BTCUSDT`.
    public var symbol: String
    /// In the base asset.
    public var quantity: String
    /// What it was bought at.
    public var averagePrice: String
    /// The market's, in the quote asset; as new as the gateway's own view of the market.
    public var markPrice: String
    /// In the quote asset, fees excepted.
    public var realizedProfit: String
    /// At the mark price, in the quote asset.
    public var unrealizedProfit: String
    /// What its trades cost, by asset.
    public var fees: [RemoteFee]
    /// How many trades made it.
    public var fillCount: UInt64
    /// A remainder that is too small for the venue to take an order of it.
    public var isDust: Bool
}

/// Fees paid in one asset.
public struct RemoteFee: Hashable, Sendable, Encodable {
    /// Such as `BNB`.
    public var asset: String
    /// Paid in it.
    public var amount: String
}

/// One asset of the account.
public struct RemoteBalance: Hashable, Sendable, Encodable {
    /// Such as `USDT`.
    public var asset: String
    /// Free and reserved.
    public var total: String
    /// By open orders.
    public var reserved: String
    /// For new orders.
    public var available: String
}

/// The kill switch and what it could not confirm yet.
public struct RemoteKillSwitch: Hashable, Sendable, Encodable {
    /// Whether new orders are refused.
    public var isEngaged: Bool
    /// How far it goes; empty while released.
    public var level: String
    /// Why it was set as it is.
    public var reason: String
    /// Who did it.
    public var changedBy: String
    /// When, in nanoseconds since 1970-01-01 UTC.
    public var since: Int64
    /// Whether it would survive a crash now.
    public var isDurable: Bool
    /// Orders that were on their way when it was pulled.
    public var inFlightOrderIDs: [UInt64]
    /// Orders that are open still.
    public var openOrderIDs: [UInt64]
    /// Orders that it cancelled.
    public var canceledCount: UInt64
    /// Orders whose end the venue has not confirmed.
    public var unconfirmedOrderIDs: [UInt64]
    /// How far it has come at each exchange.
    public var venues: [RemoteKillProgress]
    /// Whether all that its level asks for is done and confirmed.
    public var isDone: Bool
}

/// How far the kill switch has come at one exchange.
public struct RemoteKillProgress: Hashable, Sendable, Encodable {
    /// Whose exchange it is.
    public var mode: String
    /// Nanoseconds; zero until a reading confirmed that no order of ours is open.
    public var zeroSince: Int64
    /// Of the positions that are being closed.
    public var closings: [RemoteClosing]
}

/// How far one position is closed.
public struct RemoteClosing: Hashable, Sendable, Encodable {
    /// Of the position.
    public var symbol: String
    /// What is held still, in the base asset.
    public var quantity: String
    /// `closing`, `closed` or `left`.
    public var status: String
    /// Why it is left, in words.
    public var reason: String
    /// Orders that were placed for it.
    public var orderCount: UInt64
}

/// The orders that wait for a person.
public struct RemoteApprovals: Hashable, Sendable, Encodable {
    /// Oldest first.
    public var orders: [RemoteHeldOrder]
    /// Nanoseconds since 1970-01-01 UTC; zero while codes are looked at.
    public var codesLockedUntil: Int64
}

/// An order that waits for a person.
public struct RemoteHeldOrder: Hashable, Sendable, Encodable {
    /// The order; its refusal says what it waits for.
    public var order: RemoteOrder
    /// When it is refused unless somebody decides, in nanoseconds since 1970-01-01 UTC.
    public var expiresAt: Int64
}

/// Whether the server takes orders.
public struct RemoteHealth: Hashable, Sendable, Encodable {
    /// Whether it takes orders.
    public var isReady: Bool
    /// Why not, in words.
    public var notReadyReasons: [String]
    /// How far orders go.
    public var mode: String
    /// Of the server.
    public var version: String
    /// Of the newest event.
    public var journalSequence: UInt64
    /// Orders that are not over.
    public var openOrderCount: UInt64
    /// Orders whose fate is being found out.
    public var unknownOrderCount: UInt64
    /// Nanoseconds since 1970-01-01 UTC.
    public var startedAt: Int64
    /// Callers since the start that could not show who they are: no good token, or no good TLS.
    public var authenticationFailureCount: UInt64
    /// What a person should look at now.
    public var alerts: [RemoteAlert]
}

/// Something that a person should look at.
public struct RemoteAlert: Hashable, Sendable, Encodable {
    /// Such as `needs_operator`; stable.
    public var kind: String
    /// In words.
    public var message: String
}
