extension OrderTerms {
    /// The same with the quantity that a quote quantity comes to at most, as far as can be told
    /// from the best prices; zero where they are not known.
    ///
    /// A buy spends no more than its amount: at the best ask that buys the most. A sale brings its
    /// amount, and may need more for it by the slippage.
    ///
    /// - Parameters:
    ///   - quote: The best prices.
    ///   - rules: Those of the symbol, whose step the quantity is a multiple of.
    ///   - slippageMillionths: How much worse than the best price a sale is assumed to fill.
    /// - Returns: The terms to judge and to reserve by; the same where they have a quantity.
    @inline(__always)
    func sized(
        at quote: Quote?,
        _ rules: Shared<SymbolRules>?,
        slippageMillionths: Int64
    ) -> OrderTerms {
        guard let quoteQuantity = self.quoteQuantity else { return self }
        return self.sized(quoteQuantity, at: quote, rules?.value, slippageMillionths)
    }

    private func sized(
        _ quoteQuantity: Amount,
        at quote: Quote?,
        _ rules: SymbolRules?,
        _ slippageMillionths: Int64
    ) -> OrderTerms {
        var sized = self
        sized.quantity = .zero
        guard let rules, var price = quote?.best(for: self.side) else { return sized }
        if self.side == .sell {
            price =
                price.scaled(
                    by: max(0, 1_000_000 - slippageMillionths),
                    over: 1_000_000,
                    rounding: .down
                ) ?? price
        }
        guard price.isPositive else { return sized }
        let base = Notional(quoteQuantity).raw.divided(by: Int128(price.raw), rounding: .up)
        let step = Int128(max(rules.stepSize.raw, 1))
        let whole = base.divided(by: step, rounding: .up) * step
        sized.quantity = Quantity(raw: Int64(clamping: whole))
        return sized
    }
}
