import Testing

@testable import Journal
@testable import TradingCore

/// F3: what a day brought, told by the journal.
@Suite struct DailyReportTests {
    static let day = Day("2023-11-15")

    static func written(_ batches: [(hours: Int64, [Event])]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let journal = try Journal(path: folder.path)
        for (hours, events) in batches {
            let wall = WallTime(milliseconds: 1_700_006_400_000 + hours * 3_600_000)
            let instant = Instant(monotonic: MonotonicTime(nanoseconds: 1), wall: wall)
            try journal.write(events: events, at: instant)
        }
        return folder
    }

    static func fill(_ number: Int64, hours: Int64, fee: Int64 = 0) -> Fill {
        Fill(
            tradeID: TradeID(raw: number),
            price: Price(raw: 100_000_000),
            quantity: Quantity(raw: 123_456_789),
            quoteQuantity: Amount(raw: 123_456_789),
            fee: Amount(raw: Int128(fee)),
            feeAsset: fee == 0 ? nil : Asset("BNB"),
            isMaker: false,
            time: WallTime(milliseconds: 1_700_006_400_000 + hours * 3_600_000)
        )
    }

    /// Two days of orders; the hours count from the beginning of the second.
    static func twoDays() throws -> TemporaryFolder {
        let orders = (1...8).map { Samples.intent($0, type: .market) }
        let ids = orders.map(\.orderID)
        let refusal = Refusal(.orderNotional, limit: "1", actual: "2", message: "too much")
        let resolved = OrderChange.resolved(
            .filled(at: Price(raw: 100_000_000)),
            by: Principal("me"),
            reason: "seen"
        )
        return try self.written([
            (
                -2,
                [
                    .storeCreated(clientIDPrefix: "aaaaaaaa"),
                    .started(epoch: "bbbbbbbb", version: "1"),
                    .orderSubmitted(orders[0]), .orderSubmitted(orders[1]),
                    .orderChanged(ids[0], .outcomeUnknown(reason: "timeout")),
                ]
            ),
            (
                1,
                [
                    .orderSubmitted(orders[2]), .orderSubmitted(orders[3]),
                    .orderSubmitted(orders[4]), .orderRefused(orders[5], refusal),
                    .orderSimulated(orders[6]),
                    // Of yesterday by the venue's time.
                    .orderChanged(ids[1], .filled(self.fill(1, hours: -1))),
                ]
            ),
            (
                2,
                [
                    .orderChanged(ids[2], .outcomeUnknown(reason: "timeout")),
                    .orderChanged(ids[3], .outcomeUnknown(reason: "timeout")),
                    .orderChanged(ids[2], .filled(self.fill(2, hours: 2, fee: 5))),
                    .orderChanged(ids[3], .needsOperator(reason: "help")),
                    .orderChanged(ids[3], resolved),
                    .orderChanged(ids[3], .filled(self.fill(-4, hours: 2, fee: 6))),
                    .orderChanged(ids[4], .outcomeUnknown(reason: "timeout")),
                    .balanceMoved(.testnet, Asset("USDT"), delta: Amount(raw: 7), isOpening: true),
                    .balanceMoved(.testnet, Asset("BTC"), delta: Amount(raw: -9), isOpening: false),
                ]
            ),
            (
                24,
                [
                    .orderChanged(ids[4], .notPlaced(reason: "gone")), .orderSubmitted(orders[7]),
                    .balanceMoved(.testnet, Asset("BTC"), delta: Amount(raw: 1), isOpening: false),
                ]
            ),
        ])
    }

    @Test func `a report tells what that day brought, and nothing of other days`() throws {
        let folder = try Self.twoDays()
        let day = try #require(Self.day)
        let report = try DailyReports(store: folder.path).report(of: day)
        #expect(report.day == "2023-11-15")
        #expect(report.eventCount == 15)
        var orders = DailyReport.Orders()
        orders.submitted = 3
        orders.refused = 1
        orders.simulated = 1
        orders.filled = 3
        #expect(report.orders == orders)
        // The trade of the evening before is not among them.
        #expect(report.fillCount == 2)
        #expect(report.notional == [.init(asset: "USDT", amount: "2.46913578")])
        #expect(report.fees == [.init(asset: "BNB", amount: "0.00000011")])
        #expect(report.discrepancies.map(\.asset) == ["BTC"])
        #expect(report.discrepancies.map(\.delta) == ["-0.00000009"])
        #expect(report.actions.map(\.kind) == ["order_needs_operator", "order_resolved"])
        #expect(report.actions.last?.detail.contains("by=me") == true)
    }

    @Test func `doubts are counted by what ended them; those of the day before count at the end`()
        throws
    {
        let folder = try Self.twoDays()
        let day = try #require(Self.day)
        let doubt = try DailyReports(store: folder.path).report(of: day).doubt
        #expect(doubt.began == 3)
        #expect(doubt.foundOut == 1)
        #expect(doubt.resolvedByPerson == 1)
        #expect(doubt.unresolvedOrders == [1, 5])
        #expect(doubt.unresolvedShare == "0.666667")
        let next = try DailyReports(store: folder.path).report(of: Day(number: day.number + 1))
        #expect(next.doubt.unresolvedOrders == [1])
        #expect(next.doubt.unresolvedShare == "1.000000")
        #expect(next.doubt.foundOut == 1)
        let before = try DailyReports(store: folder.path).report(of: day.previous)
        #expect(before.fillCount == 1)
        #expect(before.doubt.unresolvedShare == "0.500000")
        #expect(before.text.contains("unresolved: order 1\n"))
    }

    @Test func `a day without events has an empty report`() throws {
        let folder = try Self.twoDays()
        let day = try #require(Day("2020-02-29"))
        let report = try DailyReports(store: folder.path).report(of: day)
        #expect(report.eventCount == 0)
        #expect(report.doubt.unresolvedShare == "0.000000")
        #expect(report.text.contains("traded nothing"))
    }

    @Test func `no report is made of a damaged journal`() throws {
        let folder = try Self.twoDays()
        do {
            let database = try RocksDatabase(path: folder.path)
            var value = try #require(try database.value(of: UInt64(6).bigEndianBytes, in: .journal))
            value[40] ^= 1
            let entry = RocksDatabase.Entry(
                table: .journal,
                key: UInt64(6).bigEndianBytes,
                value: value
            )
            try database.write([entry], isSynced: true)
        }
        let day = try #require(Self.day)
        #expect(throws: JournalError.self) {
            _ = try DailyReports(store: folder.path).report(of: day)
        }
    }

    @Test func `days are read and written as people write them`() {
        #expect(Day("1970-01-01")?.number == 0)
        #expect(Day("2000-03-01")?.number == 11_017)
        for number in stride(from: Int64(-800), to: 60_000, by: 1) {
            #expect(Day(Day(number: number).text)?.number == number)
        }
        for text in ["", "2026-13-01", "2026-02-29", "2026-1-1", "x026-01-01", "2026-01-00"] {
            #expect(Day(text) == nil, "\(text)")
        }
    }
}
