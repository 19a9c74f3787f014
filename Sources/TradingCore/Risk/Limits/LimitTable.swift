/// Every limit of ``RiskLimits``, in the order in which they are shown: one row is all that a new
/// limit takes to be shown, changed, recorded and judged to be looser or stricter.
enum LimitTable {
    static let rows: [LimitRow] = [
        .symbols,
        .needed("order_notional_max", \.orderNotionalMax, .notional),
        .optional("position_notional_max", \.positionNotionalMax, .notional),
        .optional("exposure_notional_max", \.exposureNotionalMax, .notional),
        .optional("position_share_max", \.positionShareMillionths, .share),
        .optional("exposure_share_max", \.exposureShareMillionths, .share),
        .needed("on_position_exceeded", \.onPositionExceeded, .exceed, .neither),
        .optional("open_positions_max", \.openPositionsMax, .count(1...10_000)),
        .optional("cash_share_min", \.cashShareMillionths, .share, .higher),
        .optional(
            "duplicate_order_ms",
            \.duplicateMilliseconds,
            .milliseconds(1...86_400_000),
            .higher
        ),
        .optional("orders_per_day_max", \.ordersPerDayMax, .count(1...1_000_000)),
        .optional("price_collar", \.priceCollarMillionths, .share),
        .optional("sensitive_notional", \.sensitiveNotional, .notional),
        .needed("stop_loss_required", \.requiresStopLoss, .flag, .higher),
        .optional("risk_per_trade_max", \.riskShareMillionths, .share),
        .optional("order_rate_max", \.orderRateMax, .count(OrderRate.countRange)),
        .needed(
            "order_rate_interval_ms",
            \.orderRateIntervalMilliseconds,
            .milliseconds(OrderRate.intervalMillisecondsRange),
            .higher
        ),
        .needed("open_orders_max", \.openOrdersMax, .count(1...10_000)),
        .needed("fee_reserve", \.feeReserveMillionths, .share, .higher),
        .needed("market_slippage", \.marketSlippageMillionths, .share, .higher),
        .needed(
            "quote_age_ms_max",
            \.quoteAgeMaxMilliseconds,
            .milliseconds(100...3_600_000)
        ),
        .needed(
            "clock_skew_ms_max",
            \.clockSkewMaxMilliseconds,
            .milliseconds(10...86_400_000)
        ),
        .needed("unknown_blocks", \.unknownBlocks, .flag, .higher),
        .optional("daily_loss_max", \.loss.dailyLossMax, .notional),
        .optional("daily_loss_share_max", \.loss.dailyLossMillionths, .share),
        .needed("on_daily_loss", \.loss.onDailyLoss, .action, .higher),
        .optional("drawdown_max", \.loss.drawdownMillionths, .share),
        .needed("on_drawdown", \.loss.onDrawdown, .action, .higher),
        .dayStart,
        .optional("consecutive_failures_max", \.loss.failuresMax, .count(1...1_000)),
        .needed("on_consecutive_failures", \.loss.onFailures, .action, .higher),
        .optional("slippage_max", \.loss.slippageMillionths, .share),
        .needed("on_slippage", \.loss.onSlippage, .action, .higher),
        .needed("breakers.circuit_failures_max", \.circuit.failuresMax, .count(1...1_000)),
        .needed(
            "breakers.circuit_open_ms",
            \.circuit.openMilliseconds,
            .milliseconds(10...3_600_000),
            .higher
        ),
        .needed(
            "breakers.circuit_open_ms_max",
            \.circuit.openMillisecondsMax,
            .milliseconds(10...3_600_000),
            .higher
        ),
        .needed("breakers.rejects_max", \.rejects.rejectsMax, .count(1...1_000)),
        .needed(
            "breakers.rejects_period_ms",
            \.rejects.periodMilliseconds,
            .milliseconds(100...3_600_000),
            .higher
        ),
        .needed(
            "breakers.rejects_cool_down_ms",
            \.rejects.coolDownMilliseconds,
            .milliseconds(10...86_400_000),
            .higher
        ),
        .ofSymbol("order_notional_max", \.orderNotionalMax, .notional),
        .ofSymbol("order_quantity_max", \.orderQuantityMax, .quantity),
        .ofSymbol("position_notional_max", \.positionNotionalMax, .notional),
        .ofSymbol("price_collar", \.priceCollarMillionths, .share),
        .ofSymbol("sensitive_notional", \.sensitiveNotional, .notional),
        .ofSymbol("stop_loss_required", \.requiresStopLoss, .flag, .higher),
        .ofSymbol("risk_per_trade_max", \.riskShareMillionths, .share),
        .ofStrategy("order_notional_max", \.orderNotionalMax, .notional),
        .ofStrategy("position_notional_max", \.positionNotionalMax, .notional),
        .ofStrategy("exposure_notional_max", \.exposureNotionalMax, .notional),
        .ofStrategy("order_rate_max", \.orderRateMax, .count(OrderRate.countRange)),
        .ofStrategy("stop_loss_required", \.requiresStopLoss, .flag, .higher),
        .ofStrategy("risk_per_trade_max", \.riskShareMillionths, .share),
        .ofStrategy("daily_loss_max", \.dailyLossMax, .notional),
        .ofStrategy("on_daily_loss", \.onDailyLoss, .action, .higher),
    ]

    /// The row of a limit; nil where there is none.
    static func row(of key: LimitKey) -> LimitRow? {
        self.rows.first { $0.name == key.name && $0.scope == key.scope }
    }

    /// The limits that an installation has: of everything, then of each symbol and each strategy.
    static func keys(for symbols: [Symbol], strategies: [String] = []) -> [LimitKey] {
        self.names(.everything).map { LimitKey($0) }
            + symbols.sorted().flatMap { symbol in
                self.names(.symbol).map { LimitKey($0, symbol: symbol) }
            }
            + strategies.sorted().flatMap { strategy in
                self.names(.strategy).map { LimitKey($0, strategy: strategy) }
            }
    }

    /// The names of the limits of a kind, in their order.
    static func names(_ scope: LimitRow.Scope) -> [String] {
        self.rows.filter { $0.scope == scope }.map(\.name)
    }
}

extension LimitRow {
    /// What may be traded is asked of the venues at the start: it is changed in the configuration.
    static let symbols = LimitRow.needed(
        "symbols",
        \.allowedSymbols,
        LimitKind(
            expected: "the configuration's list, which no call changes",
            parse: { _ in nil },
            text: { $0.map(\.name).joined(separator: ",") },
            rank: { _ in 0 }
        ),
        .neither
    )

    /// A day that began at one time and ends at another would forget what it lost.
    static let dayStart = LimitRow.needed(
        "day_start",
        \.loss.dayStartMinutes,
        LimitKind(
            expected: "the configuration's time, which no call changes",
            parse: { _ in nil },
            text: { minutes in
                let digits = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
                return digits.joined(separator: ":")
            },
            rank: { Int128($0) }
        ),
        .neither
    )

    /// Whether no call changes it.
    var isFixed: Bool { self.name == "symbols" || self.name == "day_start" }
}
