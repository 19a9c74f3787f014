import CFloors
import Glibc
import Journal
import TradingCore

/// How long a start needs for a journal of a million events, and what it then holds in memory.
///
/// Each recovery runs in a process of its own, so that its memory is its own.
enum RecoveryBenchmark {
    private static let eventsMin: UInt64 = 1_000_000
    /// What a snapshot may be behind at most, by default.
    private static let tailEvents: UInt64 = 50_000

    /// The bounds of the design.
    private enum Bounds {
        static let fullSeconds = 2.0
        static let snapshotSeconds = 0.2
    }

    private struct Case {
        var title: String
        var events: UInt64
        var openOrders: UInt64
        var hasSnapshot: Bool
        var secondsMax: Double?
    }

    static func run(folder: String) throws(Fault) {
        let cases = [
            Case(
                title: "replay of all",
                events: self.eventsMin,
                openOrders: 100,
                hasSnapshot: false,
                secondsMax: Bounds.fullSeconds
            ),
            Case(
                title: "snapshot and a tail of \(self.tailEvents)",
                events: self.eventsMin,
                openOrders: 100,
                hasSnapshot: true,
                secondsMax: Bounds.snapshotSeconds
            ),
            Case(
                title: "a tenth of the history",
                events: self.eventsMin / 10,
                openOrders: 100,
                hasSnapshot: false,
                secondsMax: nil
            ),
            Case(
                title: "a hundred times the open orders",
                events: self.eventsMin / 10,
                openOrders: 10_000,
                hasSnapshot: false,
                secondsMax: nil
            ),
        ]
        print("\nrecovery of a journal, in a process of its own (median of 3)")
        let header =
            Text.right("events", 10) + Text.right("open", 8) + Text.right("ms", 9)
            + Text.right("CPU ms", 9)
        print("  " + Text.left("", 34) + header + Text.right("MiB", 7))
        for row in cases { try self.measure(row, folder: folder + "/recovery") }
    }

    private static func measure(_ row: Case, folder: String) throws(Fault) {
        guard unsafe system("rm -rf '\(folder)' && mkdir -p '\(folder)/store'") == 0 else {
            throw Fault("cannot make the folder \(folder)")
        }
        let store = folder + "/store"
        do {
            try self.fill(store, row)
        } catch {
            throw Fault("cannot write \(store): \(error)")
        }
        var seconds: [Double] = []
        var cpuSeconds: [Double] = []
        var mebibytes: [Double] = []
        var events = 0.0
        for _ in 0..<3 {
            let child = try ChildProcess(
                "benchmarks",
                ["recover", store],
                cpu: nil,
                folder: folder
            )
            let values = try child.readyValues()
            // It holds the store's lock until it is gone.
            child.end()
            seconds.append((Double(values["ns"] ?? "") ?? .nan) / 1e9)
            cpuSeconds.append((Double(values["cpu_ns"] ?? "") ?? .nan) / 1e9)
            mebibytes.append((Double(values["rss_kib"] ?? "") ?? .nan) / 1_024)
            events = Double(values["events"] ?? "") ?? .nan
        }
        let verdict = row.secondsMax.map { bound in
            "   at most \(Text.whole(bound * 1_000)) ms: "
                + (seconds.median <= bound ? "pass" : "FAIL")
        }
        print(
            "  " + Text.left(row.title, 34) + Text.right(Text.whole(events), 10)
                + Text.right("\(row.openOrders)", 8)
                + Text.right(Text.decimal(seconds.median * 1_000), 9)
                + Text.right(Text.decimal(cpuSeconds.median * 1_000), 9)
                + Text.right(Text.decimal(mebibytes.median), 7) + (verdict ?? "")
        )
    }

    /// What the child does.
    static func recover(_ store: String) -> Never {
        Journal.boundHeaps()
        let start = floors_nanoseconds()
        do {
            let recovery = try Recovery.run(Recovery.Layout(store: store))
            let nanoseconds = floors_nanoseconds() - start
            var used = timespec()
            unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
            let cpu = used.tv_sec * 1_000_000_000 + used.tv_nsec
            guard recovery.damage == nil, recovery.warnings.isEmpty else { exit(1) }
            let status = ChildProcess.text(of: "/proc/self/status").split(separator: "\n")
            let resident =
                status.first { $0.hasPrefix("VmRSS:") }?
                .split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first ?? "0"
            print(
                "ready ns=\(nanoseconds) cpu_ns=\(cpu) rss_kib=\(resident) "
                    + "events=\(recovery.state.sequence)"
            )
            _ = fflush(nil)
            exit(0)
        } catch {
            print("\(error)")
            exit(1)
        }
    }

    // MARK: The journal

    private static func fill(_ store: String, _ row: Case) throws {
        let layout = Recovery.Layout(store: store)
        let journal = try Journal(path: layout.journal)
        try journal.replay { _, _ in }
        var writer = Writer(journal: journal)
        try writer.begin()
        for _ in 0..<row.openOrders { try writer.open() }
        var isSnapshotDue = row.hasSnapshot
        while writer.state.sequence.raw < row.events {
            try writer.trade()
            if isSnapshotDue, writer.state.sequence.raw + self.tailEvents >= row.events {
                isSnapshotDue = false
                try writer.journal.sync()
                let snapshot = Snapshot(
                    of: writer.state,
                    at: writer.journal.head,
                    time: WallTime(nanoseconds: 0)
                )
                try layout.snapshots.write(snapshot)
            }
        }
        try writer.journal.sync()
    }

    /// Writes records like those of a gateway at work.
    private struct Writer {
        let journal: Journal
        private(set) var state = State()
        private var time: Int64 = 1_700_000_000_000_000_000

        init(journal: Journal) { self.journal = journal }

        mutating func begin() throws {
            try self.write([
                .storeCreated(clientIDPrefix: "benchmar"),
                .started(epoch: "benchmar", version: "1"),
                .ledgerBound(.testnet, accountID: 1),
                .balanceMoved(
                    .testnet,
                    Asset("USDT"),
                    delta: Amount(raw: 1_000_000_000_000_000_000),
                    isOpening: true
                ),
            ])
        }

        /// An order that rests for ever.
        mutating func open() throws {
            let intent = self.intent(.limit(Price(raw: 5_000_000_000_000), .goodTillCanceled))
            try self.write([.orderSubmitted(intent)])
            try self.write([self.report(intent, .new, executed: .zero)])
        }

        /// One order that is filled, and one that is canceled.
        mutating func trade() throws {
            let market = self.intent(.market)
            try self.write([.orderSubmitted(market)])
            let fill = Fill(
                tradeID: TradeID(raw: Int64(market.orderID.raw)),
                price: Price(raw: 6_000_000_000_000),
                quantity: market.terms.quantity,
                quoteQuantity: Amount(raw: 6_000_000_000),
                fee: Amount(raw: 6_000_000),
                feeAsset: Asset("USDT"),
                isMaker: false,
                time: WallTime(nanoseconds: self.time)
            )
            try self.write([
                self.report(market, .filled, executed: market.terms.quantity),
                .orderChanged(market.orderID, .filled(fill)),
            ])
            let limit = self.intent(.limit(Price(raw: 5_000_000_000_000), .goodTillCanceled))
            try self.write([.orderSubmitted(limit)])
            try self.write([self.report(limit, .new, executed: .zero)])
            let name = ClientOrderIDScheme.cancelName(of: limit.clientOrderID)
            try self.write([.cancelRequested(limit.orderID, name)])
            try self.write([self.report(limit, .canceled, executed: .zero)])
        }

        private func report(
            _ intent: OrderIntent,
            _ status: VenueOrderStatus,
            executed: Quantity
        ) -> Event {
            let number = VenueOrderID(raw: Int64(intent.orderID.raw) + 1_000_000)
            return .orderChanged(
                intent.orderID,
                .reported(status, number, executed: executed, reason: "")
            )
        }

        private func intent(_ type: OrderType) -> OrderIntent {
            let orderID = OrderID(raw: self.state.lastOrderID.raw + 1)
            let scheme = ClientOrderIDScheme(prefix: "benchmar", epoch: "benchmar")
            return OrderIntent(
                orderID: orderID,
                clientOrderID: scheme.name(of: orderID),
                venue: .testnet,
                terms: OrderTerms(
                    symbol: Symbol("BTCUSDT"),
                    side: orderID.raw % 2 == 0 ? .buy : .sell,
                    type: type,
                    quantity: Quantity(raw: 100_000)
                ),
                baseAsset: Asset("BTC"),
                quoteAsset: Asset("USDT"),
                timestamp: WallTime(nanoseconds: self.time),
                receiveWindowMilliseconds: 2_000,
                reservePrice: Price(raw: 6_000_000_000_000),
                principal: Principal("uid:1000"),
                key: IdempotencyKey(
                    principal: Principal("uid:1000"),
                    text: "strategy-a-\(orderID)"
                ),
                tag: "strategy-a"
            )
        }

        private mutating func write(_ events: [Event]) throws {
            self.time += 1_000_000
            let time = WallTime(nanoseconds: self.time)
            var closed: [Order] = []
            for event in events {
                if let order = self.state.apply(event, at: time) { closed.append(order) }
            }
            try self.journal.write(events, closing: closed, at: time, isSynced: false)
        }
    }
}
