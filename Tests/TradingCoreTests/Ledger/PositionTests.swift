import Testing

@testable import TradingCore

/// Positions and ledgers against a recomputation from the list of fills.
@Suite struct PositionTests {
    struct Traded {
        var side: Side
        var fill: Fill
    }

    static let bitcoin = Asset("BTC")
    static let dollar = Asset("USDT")

    static func position() -> Position {
        Position(symbol: Make.bitcoin, baseAsset: bitcoin, quoteAsset: dollar)
    }

    static func trades(seed: UInt64, feesInBase: Bool) -> [Traded] {
        var random = SeededRandom(seed: seed)
        return (1...60).map { number in
            var fill = Make.fill(Int64(number))
            fill.price = Price(raw: Int64(random.number(1...10_000_000)) * 1_000_000)
            fill.quantity = Quantity(raw: Int64(random.number(1...500_000_000)))
            fill.quoteQuantity = (fill.price * fill.quantity).amount(rounding: .down)
            let assets =
                feesInBase
                ? [bitcoin, dollar, Asset("BNB")] : [dollar, Asset("BNB"), Asset("BNB")]
            if random.happens(80) {
                fill.fee = Amount(raw: Int128(random.number(1...100_000)))
                fill.feeAsset = assets[random.number(0...2)]
            }
            return Traded(side: random.happens(50) ? .buy : .sell, fill: fill)
        }
    }

    static func signed(_ trade: Traded) -> Int128 {
        trade.side == .buy ? trade.fill.quantity.amount.raw : -trade.fill.quantity.amount.raw
    }

    @Test func `quantity and fees are the sums of the fills`() {
        for seed in UInt64(1)...200 {
            let trades = Self.trades(seed: seed, feesInBase: true)
            var position = Self.position()
            for trade in trades { position.apply(trade.fill, side: trade.side) }
            let fees = { (asset: Asset) in
                trades.filter { $0.fill.feeAsset == asset }.reduce(Int128(0)) {
                    $0 + $1.fill.fee.raw
                }
            }
            let traded = trades.reduce(Int128(0)) { $0 + Self.signed($1) }
            #expect(position.quantity.raw == traded - fees(Self.bitcoin), "seed \(seed)")
            for fee in position.fees { #expect(fee.amount.raw == fees(fee.asset), "seed \(seed)") }
            #expect(Set(position.fees.map(\.asset)).count == position.fees.count)
            #expect(position.fillCount == 60)
        }
    }

    /// Without fees in the base asset every trade is priced in full, so that realized profit plus
    /// what is held at any mark equals the flow of money, exactly and at every step.
    @Test func `realized and unrealized profit add up to the flow of money`() {
        for seed in UInt64(1)...200 {
            var position = Self.position()
            var flow = Int128(0)
            var held = Int128(0)
            for trade in Self.trades(seed: seed, feesInBase: false) {
                position.apply(trade.fill, side: trade.side)
                flow -= Self.signed(trade) * Int128(trade.fill.price.raw)
                held += Self.signed(trade)
                let mark = Price(raw: 123_456_789)
                let profit = position.realizedProfit + position.unrealizedProfit(at: mark)
                #expect(profit.raw == flow + held * Int128(mark.raw), "seed \(seed)")
                #expect(position.quantity.raw == held)
                // What is held was bought within the range of the prices paid.
                if let average = position.averagePrice {
                    #expect(average.raw > 0 && average.raw <= 10_000_000_000_000)
                } else {
                    #expect(held == 0 && position.cost.raw == 0)
                }
            }
        }
    }

    @Test func `a position that crosses zero starts anew at the price of the crossing fill`() {
        var position = Self.position()
        position.apply(Make.fill(1, "2", at: "100"), side: .buy)
        position.apply(Make.fill(2, "3", at: "110"), side: .sell)
        #expect(position.quantity == Make.amount("-1"))
        #expect(position.averagePrice == Make.price("110"))
        #expect(position.realizedProfit == Notional(Make.amount("20")))
        #expect(position.unrealizedProfit(at: Make.price("100")) == Notional(Make.amount("10")))
        position.apply(Make.fill(3, "1", at: "105"), side: .buy)
        #expect(position.quantity.isZero)
        #expect(position.averagePrice == nil)
        #expect(position.cost == Notional(raw: 0))
        #expect(position.realizedProfit == Notional(Make.amount("25")))
    }

    @Test func `growing keeps the average of the fills, shrinking keeps the average`() {
        var position = Self.position()
        position.apply(Make.fill(1, "1", at: "100"), side: .buy)
        position.apply(Make.fill(2, "3", at: "200"), side: .buy)
        #expect(position.averagePrice == Make.price("175"))
        position.apply(Make.fill(3, "2", at: "300"), side: .sell)
        #expect(position.averagePrice == Make.price("175"))
        #expect(position.realizedProfit == Notional(Make.amount("250")))
    }

    @Test func `a fee in the base asset takes a part of the holding and leaves its average`() {
        var position = Self.position()
        position.apply(Make.fill(1, "1", at: "100", fee: "0.001", in: "BTC"), side: .buy)
        #expect(position.quantity == Make.amount("0.999"))
        #expect(position.averagePrice == Make.price("100"))
        #expect(position.fees == [.init(asset: Self.bitcoin, amount: Make.amount("0.001"))])
        position.apply(Make.fill(2, "0.999", at: "100"), side: .sell)
        #expect(position.quantity.isZero)
        #expect(position.averagePrice == nil)
    }

    @Test func `a ledger conserves every asset, and its reservations return to zero`() {
        for seed in UInt64(1)...100 {
            var state = State()
            let trades = Self.trades(seed: seed, feesInBase: true)
            var expected: [Asset: Int128] = [:]
            let time = WallTime(nanoseconds: 1)
            for (index, trade) in trades.enumerated() {
                var terms = Make.terms(trade.side)
                terms.quantity = trade.fill.quantity + trade.fill.quantity
                let intent = Make.intent(UInt64(index + 1), terms)
                _ = state.apply(.orderSubmitted(intent), at: time)
                _ = state.apply(.orderChanged(intent.orderID, .filled(trade.fill)), at: time)
                let sign: Int128 = trade.side == .buy ? 1 : -1
                expected[Self.bitcoin, default: 0] += trade.fill.quantity.amount.raw * sign
                expected[Self.dollar, default: 0] -= trade.fill.quoteQuantity.raw * sign
                if let asset = trade.fill.feeAsset {
                    expected[asset, default: 0] -= trade.fill.fee.raw
                }
            }
            let ledger = state.ledger(of: .testnet)
            for (asset, raw) in expected { #expect(ledger.total(of: asset).raw == raw) }
            let reserved = trades.filter { $0.side == .sell }
                .reduce(Int128(0)) { $0 + $1.fill.quantity.amount.raw }
            #expect(ledger.reserved(of: Self.bitcoin).raw == reserved, "seed \(seed)")
            #expect(state.openOrderCount(on: .testnet) == 60)
            for index in trades.indices {
                let change = OrderChange.reported(
                    .canceled,
                    VenueOrderID(raw: 1),
                    executed: .zero,
                    reason: ""
                )
                _ = state.apply(.orderChanged(OrderID(raw: UInt64(index + 1)), change), at: time)
            }
            let after = state.ledger(of: .testnet)
            for asset in after.assets { #expect(after.reserved(of: asset).isZero) }
            #expect(state.openOrderCount(on: .testnet) == 0)
            #expect(state.orders.isEmpty)
        }
    }
}
