extension RiskLimits {
    /// Limits that can never be reached, because another one binds before; for people, at start.
    package var warnings: [String] {
        var warnings: [String] = []
        func check(_ name: String, _ value: Amount?, above other: String, _ bound: Amount?) {
            guard let value, let bound, value > bound else { return }
            warnings.append("\(name) of \(value) is never reached: \(other) is \(bound)")
        }
        func check(_ name: String, _ value: Int64?, above other: String, _ bound: Int64?) {
            check(name, value.map(Self.amount), above: other, bound.map(Self.amount))
        }
        let order = "order_notional_max"
        check(
            order,
            self.orderNotionalMax,
            above: "position_notional_max",
            self.positionNotionalMax
        )
        check(
            order,
            self.orderNotionalMax,
            above: "exposure_notional_max",
            self.exposureNotionalMax
        )
        check(
            "position_notional_max",
            self.positionNotionalMax,
            above: "exposure_notional_max",
            self.exposureNotionalMax
        )
        check(
            "position_share_max",
            self.positionShareMillionths,
            above: "exposure_share_max",
            self.exposureShareMillionths
        )
        check(
            "exposure_share_max",
            self.exposureShareMillionths,
            above: "one less cash_share_min",
            self.cashShareMillionths.map { 1_000_000 - $0 }
        )
        for (symbol, limits) in self.bySymbol.sorted(by: { $0.key < $1.key }) {
            check(
                "order_notional_max of \(symbol)",
                limits.orderNotionalMax,
                above: "that of all symbols",
                self.orderNotionalMax
            )
            check(
                "position_notional_max of \(symbol)",
                limits.positionNotionalMax,
                above: "that of all symbols",
                self.positionNotionalMax
            )
        }
        for (name, limits) in self.byStrategy.sorted(by: { $0.key < $1.key }) {
            check(
                "order_notional_max of strategy \(name)",
                limits.orderNotionalMax,
                above: "that of all strategies",
                self.orderNotionalMax
            )
        }
        if let count = self.openPositionsMax {
            let many = Int64(count)
            check(
                "exposure_notional_max",
                self.exposureNotionalMax,
                above: "what \(count) positions may be worth together",
                self.positionNotionalMax.map { $0.scaled(by: many, over: 1, rounding: .down) }
            )
            check(
                "exposure_share_max",
                self.exposureShareMillionths,
                above: "what \(count) positions may be worth together",
                self.positionShareMillionths.map { $0 * many }
            )
        }
        return warnings
    }

    /// Millionths as a number.
    private static func amount(_ millionths: Int64) -> Amount {
        Amount(raw: Int128(millionths) * 100)
    }
}
