import Testing
import TradingCore

@testable import Venues

@Suite
struct AnswerTests {
    private func answer(_ status: Int, _ body: String) -> HTTPAnswer {
        HTTPAnswer(status: status, body: Array(body.utf8))
    }

    private func read(_ request: VenueRequest, _ body: String, status: Int = 200) -> VenueAnswer? {
        var progress = ReadProgress(request)
        return progress.take(self.answer(status, body))
    }

    private let symbol = Symbol("BTCUSDT")
    private let order = OrderIntent.sample()

    @Test func `a resting order is reported as the venue describes it`() {
        var expected = OrderReport(
            symbol: self.symbol,
            venueOrderID: VenueOrderID(raw: 101),
            ownerID: "gw-1",
            side: .buy,
            quantity: Quantity(raw: 100_000),
            price: Price(raw: 6_000_000_000_000),
            status: .new,
            executedQuantity: .zero,
            trades: [],
            time: WallTime(milliseconds: 1_763_000_000_005),
            reason: ""
        )
        expected.type = .limit
        #expect(
            BinanceAnswers.placementOutcome(self.answer(200, Sample.placed)) == .accepted(expected)
        )
    }

    @Test func `an order that waits for a price is new, with its type and that price`() throws {
        let body = """
            {"symbol":"BTCUSDT","orderId":7,"clientOrderId":"a","transactTime":1763000000005,
            "price":"58900.00000000","origQty":"0.00300000","executedQty":"0.00000000",
            "status":"NEW","timeInForce":"GTC","type":"STOP_LOSS_LIMIT","side":"SELL",
            "stopPrice":"59000.00000000","workingTime":-1,"fills":[]}
            """
        guard case .accepted(let report) = BinanceAnswers.placementOutcome(self.answer(200, body))
        else {
            Issue.record("not accepted")
            return
        }
        #expect(report.status == .new && report.type == .stopLossLimit)
        #expect(report.stopPrice.description == "59000" && report.price.description == "58900")
    }

    @Test func `a cancel's answer belongs to the order, not to the cancel (S4)`() {
        guard case .order(let report) = self.read(self.order.cancel, Sample.canceled) else {
            Issue.record("not an order")
            return
        }
        #expect(report.ownerID == "gw-1")
        #expect(report.status == .canceled)
        #expect(report.time == WallTime(milliseconds: 1_763_000_005_000))
    }

    @Test func `fills of a placement are trades on the taking side (E4)`() throws {
        let body = """
            {"symbol":"BTCUSDT","orderId":7,"clientOrderId":"a","transactTime":1763000000005,
            "price":"0.00000000","origQty":"0.00300000","executedQty":"0.00200000",
            "status":"EXPIRED","side":"SELL","expiryReason":"IMMEDIATE_OR_CANCEL","fills":[
            {"price":"60000.00000000","qty":"0.00100000","commission":"0.06000000",
            "commissionAsset":"USDT","tradeId":11},
            {"price":"59999.99000000","qty":"0.00100000","commission":"0.00000000",
            "commissionAsset":"BNB","tradeId":12},
            {"price":"1.0","qty":"1.0","commission":"0","commissionAsset":"X","tradeId":-1}]}
            """
        guard case .accepted(let report) = BinanceAnswers.placementOutcome(self.answer(200, body))
        else {
            Issue.record("not accepted")
            return
        }
        #expect(report.status == .expired)
        #expect(report.reason == "IMMEDIATE_OR_CANCEL")
        #expect(report.executedQuantity == Quantity(raw: 200_000))
        #expect(report.trades.map(\.tradeID.raw) == [11, 12])
        let first = try #require(report.trades.first)
        #expect(first.quoteQuantity.description == "60")
        #expect(first.fee.description == "0.06")
        #expect(first.feeAsset == Asset("USDT"))
        #expect(first.side == .sell)
        #expect(!first.isMaker)
        let second = report.trades[1]
        #expect(second.quoteQuantity.description == "59.99999")
        #expect(second.feeAsset == nil, "no asset where nothing was paid")
    }

    /// Section 7.1 of the reference: what is unknown and what is failed.
    @Test(arguments: [
        (400, -1013, "Filter failure: LOT_SIZE", "rejected"),
        (400, -2010, "Account has insufficient balance for requested action.", "rejected"),
        (400, -1021, "Timestamp for this request is outside of the recvWindow.", "rejected"),
        (400, -1022, "Signature for this request is not valid.", "rejected"),
        (401, -2015, "Invalid API-key, IP, or permissions for action.", "rejected"),
        (400, -2010, "Duplicate order sent.", "unknown"),
        (400, -1000, "An unknown error occurred while processing the request.", "unknown"),
        (400, -1001, "Internal error; unable to process your request.", "unknown"),
        (400, -1006, "Execution status unknown.", "unknown"),
        (408, -1007, "Send status unknown; execution status unknown.", "unknown"),
        (429, -1007, "Send status unknown; execution status unknown.", "unknown"),
        (400, -1008, "Server is currently overloaded with other requests.", "unknown"),
        (409, -2021, "Order cancel-replace partially failed.", "unknown"),
        (500, -2010, "Account has insufficient balance for requested action.", "unknown"),
        (503, -1016, "This service is no longer available.", "unknown"),
        (302, -1, "moved", "unknown"),
        (429, -1003, "Too much request weight used.", "not sent"),
        (429, -1015, "Too many new orders.", "not sent"),
        (418, -1003, "Way too much request weight used; IP banned until 1.", "not sent"),
        (403, 0, "WAF", "not sent"),
    ])
    func `the venue's error decides what a placement's fate is (E1)`(
        status: Int,
        code: Int,
        message: String,
        fate: String
    ) {
        let body = #"{"code":\#(code),"msg":"\#(message)"}"#
        let outcome = BinanceAnswers.placementOutcome(self.answer(status, body))
        let error = VenueError(httpStatus: status, code: code, message: message)
        switch outcome {
        case .rejected(let found): #expect(fate == "rejected" && found == error)
        case .unknown(let text): #expect(fate == "unknown" && text.contains(message))
        case .notSent(.venueBackoff): #expect(fate == "not sent")
        case .accepted, .notSent, .simulated: Issue.record("\(outcome)")
        }
    }

    @Test(arguments: [(429, "not sent"), (403, "not sent"), (404, "unknown"), (502, "unknown")])
    func `a body that is not the venue's proves only what its status does (E1)`(
        status: Int,
        fate: String
    ) {
        let outcome = BinanceAnswers.placementOutcome(self.answer(status, "<html>no</html>"))
        #expect((outcome == .notSent(.venueBackoff)) == (fate == "not sent"))
    }

    @Test(arguments: [
        (#""status":"NEW""#, #""status":"SOMETHING""#),
        (#""side":"BUY""#, #""side":"HOLD""#),
        (#""orderId":101"#, #""orderId":"101""#),
        (#""executedQty":"0.00000000""#, #""executedQty":0.0"#),
        (#""executedQty":"0.00000000""#, #""executedQty":"1e-3""#),
        (#""price":"60000.00000000""#, #""price":"60000.000000001""#),
        (#""price":"60000.00000000""#, #""price":"92233720369""#),
        (#""origQty":"0.00100000","#, ""),
        (#""transactTime":1763000000005,"#, ""),
        (#"{"symbol""#, #"["symbol""#),
    ])
    func `an accepted body that cannot be read exactly is no answer (E1)`(
        part: String,
        replacement: String
    ) {
        let body = Sample.placed.replacing(part, with: replacement)
        #expect(body != Sample.placed)
        guard case .unknown = BinanceAnswers.placementOutcome(self.answer(200, body)) else {
            Issue.record("\(replacement) was taken")
            return
        }
        guard case .failed = self.read(self.order.cancel, body) else {
            Issue.record("\(replacement) was taken from a cancel")
            return
        }
    }

    @Test(arguments: [
        (400, -2011, "Unknown order sent.", true), (400, -2013, "Order does not exist.", true),
        (400, -1021, "Timestamp for this request is outside of the recvWindow.", true),
        (400, -1007, "Send status unknown.", false), (503, -2013, "Order does not exist.", false),
        (429, -1003, "Too much request weight used.", false),
    ])
    func `a refusal about the request itself is told from one that may be asked again`(
        status: Int,
        code: Int,
        message: String,
        isRefusal: Bool
    ) {
        let body = #"{"code":\#(code),"msg":"\#(message)"}"#
        switch self.read(self.order.cancel, body, status: status) {
        case .refused(let error): #expect(isRefusal && error.code == code)
        case .failed(let text): #expect(!isRefusal && text.contains(message))
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test func `the filters become the symbol's rules`() throws {
        let body = """
            {"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC",
            "quoteAsset":"USDT","isSpotTradingAllowed":true,"filters":[
            {"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000",
            "tickSize":"0.01000000"},
            {"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000",
            "stepSize":"0.00001000"},
            {"filterType":"ICEBERG_PARTS","limit":100},
            {"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"100.00000000",
            "stepSize":"0.00000000"},
            {"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,
            "maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5},
            {"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},
            {"filterType":"TO_BE_INVENTED","novelty":[1]}]},
            {"symbol":"OLDUSDT","status":"BREAK","baseAsset":"OLD","quoteAsset":"USDT",
            "isSpotTradingAllowed":true,"filters":[]}]}
            """
        var expected = SymbolRules(
            symbol: self.symbol,
            baseAsset: Asset("BTC"),
            quoteAsset: Asset("USDT")
        )
        expected.priceMin = try Price("0.01")
        expected.priceMax = try Price("1000000")
        expected.tickSize = try Price("0.01")
        expected.quantityMin = try Quantity("0.00001")
        expected.quantityMax = try Quantity("9000")
        expected.stepSize = try Quantity("0.00001")
        expected.marketQuantityMax = try Quantity("100")
        expected.notionalMin = try Amount("5")
        expected.notionalMax = try Amount("9000000")
        expected.isNotionalMinForMarket = true
        expected.openOrdersMax = 200
        var closed = SymbolRules(
            symbol: Symbol("OLDUSDT"),
            baseAsset: Asset("OLD"),
            quoteAsset: Asset("USDT")
        )
        closed.isTrading = false
        #expect(self.read(.rules([self.symbol]), body) == .rules([expected, closed]))
        let broken = body.replacing(#""tickSize":"0.01000000""#, with: #""other":1"#)
        guard case .failed(let text) = self.read(.rules([self.symbol]), broken) else {
            Issue.record("a filter without its value was taken")
            return
        }
        #expect(text.contains("tickSize"))
    }

    @Test func `the account's balances are exact`() throws {
        let body = """
            {"uid":354937868,"canTrade":true,"balances":[
            {"asset":"BTC","free":"4723846.89208129","locked":"0.00000001"}]}
            """
        let balance = BalanceReport(
            asset: Asset("BTC"),
            free: try Amount("4723846.89208129"),
            locked: try Amount("0.00000001")
        )
        let report = AccountReport(accountID: 354_937_868, canTrade: true, balances: [balance])
        #expect(self.read(.account(ReadID(raw: 1)), body) == .account(report))
    }

    @Test func `an empty side of the book is no price`() {
        let body = """
            [{"symbol":"BTCUSDT","bidPrice":"1.00000000","bidQty":"1","askPrice":"2.00000000",
            "askQty":"1"},
            {"symbol":"X","bidPrice":"1.00000000","bidQty":"1","askPrice":"0.00000000",
            "askQty":"0"}]
            """
        let quote = Quote(bid: Price(raw: 100_000_000), ask: Price(raw: 200_000_000))
        #expect(
            self.read(.quotes([self.symbol, Symbol("X")]), body)
                == .quotes([SymbolQuote(symbol: self.symbol, quote: quote)])
        )
    }

    @Test func `a list is read to its end, page after page (E2)`() {
        func page(_ ids: Range<Int>) -> HTTPAnswer {
            let rows = ids.map { id in
                """
                {"symbol":"BTCUSDT","id":\(id),"orderId":1,"price":"1","qty":"1","quoteQty":"1",
                "commission":"0","commissionAsset":"BTC","time":1,"isBuyer":true,"isMaker":true}
                """
            }
            return self.answer(200, "[\(rows.joined(separator: ","))]")
        }
        var progress = ReadProgress(.trades(self.symbol, from: TradeID(raw: 5)))
        #expect(progress.take(page(5..<1_005)) == nil)
        #expect(progress.next.query.text.contains("fromId=1005"))
        #expect(progress.take(page(1_005..<2_005)) == nil)
        #expect(progress.next.query.text.contains("fromId=2005"))
        guard case .trades(let trades) = progress.take(page(2_005..<2_006)) else {
            Issue.record("the last page did not end the list")
            return
        }
        #expect(trades.map(\.tradeID.raw) == (5...2_005).map(Int64.init))
    }

    @Test func `a list that does not ascend is not followed for ever`() {
        let row =
            #"{"symbol":"S","orderId":3,"clientOrderId":"a","price":"1","origQty":"1","#
            + #""executedQty":"0","status":"NEW","side":"BUY","time":1,"updateTime":1}"#
        let page = self.answer(
            200,
            "[\(Array(repeating: row, count: 1_000).joined(separator: ","))]"
        )
        var progress = ReadProgress(
            .allOrders(Symbol("S"), since: WallTime(milliseconds: 0))
        )
        #expect(progress.take(page) == nil)
        #expect(progress.next.query.text == "symbol=S&orderId=4&limit=1000")
        guard case .failed = progress.take(page) else {
            Issue.record("the same page was taken twice")
            return
        }
    }
}
