@testable import TradingCore

/// Values that are valid by default; a test names only what it is about.
enum Make {
    static let bitcoin = Symbol("BTCUSDT")
    static let ether = Symbol("ETHUSDT")
    static let prefix = "pppppppp"
    /// Newer than every reading that the gateway asks for.
    static let read = ReadID(raw: .max)

    static func price(_ text: String) -> Price {
        guard let price = try? Price(text) else { fatalError("\(text) is not a price") }
        return price
    }

    static func quantity(_ text: String) -> Quantity {
        guard let quantity = try? Quantity(text) else { fatalError("\(text) is not a quantity") }
        return quantity
    }

    static func amount(_ text: String) -> Amount {
        guard let amount = try? Amount(text) else { fatalError("\(text) is not an amount") }
        return amount
    }

    static func rules(_ symbol: Symbol = Make.bitcoin) -> SymbolRules {
        let base = Asset(String(symbol.name.dropLast(4)))
        var rules = SymbolRules(symbol: symbol, baseAsset: base, quoteAsset: Asset("USDT"))
        rules.priceMin = Make.price("0.01")
        rules.priceMax = Make.price("1000000")
        rules.tickSize = Make.price("0.01")
        rules.quantityMin = Make.quantity("0.00001")
        rules.quantityMax = Make.quantity("9000")
        rules.stepSize = Make.quantity("0.00001")
        rules.notionalMin = Make.amount("5")
        rules.notionalMax = Make.amount("9000000")
        rules.openOrdersMax = 200
        return rules
    }

    static func terms(
        _ side: Side = .buy,
        _ quantity: String = "1",
        at price: String? = "100",
        symbol: Symbol = Make.bitcoin,
        timeInForce: TimeInForce = .goodTillCanceled
    ) -> OrderTerms {
        OrderTerms(
            symbol: symbol,
            side: side,
            type: price.map { .limit(Make.price($0), timeInForce) } ?? .market,
            quantity: Make.quantity(quantity)
        )
    }

    static func key(_ text: String, of principal: String = "alice") -> IdempotencyKey {
        IdempotencyKey(principal: Principal(principal), text: text)
    }

    static func wish(
        _ terms: OrderTerms = Make.terms(),
        key: String? = nil,
        expectedMode: TradingMode? = nil
    ) -> OrderRequest {
        OrderRequest(
            terms: terms,
            principal: Principal("alice"),
            key: key.map { Make.key($0) },
            expectedMode: expectedMode
        )
    }

    static func intent(
        _ number: UInt64 = 1,
        _ terms: OrderTerms = Make.terms(),
        venue: VenueID = .testnet,
        key: String? = nil
    ) -> OrderIntent {
        let scheme = ClientOrderIDScheme(prefix: Make.prefix, epoch: "eeeeeeee")
        return OrderIntent(
            orderID: OrderID(raw: number),
            clientOrderID: scheme.name(of: OrderID(raw: number)),
            venue: venue,
            terms: terms,
            baseAsset: Make.rules(terms.symbol).baseAsset,
            quoteAsset: Asset("USDT"),
            timestamp: WallTime(milliseconds: 1_000_000),
            receiveWindowMilliseconds: 2_000,
            reservePrice: terms.type.limitPrice ?? Make.price("100"),
            principal: Principal("alice"),
            key: key.map { Make.key($0) },
            tag: ""
        )
    }

    static func fill(
        _ trade: Int64,
        _ quantity: String = "0.5",
        at price: String = "100",
        fee: String = "0",
        in feeAsset: String? = nil
    ) -> Fill {
        let price = Make.price(price)
        let quantity = Make.quantity(quantity)
        return Fill(
            tradeID: TradeID(raw: trade),
            price: price,
            quantity: quantity,
            quoteQuantity: (price * quantity).amount(rounding: .down),
            fee: Make.amount(fee),
            feeAsset: feeAsset.map(Asset.init),
            isMaker: false,
            time: WallTime(milliseconds: 1_000_000)
        )
    }

    static func breach(_ number: UInt64 = 1, _ rule: Rule = .dailyLoss) -> RiskBreach {
        RiskBreach(
            number: number,
            rule: rule,
            venue: .testnet,
            asset: Asset("USDT"),
            limit: "100",
            actual: "101",
            message: "The day lost too much.",
            action: .disable,
            at: WallTime(milliseconds: 1_000_000)
        )
    }

    static func equityMark() -> EquityMark {
        EquityMark(
            dayStart: WallTime(milliseconds: 0),
            startEquity: Make.amount("100"),
            baseEquity: Make.amount("99"),
            highWater: Make.amount("101"),
            bids: [Make.bitcoin: Make.price("7")]
        )
    }

    static func limits() -> RiskLimits {
        RiskLimits(
            allowedSymbols: [Make.bitcoin, Make.ether],
            orderNotionalMax: Make.amount("50000")
        )
    }

    static func token() -> AccessToken {
        AccessToken(
            tokenID: "token-1",
            name: "alice",
            role: .viewer,
            hash: [],
            createdBy: Principal("ada"),
            reason: "the drill",
            createdAt: WallTime(milliseconds: 1_000_000)
        )
    }

    static func session(_ grace: Int64 = 1_000, of principal: String = "alice") -> CancelSession {
        CancelSession(
            name: SessionName("s1", of: Principal(principal)),
            graceMilliseconds: grace,
            openedAt: WallTime(milliseconds: 1_000_000)
        )
    }

    static func limitChange() -> LimitChange {
        LimitChange(
            key: LimitKey("price_collar"),
            setting: .off,
            previous: nil,
            principal: Principal("rita"),
            reason: "the drill",
            at: WallTime(milliseconds: 1_000_000)
        )
    }

    static func newToken(
        _ name: String = "alice",
        _ role: Role = .trader,
        number: UInt8 = 1
    ) -> TokenRequest {
        .create(
            tokenID: "token-\(number)",
            name: name,
            role,
            hash: [UInt8](repeating: number, count: 32),
            Principal("ada"),
            reason: "the drill"
        )
    }

    static func limitsWish(
        _ assignments: [LimitsWish.Assignment],
        resetsAll: Bool = false,
        mayLoosen: Bool = true
    ) -> LimitsWish {
        LimitsWish(
            assignments,
            resetsAll: resetsAll,
            mayLoosen: mayLoosen,
            Principal("rita"),
            reason: "the drill"
        )
    }

    static func settings(
        mode: TradingMode = .testnet,
        allowsLive: Bool = false,
        exchanges: [VenueID] = [.testnet],
        limits: RiskLimits = Make.limits()
    ) -> GatewaySettings {
        var settings = GatewaySettings(
            initialMode: mode,
            allowsLiveTrading: allowsLive,
            exchanges: exchanges,
            marketVenue: exchanges.first ?? .testnet,
            limits: limits
        )
        settings.dailyNotionalCaps[.live] = [Asset("USDT"): Make.amount("1000000")]
        return settings
    }

    static func report(
        _ intent: OrderIntent,
        _ status: VenueOrderStatus = .new,
        venue number: Int64 = 1_000,
        executed: String = "0",
        fills: [Fill] = [],
        name: String? = nil,
        time: WallTime? = nil
    ) -> OrderReport {
        OrderReport(
            symbol: intent.terms.symbol,
            venueOrderID: VenueOrderID(raw: number),
            ownerID: name ?? intent.clientOrderID.text,
            side: intent.terms.side,
            quantity: intent.terms.quantity,
            price: intent.terms.type.limitPrice ?? .zero,
            status: status,
            executedQuantity: Make.quantity(executed),
            trades: fills.map { Make.trade($0, of: intent, venue: number) },
            time: time ?? intent.timestamp,
            reason: ""
        )
    }

    static func trade(_ fill: Fill, of intent: OrderIntent, venue number: Int64) -> TradeReport {
        TradeReport(
            symbol: intent.terms.symbol,
            tradeID: fill.tradeID,
            venueOrderID: VenueOrderID(raw: number),
            side: intent.terms.side,
            price: fill.price,
            quantity: fill.quantity,
            quoteQuantity: fill.quoteQuantity,
            fee: fill.fee,
            feeAsset: fill.feeAsset,
            isMaker: fill.isMaker,
            time: fill.time
        )
    }

    /// Limits on new orders that no test comes near.
    static let wideLimits = [
        RateLimit(.orders, intervalMilliseconds: 10_000, countMax: 1_000_000),
        RateLimit(.orders, intervalMilliseconds: 86_400_000, countMax: 100_000_000),
    ]

    static func account(
        _ number: Int64 = 7,
        dollars: String = "100000",
        bitcoins: String = "10"
    ) -> AccountReport {
        AccountReport(
            accountID: number,
            canTrade: true,
            balances: [
                BalanceReport(asset: Asset("USDT"), free: Make.amount(dollars), locked: .zero),
                BalanceReport(asset: Asset("BTC"), free: Make.amount(bitcoins), locked: .zero),
            ]
        )
    }
}

extension VenueInput {
    /// A reading of the venue's clock when a rig begins; it holds as long as no clock is set.
    static func clockMeasured(
        offsetMilliseconds: Int64,
        roundTripMilliseconds: Int64
    ) -> VenueInput {
        .clockMeasured(
            ClockSample(
                offsetMilliseconds: offsetMilliseconds,
                roundTripMilliseconds: roundTripMilliseconds,
                at: Rig.begin
            )
        )
    }
}
