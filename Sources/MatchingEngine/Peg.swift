import TradingCore

/// How an order takes its price from the book at the moment when it enters it.
///
/// It is a one-time pick: the order does not follow the book afterwards.
package struct Peg: Hashable, Sendable {
    /// Which side of the book gives the price; raw values are the venue's names.
    package enum Reference: String, Hashable, Sendable {
        /// The order's own side.
        case primary = "PRIMARY_PEG"
        /// The other side.
        case market = "MARKET_PEG"
    }

    /// Which side gives the price.
    package var reference: Reference
    /// How many levels behind the best one the price is taken, or nil where none was sent.
    package var offset: Int?

    /// The most levels that an offset may have.
    package static let offsetMax = 100

    /// A peg to a side of the book.
    package init(reference: Reference, offset: Int?) {
        self.reference = reference
        self.offset = offset
    }
}

extension Market {
    /// Why a pegged order of these terms cannot exist; nil where it can, or is not pegged.
    func refusalOfPeg(_ terms: NewOrder) -> EngineRefusal? {
        guard let peg = terms.peg else { return nil }
        switch terms.type {
        case .market, .stopLoss, .takeProfit: return .pegNotAllowed
        case .limitMaker: return peg.reference == .primary ? nil : .pegNotForType
        case .limit, .stopLossLimit, .takeProfitLimit:
            let isWrong = peg.reference == .primary && terms.timeInForce != .goodTillCanceled
            return isWrong ? .pegNotForType : nil
        }
    }

    /// The price that the book gives to a pegged order now, or nil where it is too thin.
    func peggedPrice(_ terms: NewOrder) -> Price? {
        guard let peg = terms.peg else { return nil }
        let side = peg.reference == .primary ? terms.side : terms.side.opposite
        let levels = self.book.levels(side)
        let index = levels.count - 1 - (peg.offset ?? 0)
        return index >= 0 ? levels[index].price : nil
    }

    /// Gives a pegged order a price to be checked with: the book's where it enters the book now,
    /// else one near to what it will get.
    func priced(_ terms: NewOrder, at time: WallTime) -> (terms: NewOrder, refusal: EngineRefusal?)
    {
        guard terms.peg != nil else { return (terms, nil) }
        if let refusal = self.refusalOfPeg(terms) { return (terms, refusal) }
        if terms.price.isPositive, let refusal = self.check(terms, at: time) {
            return (terms, refusal)
        }
        var priced = terms
        if terms.type.isAlgorithmic {
            if !terms.price.isPositive {
                priced.price = terms.stopPrice.isPositive ? terms.stopPrice : self.lastPrice
            }
            return (priced, nil)
        }
        guard let price = self.peggedPrice(terms) else { return (terms, .pegTooThin) }
        priced.price = price
        return (priced, nil)
    }

    /// Picks the price of a pegged order that has waited; false where that cannot be.
    mutating func pickPrice(
        _ order: inout BookOrder,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> Bool {
        guard order.terms.peg != nil else { return true }
        guard let price = self.peggedPrice(order.terms) else { return false }
        order.terms.price = price
        guard self.check(order.terms, at: time) == nil else { return false }
        events.append(.pegged(order.id, price: price))
        return true
    }

    /// Picks the price of a triggered pegged order, and locks what it then needs in place of what
    /// it held; false where that cannot be.
    mutating func repeg(
        _ order: inout BookOrder,
        _ ledger: inout Ledger,
        _ events: inout [EngineEvent],
        at time: WallTime
    ) -> Bool {
        guard order.terms.peg != nil else { return true }
        let paying = self.paying(order.terms.side)
        ledger.unlock(order.locked, of: paying, by: order.terms.account)
        order.locked = .zero
        guard self.pickPrice(&order, &events, at: time),
            ledger.lock(order.lockNeeded, of: paying, by: order.terms.account)
        else { return false }
        order.locked = order.lockNeeded
        return true
    }
}
