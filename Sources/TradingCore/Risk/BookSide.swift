/// The levels of the book that an order on one side trades with, as far as the venue tells them.
package struct BookSide: Hashable, Sendable {
    /// So many levels of each side are told at most; where there are fewer, these are all.
    package static let levelsMax = 20

    /// Whom they are for: a buy meets asks.
    package var side: Side
    /// The best one first.
    package var levels: [DepthLevel]

    package init(for side: Side, _ levels: [DepthLevel]) {
        self.side = side
        self.levels = levels
    }

    /// What stands there up to an edge.
    package struct Room: Hashable, Sendable {
        /// In the base asset.
        package var quantity = Amount.zero
        /// What that costs, or brings.
        package var notional = Notional.zero
        /// Whether there is no more of it: the levels that are told reach beyond the edge, or are
        /// all that there are.
        package var isAll = true
    }

    /// What can be traded at prices no worse than an edge.
    ///
    /// - Parameters:
    ///   - edge: The worst price that counts.
    ///   - best: The best price of now: a level that is better is of a moment ago and counts at
    ///     this one.
    /// - Returns: The sums, at most what their types hold.
    package func room(upTo edge: Price, best: Price) -> Room {
        var room = Room()
        for level in self.levels {
            guard !self.isWorse(level.price, than: edge) else { return room }
            room.quantity += level.quantity.amount
            room.notional = room.notional.adding(self.worse(level.price, best) * level.quantity)
        }
        room.isAll = self.levels.count < Self.levelsMax
        return room
    }

    /// What an order of a quantity costs: level by level, and what they do not hold at the edge.
    package func cost(of quantity: Quantity, upTo edge: Price, best: Price) -> Notional {
        var (rest, cost) = (quantity, Notional.zero)
        for level in self.levels {
            guard rest.isPositive, !self.isWorse(level.price, than: edge) else { break }
            let taken = min(rest, level.quantity)
            cost += self.worse(level.price, best) * taken
            rest -= taken
        }
        return cost + edge * rest
    }

    private func isWorse(_ price: Price, than edge: Price) -> Bool {
        self.side == .buy ? price > edge : price < edge
    }

    private func worse(_ price: Price, _ other: Price) -> Price {
        self.side == .buy ? max(price, other) : min(price, other)
    }
}

/// What stands in the book of a symbol, and when that was learned.
struct KnownDepth: Hashable, Sendable {
    var bids: [DepthLevel]
    var asks: [DepthLevel]
    var at: MonotonicTime

    init(_ report: DepthReport, at time: MonotonicTime) {
        // An order that is not known to be in the book must not be counted on.
        self.bids = Array(report.bids.prefix(BookSide.levelsMax))
        self.asks = Array(report.asks.prefix(BookSide.levelsMax))
        self.at = time
    }

    func side(for side: Side) -> BookSide {
        BookSide(for: side, side == .buy ? self.asks : self.bids)
    }
}

extension RiskContext {
    /// What a market buy costs by the levels of the book; nil where they are not known.
    ///
    /// A sale is worth what it brings at the best price: more than that it never brings.
    var bookCost: Notional? {
        guard let book = self.book, self.terms.side == .buy, self.terms.quoteQuantity == nil,
            self.terms.quantity.isPositive, let best = self.quote?.ask,
            let edge = self.marketEdge(from: best)
        else { return nil }
        return book.cost(of: self.terms.quantity, upTo: edge, best: best)
    }

    /// What one unit of that costs on average, rounded up, so that what is held back for the order
    /// is never less than its levels cost.
    var bookPrice: Price? {
        self.bookCost.flatMap { cost in
            let quantity = Int128(self.terms.quantity.raw)
            return Int64(exactly: cost.raw.divided(by: quantity, rounding: .up))
                .map(Price.init(raw:))
        }
    }

    /// Up to where a market buy is judged: the collar's edge, or where there is none what the
    /// limits assume.
    func marketEdge(from best: Price) -> Price? {
        let slippage = self.bound.priceCollarMillionths ?? self.limits.marketSlippageMillionths
        return best.scaled(by: 1_000_000 + slippage, over: 1_000_000, rounding: .up)
    }
}

extension Checks {
    /// A market order that the book cannot fill within the collar would fill beyond it.
    ///
    /// Only where the levels of the book are known, and known to be all that the collar holds.
    static func bookWithinCollar(_ context: RiskContext, _ collar: Int64) -> Refusal? {
        let side = context.terms.side
        guard case .market = context.terms.type, let book = context.book,
            let rules = context.rules, let best = context.quote?.best(for: side),
            let edge = best.edge(of: collar, for: side)
        else { return nil }
        let room = book.room(upTo: edge, best: best)
        guard room.isAll else { return nil }
        let text = "of \(context.terms.symbol) within the collar, which ends at \(edge)"
        if let quoteQuantity = context.terms.quoteQuantity {
            guard Notional(quoteQuantity) > room.notional else { return nil }
            let held = room.notional.amount(rounding: .down)
            return Refusal(
                .priceCollar,
                limit: "\(held)",
                actual: "\(quoteQuantity)",
                message: "The book holds \(held) \(rules.quoteAsset) \(text).",
                permitted: held.isPositive ? "a quote quantity of at most \(held)" : ""
            )
        }
        guard context.terms.quantity.amount > room.quantity else { return nil }
        return Refusal(
            .priceCollar,
            limit: "\(room.quantity)",
            actual: "\(context.terms.quantity)",
            message: "The book holds \(room.quantity) \(rules.baseAsset) \(text).",
            permitted: Self.permitted(
                Quantity(clamping: room.quantity).roundedDown(to: rules.stepSize),
                rules
            )
        )
    }
}

extension Price {
    /// Where a collar around this price ends on an order's harmful side; nil beyond all numbers.
    ///
    /// Within the collar to the last digit: an edge between two prices is rounded inwards.
    func edge(of collarMillionths: Int64, for side: Side) -> Price? {
        let shift = side == .buy ? collarMillionths : -collarMillionths
        return self.scaled(
            by: 1_000_000 + shift,
            over: 1_000_000,
            rounding: side == .buy ? .down : .up
        )
    }
}
