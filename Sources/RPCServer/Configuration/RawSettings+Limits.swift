import TradingCore

extension RawSettings {
    /// Reads our own bounds on orders and positions; each that is not given is switched off.
    mutating func bound(_ limits: inout RiskLimits) {
        limits.positionNotionalMax = self.notional("limits.position_notional_max")
        limits.exposureNotionalMax = self.notional("limits.exposure_notional_max")
        limits.priceCollarMillionths = self.collar("limits.price_collar")
        limits.sensitiveNotional = self.notional("limits.sensitive_notional")
        limits.orderRate = self.orderRate()
        for symbol in limits.allowedSymbols {
            let section = "limits.symbols.\(symbol)"
            guard self.has(section: section) else { continue }
            var ofSymbol = SymbolLimits()
            ofSymbol.orderNotionalMax = self.notional("\(section).order_notional_max")
            ofSymbol.positionNotionalMax = self.notional("\(section).position_notional_max")
            ofSymbol.sensitiveNotional = self.notional("\(section).sensitive_notional")
            ofSymbol.priceCollarMillionths = self.collar("\(section).price_collar")
            ofSymbol.orderQuantityMax = self.optional(
                "\(section).order_quantity_max",
                expected: "an amount of the base asset above zero"
            ) { text in
                (try? Quantity(text)).flatMap { $0.isPositive ? $0 : nil }
            }
            limits.bySymbol[symbol] = ofSymbol
        }
    }

    /// A value that may be left out.
    private mutating func optional<Parsed>(
        _ name: String,
        expected: String,
        parse: (String) -> Parsed?
    ) -> Parsed? {
        let value = self.value(name, default: Parsed??.some(nil), expected: expected) { text in
            parse(text).map(Optional.some)
        }
        return value ?? nil
    }

    private mutating func notional(_ name: String) -> Amount? {
        self.optional(name, expected: "an amount of the quote asset above zero") { text in
            (try? Amount(text)).flatMap { $0.isPositive ? $0 : nil }
        }
    }

    private mutating func collar(_ name: String) -> Int64? {
        self.optional(name, expected: Self.shareExpected, parse: Self.millionths)
    }

    private mutating func orderRate() -> OrderRate? {
        let range = 1...10_000
        let countMax = self.optional(
            "limits.order_rate_max",
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
        let interval = self.milliseconds(
            "limits.order_rate_interval_ms",
            default: 1_000,
            in: 10...86_400_000
        )
        return countMax.map { OrderRate(countMax: $0, intervalMilliseconds: interval) }
    }
}
