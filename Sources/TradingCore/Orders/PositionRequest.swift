/// What a caller wants of a position; the order that it takes is decided when it is asked for.
package enum PositionGoal: Hashable, Sendable, CustomStringConvertible {
    /// All that can be sold is sold.
    case close
    /// A share of the position is sold, at most what can be.
    case closeShare(PositionShare)
    /// So much of the position is sold.
    case closeQuantity(Quantity)
    /// The position becomes this, counting orders of ours that are open.
    case reach(Quantity)

    /// Whether the order must not do more than shrink the position.
    func isReduceOnly(_ side: Side) -> Bool {
        switch self {
        case .close, .closeShare, .closeQuantity: true
        case .reach: side == .sell
        }
    }

    package var description: String {
        switch self {
        case .close: "close"
        case .closeShare(let share): "close \(share) of it"
        case .closeQuantity(let quantity): "close \(quantity)"
        case .reach(let quantity): "reach \(quantity)"
        }
    }
}

/// A part of a position, above zero and at most one.
package struct PositionShare: ExactDecimal {
    package static var fractionDigits: Int { 8 }
    package let raw: Int64

    package init(raw: Int64) { self.raw = raw }

    func of(_ amount: Amount) -> Amount {
        amount.scaled(by: self.raw, over: 100_000_000, rounding: .down)
    }
}

/// A client's wish for a position, as it came through the door.
package struct PositionRequest: Hashable, Sendable {
    package var symbol: Symbol
    package var goal: PositionGoal
    package var principal: Principal
    /// Nil where the caller gave none.
    package var key: IdempotencyKey?
    /// It is refused when the gateway is in another mode.
    package var expectedMode: TradingMode?
    /// Carried through for the caller; empty where not given.
    package var tag: String
    /// The strategy that the order belongs to; empty where not given.
    package var strategy: String
    /// Over which it came; 0 for none.
    package var connection: UInt64 = 0

    package init(
        symbol: Symbol,
        goal: PositionGoal,
        principal: Principal,
        key: IdempotencyKey? = nil,
        expectedMode: TradingMode? = nil,
        tag: String = "",
        strategy: String = ""
    ) {
        self.symbol = symbol
        self.goal = goal
        self.principal = principal
        self.key = key
        self.expectedMode = expectedMode
        self.tag = tag
        self.strategy = strategy
    }

    /// The market order that takes the position there.
    func order(_ side: Side, _ quantity: Quantity) -> OrderRequest {
        var wish = OrderRequest(
            terms: OrderTerms(
                symbol: self.symbol,
                side: side,
                type: .market,
                quantity: quantity
            ),
            principal: self.principal,
            key: self.key,
            expectedMode: self.expectedMode,
            tag: self.tag,
            strategy: self.strategy
        )
        wish.goal = self.goal
        wish.connection = self.connection
        return wish
    }
}

/// A position that is what it was wanted to be: there is nothing to do.
package struct PositionReached: Hashable, Sendable {
    package var symbol: Symbol
    package var held: Amount
    /// What open orders of ours still buy, less what they sell; those that wait for a price do not
    /// count.
    package var pending: Amount

    package var message: String {
        let orders =
            self.pending.isZero ? "" : ", and open orders make \(self.pending) more of it"
        return "There is nothing to do: the position in \(self.symbol) is \(self.held)\(orders)."
    }
}
