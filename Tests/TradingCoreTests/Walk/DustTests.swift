import Testing

@testable import TradingCore

/// A remainder that no venue takes is kept in the ledger and told as what it is.
@Suite struct DustTests {
    static func positions(_ rig: Rig) -> [PositionsView.MarkedPosition] {
        rig.gateway.positions().positions
    }

    @Test(arguments: [
        ("0.000009", true), ("0.00001", false), ("2", false), ("-0.000009", true), ("0", false),
    ])
    func `a remainder below the smallest order is listed as dust`(held: String, isDust: Bool) {
        let rig = FlattenTests.holding(held)
        #expect(Self.positions(rig).map(\.position.quantity) == [Make.amount(held)])
        #expect(Self.positions(rig).map(\.isDust) == [isDust])
    }

    @Test func `what closing a position leaves stays in ledger and listing, also over a restart`()
        throws
    {
        let rig = FlattenTests.holding("1.000009")
        let closing = try #require(rig.ask(FlattenTests.flatten).placements.first)
        _ = FlattenTests.fill(closing, in: rig, trade: 2, venue: 2_000)
        let left = try #require(Self.positions(rig).first)
        #expect(left.position.quantity == Make.amount("0.000009"))
        #expect(left.isDust)
        #expect(left.position.averagePrice != nil)
        rig.start()
        #expect(Self.positions(rig).first?.position == left.position)
        // Until the venue's rules are read again, nobody knows what it takes.
        #expect(Self.positions(rig).first?.isDust == false)
    }
}
