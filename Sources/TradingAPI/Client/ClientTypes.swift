package import TradingCore

/// What a client sends to place one order; decimals are exact text, such as `0.5`.
package struct OrderWish: Hashable, Sendable {
    package var symbol: String
    package var side: Side
    package var quantity: String
    /// Market orders: how much of the quote asset; then the quantity is empty.
    package var quoteQuantity: String?
    package var limitPrice: String?
    /// What the order waits for.
    package var stopPrice: String?
    /// Where not given: a stop loss where there is a stop price, with or without a limit price;
    /// else a limit order where there is a limit price; else a market order.
    package var type: VenueOrderType?
    package var timeInForce: TimeInForce?
    package var idempotencyKey: String?
    package var expectedMode: TradingMode?
    package var tag: String?
    package var strategy: String?
    /// Placed once more, as a new order, where its absence at the venue is proven.
    package var resubmitsIfAbsent = false
    /// The price at which what is bought is sold again, to cut a loss.
    package var stopLossPrice: String?
    /// What it is sold for at least then.
    package var stopLossLimit: String?
    /// The price at which what is bought is sold again for a profit, and at least.
    package var takeProfitPrice: String?

    package init(symbol: String, side: Side, quantity: String) {
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
    }

    /// The type, also where it is not given.
    package var impliedType: VenueOrderType {
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
package struct RemoteOrder: Hashable, Sendable, Encodable {
    package var orderID: UInt64
    package var clientOrderID: String
    /// 0 while the venue has not named it.
    package var venueOrderID: Int64
    package var mode: String
    package var symbol: String
    package var side: String
    package var type: String
    package var timeInForce: String
    package var quantity: String
    package var price: String
    package var status: String
    package var filledQuantity: String
    package var filledNotional: String
    package var averagePrice: String
    package var fills: [RemoteFill]
    package var refusal: RemoteRefusal?
    package var reason: String
    package var isCancelPending: Bool
    package var tag: String
    /// Nanoseconds since 1970-01-01 UTC.
    package var createdAt: Int64
    package var updatedAt: Int64
    /// The order in whose place this one was put; 0 for none.
    package var predecessorOrderID: UInt64
    /// The order that was put in this one's place; 0 for none.
    package var successorOrderID: UInt64
    package var isAmendPending: Bool
    /// What was asked for, where the risk gate made the order smaller; else empty.
    package var originalQuantity: String
    package var strategy: String
    /// What it waits, or waited, for; empty where nothing.
    package var stopPrice: String
    /// What was asked for in the quote asset; empty where a quantity was.
    package var quoteQuantity: String
    /// The exits that are attached to it; empty where none.
    package var stopLossPrice: String
    package var stopLossLimit: String
    package var takeProfitPrice: String
    /// The order whose fills this one closes, where it is an exit; 0 for none.
    package var entryOrderID: UInt64
}

/// One trade of an order.
package struct RemoteFill: Hashable, Sendable, Encodable {
    package var tradeID: Int64
    package var price: String
    package var quantity: String
    package var fee: String
    package var feeAsset: String
    package var isMaker: Bool
    package var time: Int64
}

/// Why the server did not do what was asked.
package struct RemoteRefusal: Error, Hashable, Sendable, Encodable {
    package var rule: String
    package var limit: String
    package var actual: String
    package var message: String
    /// Empty where nothing would have passed.
    package var permitted: String
}

/// What the current mode's venue holds.
package struct RemotePositions: Hashable, Sendable, Encodable {
    package var mode: String
    package var positions: [RemotePosition]
    package var balances: [RemoteBalance]
}

/// A position with what it is worth; texts are empty where nothing is known.
package struct RemotePosition: Hashable, Sendable, Encodable {
    package var symbol: String
    package var quantity: String
    package var averagePrice: String
    package var markPrice: String
    package var realizedProfit: String
    package var unrealizedProfit: String
    package var fees: [RemoteFee]
    package var fillCount: UInt64
    /// A remainder that is too small for the venue to take an order of it.
    package var isDust: Bool
}

/// Fees paid in one asset.
package struct RemoteFee: Hashable, Sendable, Encodable {
    package var asset: String
    package var amount: String
}

/// One asset of the account.
package struct RemoteBalance: Hashable, Sendable, Encodable {
    package var asset: String
    package var total: String
    package var reserved: String
    package var available: String
}

/// The mode and who set it.
package struct RemoteMode: Hashable, Sendable, Encodable {
    package var mode: String
    package var since: Int64
    package var changedBy: String
    package var reason: String
    /// The last changes, newest first.
    package var history: [RemoteModeChange]
}

/// A change of the mode.
package struct RemoteModeChange: Hashable, Sendable, Encodable {
    package var mode: String
    package var since: Int64
    package var changedBy: String
    package var reason: String
}

/// The kill switch and what it could not confirm yet.
package struct RemoteKillSwitch: Hashable, Sendable, Encodable {
    package var isEngaged: Bool
    package var level: String
    package var reason: String
    package var changedBy: String
    package var since: Int64
    package var isDurable: Bool
    package var inFlightOrderIDs: [UInt64]
    package var openOrderIDs: [UInt64]
    package var canceledCount: UInt64
    package var unconfirmedOrderIDs: [UInt64]
    package var venues: [RemoteKillProgress]
    package var isDone: Bool
}

/// How far the kill switch has come at one exchange.
package struct RemoteKillProgress: Hashable, Sendable, Encodable {
    package var mode: String
    /// Nanoseconds; zero until a reading confirmed that no order of ours is open.
    package var zeroSince: Int64
    package var closings: [RemoteClosing]
}

/// How far one position is closed.
package struct RemoteClosing: Hashable, Sendable, Encodable {
    package var symbol: String
    package var quantity: String
    /// `closing`, `closed` or `left`.
    package var status: String
    package var reason: String
    package var orderCount: UInt64
}

/// The orders that wait for a person.
package struct RemoteApprovals: Hashable, Sendable, Encodable {
    /// Oldest first.
    package var orders: [RemoteHeldOrder]
    /// Nanoseconds; zero while codes are looked at.
    package var codesLockedUntil: Int64
}

/// An order that waits for a person.
package struct RemoteHeldOrder: Hashable, Sendable, Encodable {
    package var order: RemoteOrder
    /// Nanoseconds since 1970-01-01 UTC.
    package var expiresAt: Int64
}

/// Whether the server takes orders.
package struct RemoteHealth: Hashable, Sendable, Encodable {
    package var isReady: Bool
    package var notReadyReasons: [String]
    package var mode: String
    package var version: String
    package var journalSequence: UInt64
    package var openOrderCount: UInt64
    package var unknownOrderCount: UInt64
    package var startedAt: Int64
    /// Callers since the start that could not show who they are: no good token, or no good TLS.
    package var authenticationFailureCount: UInt64
    /// What a person should look at now.
    package var alerts: [RemoteAlert]
}

/// Something that a person should look at.
package struct RemoteAlert: Hashable, Sendable, Encodable {
    /// Such as `needs_operator`; stable.
    package var kind: String
    package var message: String
}
