import Testing
import TradingCore

@testable import Venues

@Suite
struct EventTests {
    private func message(_ event: String) -> StreamMessage {
        UserFrames.message(Array(#"{"subscriptionId":0,"event":\#(event)}"#.utf8))
    }

    private func report(_ event: String) throws -> OrderReport {
        guard case .input(.orderReported(let report)) = self.message(event) else {
            throw Unexpected(message: self.message(event))
        }
        return report
    }

    private struct Unexpected: Error { var message: StreamMessage }

    @Test func `the owner is C where set, else c (S4)`() throws {
        #expect(try self.report(Events.placed).ownerID == "gw-1")
        let canceled = try self.report(Events.canceled)
        #expect(canceled.ownerID == "gw-1")
        #expect(canceled.status == .canceled)
        #expect(canceled.trades.isEmpty)
    }

    @Test func `a trade event carries exactly one trade (E4)`() throws {
        let report = try self.report(Events.traded)
        let trade = TradeReport(
            symbol: Symbol("BTCUSDT"),
            tradeID: TradeID(raw: 9_001),
            venueOrderID: VenueOrderID(raw: 102),
            side: .sell,
            price: try Price("61000"),
            quantity: try Quantity("0.001"),
            quoteQuantity: try Amount("61"),
            fee: try Amount("0.061"),
            feeAsset: Asset("USDT"),
            isMaker: true,
            time: WallTime(milliseconds: 1_763_000_002_000)
        )
        #expect(report.trades == [trade])
        #expect(report.executedQuantity == (try Quantity("0.001")))
        #expect(report.status == .partiallyFilled)
    }

    @Test(arguments: [
        ("NEW", "0", VenueOrderStatus.new), ("PENDING_NEW", "0", .new),
        ("PENDING_CANCEL", "0", .new), ("PENDING_CANCEL", "0.5", .partiallyFilled),
        ("PARTIALLY_FILLED", "0.5", .partiallyFilled), ("FILLED", "1", .filled),
        ("CANCELED", "0", .canceled), ("EXPIRED", "0", .expired),
        ("EXPIRED_IN_MATCH", "0", .expired), ("REJECTED", "0", .rejected),
    ])
    func `each status has its meaning`(
        word: String,
        executed: String,
        status: VenueOrderStatus
    ) throws {
        let event = Events.placed
            .replacing(#""X":"NEW""#, with: #""X":"\#(word)""#)
            .replacing(#""z":"0.00000000""#, with: #""z":"\#(executed)""#)
        #expect(try self.report(event).status == status)
    }

    @Test func `an expiry and a rejection keep the venue's reason`() throws {
        let rejected = Events.placed.replacing(
            #""r":"NONE""#,
            with: #""r":"INSUFFICIENT_BALANCES""#
        )
        #expect(try self.report(rejected).reason == "INSUFFICIENT_BALANCES")
        let expired = Events.placed.replacing(
            #""V":"#,
            with: #""eR":"IMMEDIATE_OR_CANCEL","V":"#
        )
        #expect(try self.report(expired).reason == "IMMEDIATE_OR_CANCEL")
        #expect(try self.report(Events.placed).reason.isEmpty)
    }

    @Test(arguments: [
        (#""X":"PARTIALLY_FILLED""#, #""X":"UNHEARD_OF""#), (#""S":"SELL""#, #""S":"HOLD""#),
        (#""N":"USDT""#, #""N":null"#), (#""i":102,"#, ""), (#""z":"0.00100000","#, ""),
        (#""L":"61000.00000000""#, #""L":61000.0"#),
    ])
    func `an order event that cannot be read is never skipped`(part: String, other: String) {
        let event = Events.traded.replacing(part, with: other)
        #expect(event != Events.traded)
        guard case .unreadable(let text) = self.message(event) else {
            Issue.record("\(self.message(event))")
            return
        }
        #expect(!text.isEmpty)
    }

    @Test func `balances are absolute and exact`() throws {
        let expected = [
            BalanceReport(asset: Asset("BTC"), free: try Amount("1"), locked: .zero),
            BalanceReport(
                asset: Asset("USDT"),
                free: try Amount("9940"),
                locked: try Amount("60")
            ),
        ]
        #expect(
            self.message(Events.position)
                == .input(
                    .balancesReported(expected, time: WallTime(milliseconds: 1_763_000_000_005))
                )
        )
    }

    @Test(arguments: [
        (#"{"stream":"x@bookTicker","data":{"s":"X","b":"1.0","a":"2.0"}}"#, true),
        (#"{"stream":"x@bookTicker","data":{"s":"X","b":"1.0"}}"#, false),
        (#"{"stream":"x@bookTicker","data":{"s":"X","b":"0.00","a":"2.0"}}"#, false),
        (#"{"stream":"x@trade","data":{"s":"X","b":"1.0","a":"2.0"}}"#, false),
        (#"{"result":null,"id":1}"#, false),
    ])
    func `only best prices are quotes`(frame: String, isQuote: Bool) {
        let quote = Quote(bid: Price(raw: 100_000_000), ask: Price(raw: 200_000_000))
        let message = MarketFrames.message(Array(frame.utf8))
        #expect((message == .input(.quoted(Symbol("X"), quote))) == isQuote)
    }

    @Test func `the levels near the best prices are of the symbol that their stream names`() {
        let message = { (frame: String) in MarketFrames.message(Array(frame.utf8)) }
        let level = DepthLevel(price: Price(raw: 150_000_000), quantity: Quantity(raw: 1))
        let levels = #""bids":[["1.50000000","0.00000001"]],"asks":[]"#
        #expect(
            message(
                #"{"stream":"btcusdt@depth20@100ms","data":{"lastUpdateId":7,\#(levels)}}"#
            )
                == .input(
                    .depthReported(
                        DepthReport(
                            symbol: Symbol("BTCUSDT"),
                            updateID: 7,
                            bids: [level],
                            asks: []
                        )
                    )
                )
        )
        for frame in [
            #"{"stream":"x@depth20@100ms","data":{"lastUpdateId":7,"bids":[["1"]],"asks":[]}}"#,
            #"{"stream":"x@depth20@100ms","data":{"lastUpdateId":7,"bids":[["a","1"]],"asks":[]}}"#,
            #"{"stream":"x@depth20@100ms","data":{"lastUpdateId":7,"bids":[]}}"#,
        ] {
            guard case .unreadable = message(frame) else {
                Issue.record("read: \(frame)")
                continue
            }
        }
    }
}
