// What the stop-loss of an order that may grow a position bounds: that there is one, and what is
// lost where it is reached.

extension Checks {
    /// What grows a position must say where its loss is cut, where that is demanded.
    static func stopLossRequired(_ context: RiskContext) -> Refusal? {
        let symbol = context.terms.symbol
        guard context.bound.requiresStopLoss,
            !context.isReducing, context.exits?.stopLoss == nil
        else { return nil }
        return Refusal(
            .stopLossRequired,
            limit: "a stop-loss",
            actual: "none",
            message: "The order would grow the position in \(symbol) and has no stop-loss.",
            permitted: context.terms.side == .buy ? "the same order with a stop-loss" : ""
        )
    }

    /// What an order that grows a position may lose, as a share of equity.
    ///
    /// From its worst price to its stop's, with the fees of both trades; without a stop-loss that
    /// is all of it.
    static func riskPerTrade(_ context: RiskContext) -> Refusal? {
        guard let share = context.bound.riskShareMillionths, !context.isReducing else { return nil }
        guard let equity = context.account.equity, let rules = context.rules,
            let price = context.worstPrice
        else { return Self.unvalued(.riskPerTrade) }
        let room = max(equity, .zero).scaled(by: share, over: 1_000_000, rounding: .down)
        let risk = TradeRisk(
            entry: price,
            stop: context.exits?.stopLoss?.worstPrice ?? .zero,
            feeMillionths: context.limits.feeReserveMillionths
        )
        guard let loss = risk.loss(of: context.terms.quantity), loss <= Notional(room) else {
            return Refusal(
                .riskPerTrade,
                limit: "\(room)",
                actual: risk.loss(of: context.terms.quantity)?.description ?? "beyond all numbers",
                message: "At its stop-loss the order would lose more than \(room) "
                    + "\(rules.quoteAsset), fees included"
                    + (context.exits?.stopLoss == nil ? "; it has none." : "."),
                permitted: Self.permitted(
                    risk.largest(within: room)?.roundedDown(to: rules.stepSize),
                    rules
                )
            )
        }
        return nil
    }
}

/// What one unit of an order loses between two prices, fees of both trades included.
struct TradeRisk: Hashable, Sendable {
    /// In the quote asset, in millionths of a price's unit.
    private let lossByUnit: Int128

    init(entry: Price, stop: Price, feeMillionths: Int64) {
        let (entry, stop) = (Int128(entry.raw), Int128(stop.raw))
        self.lossByUnit =
            max(0, entry - stop) * 1_000_000 + Int128(feeMillionths) * (entry + stop)
    }

    /// Rounded up; nil beyond all numbers.
    func loss(of quantity: Quantity) -> Notional? {
        let (product, isBeyond) = self.lossByUnit.multipliedReportingOverflow(
            by: Int128(quantity.raw)
        )
        return isBeyond ? nil : Notional(raw: product.divided(by: 1_000_000, rounding: .up))
    }

    /// The largest quantity that loses no more than an amount; nil where any does.
    func largest(within room: Amount) -> Quantity? {
        let (raw, isBeyond) = Notional(room).raw.multipliedReportingOverflow(by: 1_000_000)
        guard !isBeyond, self.lossByUnit > 0 else { return nil }
        return Int64(exactly: raw / self.lossByUnit).map(Quantity.init(raw:))
    }
}

extension ExitTerms.StopLoss {
    /// What it is expected to sell for.
    var worstPrice: Price { self.limitPrice ?? self.stopPrice }
}
