import MatchingEngine
import Testing
import TradingCore

@testable import properties

/// Random customers who peg, hide, chain and cancel orders, and pay commission in a third asset:
/// nothing is created or lost, nobody is overdrawn, the book never crosses.
@Suite("Conservation")
struct ConservationTests {
    struct Crowd {
        var floor = Floor(
            accounts: 4,
            base: 50,
            quote: 5_000,
            rates: CommissionRates(maker: 100_000, taker: 200_000)
        )
        var dice: Dice
        let totals: [Amount]
        /// What has happened at all.
        var seen: Set<String> = []

        init(seed: UInt64) {
            self.dice = Dice(seed: seed)
            var rates = CommissionRates(maker: 100_000, taker: 200_000)
            rates.paysInFeeAsset = true
            let third = AssetIndex(raw: 2)
            self.floor.engine.ledger.setFeeAsset(third, share: 75_000_000)
            self.floor.engine.ledger.notePrice(
                .whole(6),
                base: third,
                quote: AssetIndex(raw: 1)
            )
            let payer = self.floor.engine.openAccount(rates: rates)
            for (asset, amount) in [(0, 50), (1, 5_000), (2, 1)] {
                self.floor.engine.ledger.deposit(
                    Amount(raw: Int128(amount) * 100_000_000),
                    of: AssetIndex(raw: asset),
                    to: payer
                )
            }
            self.members = self.floor.accounts + [payer]
            let ledger = self.floor.engine.ledger
            self.totals = (0..<3).map { ledger.total(of: AssetIndex(raw: $0)) }
        }

        let members: [AccountNumber]

        mutating func price() -> Price { .whole(Int64(80 + self.dice.roll(41))) }

        mutating func terms(_ side: Side, _ types: [VenueOrderType]) -> NewOrder {
            let account = self.members[self.dice.roll(self.members.count)]
            var terms = NewOrder(
                account: account,
                side: side,
                type: types[self.dice.roll(types.count)]
            )
            terms.quantity = Quantity(raw: Int64(1 + self.dice.roll(400)) * 1_000_000)
            if !terms.type.isMarket {
                terms.price = self.price()
                if self.dice.roll(4) == 0 {
                    let reference: Peg.Reference = self.dice.roll(2) == 0 ? .primary : .market
                    terms.peg = Peg(reference: reference, offset: self.dice.roll(3))
                    if self.dice.roll(2) == 0 { terms.price = .zero }
                }
                if terms.type != .limitMaker, self.dice.roll(5) == 0 {
                    terms.timeInForce = self.dice.roll(2) == 0 ? .immediateOrCancel : .fillOrKill
                } else if self.dice.roll(6) == 0 {
                    terms.icebergQuantity = Quantity(raw: 1_000_000)
                }
            }
            if terms.type.isAlgorithmic { terms.stopPrice = self.price() }
            terms.selfTradePrevention =
                SelfTradePrevention.allCases[self.dice.roll(SelfTradePrevention.allCases.count)]
            return terms
        }

        mutating func act() {
            let side: Side = self.dice.roll(2) == 0 ? .buy : .sell
            let last = self.floor.market.book.lastOrderID
            switch self.dice.roll(10) {
            case 0...4:
                self.floor.place(self.terms(side, VenueOrderType.allCases))
            case 5:
                self.placeProceeds()
            case 6:
                if last > 0 { _ = self.floor.cancel(Int64(1 + self.dice.roll(Int(last)))) }
            case 7:
                if last > 0 {
                    self.floor.engine.houseFills(
                        VenueOrderID(raw: Int64(1 + self.dice.roll(Int(last)))),
                        Quantity(raw: Int64(1 + self.dice.roll(100)) * 1_000_000),
                        on: 0,
                        at: self.floor.time
                    )
                    self.floor.drain()
                }
            case 8:
                self.floor.quote(side, 80 + Int64(self.dice.roll(41)), Int64(self.dice.roll(3)))
            default:
                if last > 0 {
                    _ = self.floor.engine.amend(
                        VenueOrderID(raw: Int64(1 + self.dice.roll(Int(last)))),
                        to: Quantity(raw: Int64(1 + self.dice.roll(300)) * 1_000_000),
                        on: 0,
                        at: self.floor.time
                    )
                    self.floor.drain()
                }
            }
            for event in self.floor.events { self.note(event) }
            self.floor.events.removeAll(keepingCapacity: true)
        }

        private mutating func note(_ event: EngineEvent) {
            switch event {
            case .pegged: self.seen.insert("pegged")
            case .traded(let trade):
                if trade.taker.commissionAsset != nil { self.seen.insert("third asset") }
                if trade.maker.order != nil, trade.taker.order == nil { self.seen.insert("house") }
            case .listDone: self.seen.insert("list")
            case .prevented: self.seen.insert("prevented")
            case .activated: self.seen.insert("activated")
            case .amended: self.seen.insert("sized or amended")
            case .accepted, .trailing, .ended: break
            }
        }

        /// A buy, and one or two orders that sell what it brings.
        private mutating func placeProceeds() {
            var working = self.terms(.buy, [.limit, .limitMaker])
            working.icebergQuantity = .zero
            var legs: [NewOrder] = []
            let isPair = self.dice.roll(2) == 0
            for type in isPair ? [VenueOrderType.stopLoss, .limitMaker] : [.limit] {
                var leg = self.terms(.sell, [type])
                leg.account = working.account
                leg.quantity = .zero
                leg.icebergQuantity = .zero
                legs.append(leg)
            }
            _ = self.floor.engine.placeList(
                NewOrderList(working: working, legs: legs, sellsProceeds: true),
                on: 0,
                at: self.floor.time
            )
            self.floor.drain()
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `no asset is created or lost, and no book crosses`(_ seed: UInt64) {
        var crowd = Crowd(seed: seed &* 0x9E37_79B9_7F4A_7C15)
        for step in 0..<3_000 {
            crowd.act()
            let book = crowd.floor.book
            if let bid = book.best(.buy), let ask = book.best(.sell), bid.price >= ask.price {
                Issue.record("crossed at step \(step)")
                return
            }
            let ledger = crowd.floor.engine.ledger
            for asset in 0..<3 {
                let index = AssetIndex(raw: asset)
                guard ledger.total(of: index) == crowd.totals[asset] else {
                    Issue.record("asset \(asset) changed at step \(step)")
                    return
                }
                for member in crowd.members {
                    let balance = ledger[member, index]
                    guard balance.free >= .zero, balance.locked >= .zero else {
                        Issue.record("overdrawn at step \(step)")
                        return
                    }
                }
            }
        }
        #expect(
            crowd.seen == [
                "pegged", "third asset", "house", "list", "prevented", "activated",
                "sized or amended",
            ]
        )
        // When all is cancelled, nothing is held.
        for id in 0..<crowd.floor.book.lastOrderID { _ = crowd.floor.cancel(id + 1) }
        for member in crowd.members {
            for asset in 0..<3 {
                let held = crowd.floor.engine.ledger[member, AssetIndex(raw: asset)].locked
                #expect(held == .zero, "\(member) still holds \(asset)")
            }
        }
    }
}
