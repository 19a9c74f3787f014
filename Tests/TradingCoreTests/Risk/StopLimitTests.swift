import Testing

@testable import TradingCore

/// A stop-loss that is demanded, what an order may lose at it, and a strategy's own bounds.
@Suite struct StopLimitTests {
    typealias Case = RiskGateTests.Case

    static let half: @Sendable (inout RiskContext) -> Void = {
        $0.terms.quantity = Make.quantity("0.5")
        $0.reducibleQuantity = Make.amount("0.5")
        $0.terms.side = .sell
    }

    @Test func `what grows a position needs a stop-loss where one limit says so`() {
        let required = { (change: @escaping (inout RiskContext) -> Void) in
            { (context: inout RiskContext) in
                context.limits.requiresStopLoss = true
                change(&context)
            }
        }
        RiskGateTests.check([
            Case("none", .stopLossRequired, "a stop-loss", "none", required { _ in }),
            Case("a stop", nil, change: required { $0.exits = Make.exits() }),
            Case(
                "a profit alone",
                .stopLossRequired,
                "a stop-loss",
                "none",
                required { $0.exits = Make.exits(stop: nil) }
            ),
            Case("reducing", nil, change: required(Self.half)),
            Case(
                "a unit more than reducing",
                .stopLossRequired,
                "a stop-loss",
                "none",
                required {
                    Self.half(&$0)
                    $0.terms.quantity = Make.quantity("0.50001")
                }
            ),
        ])
    }

    @Test func `a stop-loss is demanded by a symbol or a strategy alone, too`() {
        RiskGateTests.check([
            Case(
                "of the symbol",
                .stopLossRequired,
                "a stop-loss",
                "none",
                {
                    $0.limits.bySymbol[Make.bitcoin, default: SymbolLimits()].requiresStopLoss =
                        true
                }
            ),
            Case(
                "of another symbol",
                nil,
                change: {
                    $0.limits.bySymbol[Make.ether, default: SymbolLimits()].requiresStopLoss = true
                }
            ),
            Case(
                "not of the symbol, of all",
                .stopLossRequired,
                "a stop-loss",
                "none",
                {
                    $0.limits.requiresStopLoss = true
                    $0.limits.bySymbol[Make.bitcoin, default: SymbolLimits()].requiresStopLoss =
                        false
                }
            ),
            Case(
                "of the strategy",
                .stopLossRequired,
                "a stop-loss",
                "none",
                {
                    $0.strategy = "grid"
                    $0.limits.byStrategy["grid", default: StrategyLimits()].requiresStopLoss = true
                }
            ),
            Case(
                "of another strategy",
                nil,
                change: {
                    $0.strategy = "grid"
                    $0.limits.byStrategy["trend", default: StrategyLimits()].requiresStopLoss = true
                }
            ),
        ])
    }

    /// An order at 100 with its stop at 90: each unit loses 10, and 0.19 of fees at 0.1 %.
    static func risk(
        _ share: Int64?,
        equity: String? = "1019",
        _ change: @escaping (inout RiskContext) -> Void = { _ in }
    ) -> (inout RiskContext) -> Void {
        { context in
            context.limits.riskShareMillionths = share
            context.limits.feeReserveMillionths = 1_000
            context.account.equity = equity.map(Make.amount)
            context.exits = Make.exits()
            change(&context)
        }
    }

    @Test func `an order loses no more at its stop than its share of equity`() {
        RiskGateTests.check([
            Case("at", nil, change: Self.risk(10_000)),
            Case("off", nil, change: Self.risk(nil, equity: nil)),
            Case(
                "a unit below",
                nil,
                change: Self.risk(10_000) {
                    $0.terms.quantity = Make.quantity("0.99999")
                }
            ),
            Case(
                "a unit above",
                .riskPerTrade,
                "10.19",
                "10.1901019",
                Self.risk(10_000) {
                    $0.terms.quantity = Make.quantity("1.00001")
                }
            ),
            Case(
                "equity a unit below",
                .riskPerTrade,
                "10.18999999",
                "10.19",
                Self.risk(10_000, equity: "1018.99999999")
            ),
            Case(
                "a stop a tick lower",
                .riskPerTrade,
                "10.19",
                "10.19999",
                Self.risk(10_000) { $0.exits = Make.exits(stop: "89.99") }
            ),
        ])
    }

    @Test func `what has no stop risks all, and the strictest share binds`() {
        RiskGateTests.check([
            Case(
                "the stop's limit counts",
                .riskPerTrade,
                "10.19",
                "11.189",
                Self.risk(10_000) { $0.exits = Make.exits(limit: "89") }
            ),
            Case(
                "no stop: all of it",
                .riskPerTrade,
                "10.19",
                "100.1",
                Self.risk(10_000) { $0.exits = nil }
            ),
            Case(
                "unknown equity",
                .riskPerTrade,
                "a known equity",
                "unknown",
                Self.risk(10_000, equity: nil)
            ),
            Case(
                "reducing",
                nil,
                change: Self.risk(10_000, equity: nil) {
                    Self.half(&$0)
                    $0.exits = nil
                }
            ),
            Case(
                "the symbol is stricter",
                .riskPerTrade,
                "5.095",
                "10.19",
                Self.risk(10_000) {
                    $0.limits.bySymbol[Make.bitcoin, default: SymbolLimits()].riskShareMillionths =
                        5_000
                }
            ),
            Case(
                "the strategy is strictest",
                .riskPerTrade,
                "1.019",
                "10.19",
                Self.risk(10_000) {
                    $0.strategy = "grid"
                    $0.limits.byStrategy["grid", default: StrategyLimits()].riskShareMillionths =
                        1_000
                }
            ),
        ])
    }

    @Test func `a refusal says the quantity that would have passed, and that one passes`() throws {
        var context = RiskGateTests.context()
        Self.risk(10_000, equity: "555")(&context)
        let refusal = try #require(RiskGate.refusal(of: context))
        #expect(refusal.permitted == "a quantity of at most 0.54465")
        context.terms.quantity = Make.quantity("0.54465")
        #expect(RiskGate.refusal(of: context) == nil)
        context.terms.quantity = Make.quantity("0.54466")
        #expect(RiskGate.refusal(of: context)?.rule == .riskPerTrade)
    }

    @Test func `a strategy's position and exposure are bound by the strictest`() {
        let strategy = { (change: @escaping (inout StrategyLimits) -> Void) in
            { (context: inout RiskContext) in
                context.strategy = "grid"
                context.limits.positionNotionalMax = Make.amount("200")
                context.limits.exposureNotionalMax = Make.amount("200")
                change(&context.limits.byStrategy["grid", default: StrategyLimits()])
            }
        }
        RiskGateTests.check([
            Case("none of its own", nil, change: strategy { _ in }),
            Case(
                "position at",
                nil,
                change: strategy {
                    $0.positionNotionalMax = Make.amount("100")
                }
            ),
            Case(
                "position below",
                .positionNotional,
                "99.99999999",
                "100",
                strategy {
                    $0.positionNotionalMax = Make.amount("99.99999999")
                }
            ),
            Case(
                "exposure at",
                nil,
                change: strategy {
                    $0.exposureNotionalMax = Make.amount("100")
                }
            ),
            Case(
                "exposure below",
                .exposureNotional,
                "99.99999999",
                "100",
                strategy {
                    $0.exposureNotionalMax = Make.amount("99.99999999")
                }
            ),
            Case("wider than that of all", .positionNotional, "99", "100") {
                strategy { $0.positionNotionalMax = Make.amount("300") }(&$0)
                $0.limits.positionNotionalMax = Make.amount("99")
            },
        ])
    }
}
