import MatchingEngine
import Testing
import TradingCore

@Suite("Filters")
struct FilterTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        let change: @Sendable (inout NewOrder) -> Void

        var testDescription: String { self.text }

        init(_ text: String, _ change: @escaping @Sendable (inout NewOrder) -> Void) {
            self.text = text
            self.change = change
        }
    }

    static let rows = [
        Row("Filter failure: PRICE_FILTER") { $0.price = Price(raw: 10_000_500_000) },
        Row("Filter failure: PRICE_FILTER") { $0.price = .whole(2_000_000) },
        Row("Filter failure: PERCENT_PRICE_BY_SIDE") { $0.price = .whole(501) },
        Row("Filter failure: PERCENT_PRICE_BY_SIDE") { $0.price = .whole(19) },
        Row("Filter failure: LOT_SIZE") { $0.quantity = Quantity(raw: 999) },
        Row("Filter failure: LOT_SIZE") { $0.quantity = .whole(9001) },
        Row("Filter failure: NOTIONAL") { $0.quantity = Quantity(raw: 1_000) },
        Row("Filter failure: ICEBERG_PARTS") { $0.icebergQuantity = Quantity(raw: 900_000) },
        Row("IcebergQty exceeds QTY.") { $0.icebergQuantity = .whole(1) },
        Row("Price * QTY is zero or less.") { $0.quantity = .zero },
    ]

    @Test(arguments: rows)
    func `an order that a filter does not allow is refused with its text`(_ row: Row) {
        var floor = Floor { rules in
            rules.symbol.priceMin = Price(raw: 1_000_000)
            rules.symbol.priceMax = .whole(1_000_000)
            rules.symbol.quantityMax = .whole(9_000)
            rules.symbol.notionalMin = Amount(raw: 500_000_000)
        }
        floor.place(floor.limit(0, .sell, 1, at: 100))
        floor.place(floor.market(1, .buy, 1))
        var terms = floor.limit(0, .buy, 1, at: 100)
        row.change(&terms)
        let refusal: EngineRefusal? =
            if case .refused(let refusal) = floor.place(terms) { refusal } else { nil }
        #expect(refusal?.text == row.text)
    }

    @Test func `a closed market takes no order`() {
        var floor = Floor()
        floor.engine.setTrading(false, on: 0)
        #expect(floor.place(floor.limit(0, .buy, 1, at: 100)) == .refused(.marketClosed))
    }

    @Test func `open orders are counted, and counted down`() {
        var floor = Floor { $0.symbol.openOrdersMax = 2 }
        floor.place(floor.limit(0, .buy, 1, at: 100))
        floor.place(floor.limit(0, .buy, 1, at: 100))
        #expect(
            floor.place(floor.limit(0, .buy, 1, at: 100)) == .refused(.filter(.maxOrders))
        )
        #expect(floor.cancel(1) == nil)
        guard case .accepted = floor.place(floor.limit(0, .buy, 1, at: 100)) else {
            return #expect(Bool(false), "one place is free again")
        }
    }
}
