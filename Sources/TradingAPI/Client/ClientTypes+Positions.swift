package import TradingCore

/// What a client wants of a position; decimals are exact text, such as `0.5`.
package struct PositionWish: Hashable, Sendable {
    /// What is to become of it.
    package enum Goal: Hashable, Sendable {
        /// All that can be sold is sold.
        case close
        /// A share of it, such as `0.5`, is sold.
        case closeShare(String)
        case closeQuantity(String)
        /// It becomes this.
        case adjust(to: String)
    }

    package var symbol: String
    package var goal: Goal
    package var idempotencyKey: String?
    package var expectedMode: TradingMode?
    package var tag: String?
    package var strategy: String?

    package init(symbol: String, goal: Goal) {
        self.symbol = symbol
        self.goal = goal
    }
}

/// What became of a wish for a position: an order, or nothing.
package struct RemotePositionChange: Hashable, Sendable, Encodable {
    /// Nil where there was nothing to do.
    package var order: RemoteOrder?
    package var isRepeat: Bool
    package var nothingToDo: RemoteNothingToDo?
}

/// A position that is what it was to be.
package struct RemoteNothingToDo: Hashable, Sendable, Encodable {
    package var positionQuantity: String
    package var pendingQuantity: String
    package var message: String
}

/// A session whose orders are cancelled when its connections are lost.
package struct RemoteSession: Hashable, Sendable, Encodable {
    /// Whether it was there before the call.
    package var isResumed: Bool
    /// Its open orders.
    package var orderIDs: [UInt64]
}
