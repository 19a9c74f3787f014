import TradingCore

extension RawSettings {
    /// Reads our own bounds on orders and positions; each that is not given is switched off.
    mutating func bound(_ limits: inout RiskLimits) {
        limits.positionNotionalMax = self.notional("limits.position_notional_max")
        limits.exposureNotionalMax = self.notional("limits.exposure_notional_max")
        limits.priceCollarMillionths = self.share("limits.price_collar")
        limits.sensitiveNotional = self.notional("limits.sensitive_notional")
        self.boundShares(&limits)
        self.boundRate(&limits)
        self.boundStrategies(&limits)
        self.bound(&limits.loss)
        for symbol in limits.allowedSymbols {
            let section = "limits.symbols.\(symbol)"
            guard self.has(section: section) else { continue }
            var ofSymbol = SymbolLimits()
            ofSymbol.orderNotionalMax = self.notional("\(section).order_notional_max")
            ofSymbol.positionNotionalMax = self.notional("\(section).position_notional_max")
            ofSymbol.sensitiveNotional = self.notional("\(section).sensitive_notional")
            ofSymbol.priceCollarMillionths = self.share("\(section).price_collar")
            ofSymbol.requiresStopLoss = self.flag("\(section).stop_loss_required")
            ofSymbol.riskShareMillionths = self.share("\(section).risk_per_trade_max")
            ofSymbol.orderQuantityMax = self.optional(
                "\(section).order_quantity_max",
                expected: "an amount of the base asset above zero"
            ) { text in
                (try? Quantity(text)).flatMap { $0.isPositive ? $0 : nil }
            }
            limits.bySymbol[symbol] = ofSymbol
        }
    }

    /// Reads what is a share of equity, and what bounds an account as a whole.
    private mutating func boundShares(_ limits: inout RiskLimits) {
        limits.positionShareMillionths = self.share("limits.position_share_max")
        limits.exposureShareMillionths = self.share("limits.exposure_share_max")
        limits.cashShareMillionths = self.share("limits.cash_share_min")
        limits.requiresStopLoss = self.flag("limits.stop_loss_required") ?? false
        limits.riskShareMillionths = self.share("limits.risk_per_trade_max")
        limits.openPositionsMax = self.optionalCount("limits.open_positions_max", in: 1...10_000)
        limits.duplicateMilliseconds = self.optionalCount(
            "limits.duplicate_order_ms",
            in: 1...86_400_000
        ).map(Int64.init)
        limits.ordersPerDayMax = self.optionalCount("limits.orders_per_day_max", in: 1...1_000_000)
        let names = ExceedAction.allCases.map(\.name).joined(separator: ", ")
        limits.onPositionExceeded =
            self.value(
                "limits.on_position_exceeded",
                default: limits.onPositionExceeded,
                expected: "one of \(names)",
                parse: ExceedAction.init(name:)
            ) ?? limits.onPositionExceeded
    }

    private mutating func boundStrategies(_ limits: inout RiskLimits) {
        for name in self.names(below: "limits.strategies") {
            let section = "limits.strategies.\(name)"
            var ofStrategy = StrategyLimits()
            ofStrategy.orderNotionalMax = self.notional("\(section).order_notional_max")
            ofStrategy.orderRateMax = self.optionalCount(
                "\(section).order_rate_max",
                in: OrderRate.countRange
            )
            ofStrategy.positionNotionalMax = self.notional("\(section).position_notional_max")
            ofStrategy.exposureNotionalMax = self.notional("\(section).exposure_notional_max")
            ofStrategy.requiresStopLoss = self.flag("\(section).stop_loss_required")
            ofStrategy.riskShareMillionths = self.share("\(section).risk_per_trade_max")
            ofStrategy.dailyLossMax = self.notional("\(section).daily_loss_max")
            ofStrategy.onDailyLoss = self.action("\(section).on_daily_loss", .disable)
            limits.byStrategy[name] = ofStrategy
        }
    }

    private mutating func optionalCount(_ name: String, in range: ClosedRange<Int>) -> Int? {
        self.optional(
            name,
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Reads our limits on losses and failures, and what breaking them does.
    private mutating func bound(_ loss: inout LossLimits) {
        loss.dailyLossMax = self.notional("limits.daily_loss_max")
        loss.dailyLossMillionths = self.share("limits.daily_loss_share_max")
        loss.onDailyLoss = self.action("limits.on_daily_loss", loss.onDailyLoss)
        loss.drawdownMillionths = self.share("limits.drawdown_max")
        loss.onDrawdown = self.action("limits.on_drawdown", loss.onDrawdown)
        loss.dayStartMinutes =
            self.value(
                "limits.day_start",
                default: loss.dayStartMinutes,
                expected: "a time of day in UTC such as 00:00",
                parse: Self.minutes
            ) ?? loss.dayStartMinutes
        loss.failuresMax = self.optionalCount("limits.consecutive_failures_max", in: 1...1_000)
        loss.onFailures = self.action("limits.on_consecutive_failures", loss.onFailures)
        loss.slippageMillionths = self.share("limits.slippage_max")
        loss.onSlippage = self.action("limits.on_slippage", loss.onSlippage)
    }

    /// A time of day such as 22:00, in minutes after midnight.
    private static func minutes(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }),
            let hours = UInt8(parts[0]), let minutes = UInt8(parts[1]), hours < 24, minutes < 60
        else { return nil }
        return Int64(hours) * 60 + Int64(minutes)
    }

    private mutating func action(_ name: String, _ fallback: BreachAction) -> BreachAction {
        let names = BreachAction.allCases.map(\.name).joined(separator: ", ")
        return self.value(
            name,
            default: fallback,
            expected: "one of \(names)",
            parse: BreachAction.init(name:)
        ) ?? fallback
    }

    /// A value that may be left out.
    mutating func optional<Parsed>(
        _ name: String,
        expected: String,
        parse: (String) -> Parsed?
    ) -> Parsed? {
        let value = self.value(name, default: Parsed??.some(nil), expected: expected) { text in
            parse(text).map(Optional.some)
        }
        return value ?? nil
    }

    private mutating func flag(_ name: String) -> Bool? {
        self.optional(name, expected: "true or false") { ["true": true, "false": false][$0] }
    }

    private mutating func notional(_ name: String) -> Amount? {
        self.optional(name, expected: "an amount of the quote asset above zero") { text in
            (try? Amount(text)).flatMap { $0.isPositive ? $0 : nil }
        }
    }

    private mutating func share(_ name: String) -> Int64? {
        self.optional(name, expected: Self.shareExpected, parse: Self.millionths)
    }

    private mutating func boundRate(_ limits: inout RiskLimits) {
        limits.orderRateMax = self.optionalCount(
            "limits.order_rate_max",
            in: OrderRate.countRange
        )
        limits.orderRateIntervalMilliseconds = self.milliseconds(
            "limits.order_rate_interval_ms",
            default: limits.orderRateIntervalMilliseconds,
            in: 10...86_400_000
        )
    }
}
