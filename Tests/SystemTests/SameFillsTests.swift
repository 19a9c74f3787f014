import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Paper without its latency and slippage models, and testnet: the same recording, the same
/// orders, the same fills (M6).
@Suite(.serialized, .timeLimit(.minutes(8))) struct SameFillsTests {
    /// An order and how many lines are played before it.
    private struct Step {
        var lines: Int
        var wish: OrderWish
    }

    private struct Run {
        /// Of each order how it ended, then its fills.
        var orders: [[String]] = []
    }

    private static let firstLines = 200

    @Test func `paper fills to the unit what testnet fills, on a made recording (M6)`()
        async throws
    {
        let path = NSTemporaryDirectory() + "made-\(UUID().uuidString).txt"
        try MadeRecording.write(to: path, lines: 6_000, seed: 11)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await self.compare(path, between: 90, afterwards: 2_000)
    }

    @Test func `paper fills to the unit what testnet fills, on a real recording (M6)`()
        async throws
    {
        guard FileManager.default.fileExists(atPath: RecordingTests.recording) else {
            print("SKIPPED: the recording \(RecordingTests.recording) is not here")
            return
        }
        try await self.compare(RecordingTests.recording, between: 400, afterwards: 8_000)
    }

    private func compare(_ path: String, between: Int, afterwards: Int) async throws {
        let steps = try Self.steps(path, between: between)
        let testnet = try await self.onTestnet(path, steps, afterwards: afterwards)
        let paper = try await self.onPaper(path, steps, afterwards: afterwards)
        for (number, (there, here)) in zip(testnet.orders, paper.orders).enumerated() {
            #expect(there == here, "order \(number + 1): \(steps[number].wish)")
        }
        #expect(testnet.orders.count == steps.count && paper.orders.count == steps.count)
        let fills = paper.orders.flatMap { $0.dropFirst() }
        let makers = fills.filter { $0.hasSuffix("maker") }
        print("\(fills.count) fills, \(makers.count) of them as maker")
        #expect(fills.count >= 20 && makers.count >= 3)
        #expect(Set(paper.orders.compactMap(\.first)).count >= 2, "not all of them fill")
    }

    /// Orders of every kind, priced by what the recording shows at their line.
    private static func steps(_ path: String, between: Int) throws -> [Step] {
        var market = try RecordedMarket(path: path)
        var line = Self.firstLines
        let sizes = ["0.001", "0.123", "2.5", "0.05", "7.25", "0.6"]
        var steps: [Step] = []
        for number in 0..<36 {
            line += between
            try market.advance(toLine: line)
            let quote = try #require(market.quote)
            var wish = OrderWish(
                symbol: "BTCUSDT",
                side: number / 3 % 2 == 0 ? .buy : .sell,
                quantity: sizes[number % sizes.count]
            )
            let lives: [TimeInForce?] = [nil, .immediateOrCancel, nil, .fillOrKill, nil]
            if number % 4 != 0 {
                // From across the spread to some way behind it.
                let cents = Int64(number % 5 - 2) * 2 * 1_000_000
                wish.limitPrice =
                    wish.side == .buy
                    ? Price(raw: quote.bid.raw - cents).description
                    : Price(raw: quote.ask.raw + cents).description
                wish.timeInForce = lives[number % lives.count]
            }
            if number % 6 == 5 {
                // A stop a little beyond the market, or what profits a little behind it.
                wish.timeInForce = nil
                wish.type = number % 12 == 5 ? .stopLoss : .takeProfit
                if wish.limitPrice != nil {
                    wish.type = number % 12 == 5 ? .stopLossLimit : .takeProfitLimit
                }
                let isRising = (number % 12 == 5) == (wish.side == .buy)
                let cents = Int64(3 * 1_000_000)
                wish.stopPrice =
                    isRising
                    ? Price(raw: quote.ask.raw + cents).description
                    : Price(raw: quote.bid.raw - cents).description
            }
            steps.append(Step(lines: between, wish: wish))
        }
        return steps
    }

    // MARK: Testnet

    private func onTestnet(_ path: String, _ steps: [Step], afterwards: Int) async throws -> Run {
        var setup = Desk.Setup()
        setup.exchangeArguments = [
            "--symbol", "BTCUSDT", "--replay", path, "--replay-speed", "step",
        ]
        setup.symbols = "[BTCUSDT]"
        let desk = try Desk(setup)
        try await Self.advance(desk, Self.firstLines)
        let client = try await desk.readyClient()
        var numbers: [UInt64] = []
        for (index, step) in steps.enumerated() {
            try await Self.advance(desk, step.lines)
            numbers.append(try await client.place(step.wish).order.orderID)
            if index % 7 == 6 { _ = try? await client.cancel(numbers[index - 2]) }
        }
        try await Self.advance(desk, afterwards)
        let comparison = Comparison(desk: desk, client: client)
        try await comparison.expectAgreement(["BTCUSDT"])
        var run = Run()
        for number in numbers {
            let order = try await client.order(number)
            let fills = order.fills.sorted { $0.tradeID < $1.tradeID }
            run.orders.append(
                [order.status]
                    + fills.map { fill in
                        "\(fill.quantity) at \(fill.price), fee \(fill.fee) \(fill.feeAsset), "
                            + (fill.isMaker ? "maker" : "taker")
                    }
            )
        }
        await client.close()
        return run
    }

    private static func advance(_ desk: Desk, _ lines: Int) async throws {
        _ = try await desk.account.send("POST", "/sim/replay/advance?lines=\(lines)")
        // The gateway hears of prices by its stream; give it the same moment.
        try await Task.sleep(for: .milliseconds(60))
    }

    // MARK: Paper

    private func onPaper(_ path: String, _ steps: [Step], afterwards: Int) async throws -> Run {
        let folder = NSTemporaryDirectory() + "same-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let opening = [Asset("BTC"): try Amount("100"), Asset("USDT"): try Amount("10000000")]
        let paper = try await SteppedPaper(recording: path, folder: folder, opening: opening)
        try await paper.advance(lines: Self.firstLines)
        try await paper.becomeReady()
        var numbers: [OrderID] = []
        for (index, step) in steps.enumerated() {
            try await paper.advance(lines: step.lines)
            let order = try await paper.order(.placeOrder(try Self.request(step.wish)))
            numbers.append(try #require(order).orderID)
            if index % 7 == 6 { _ = try await paper.ask(.cancel(numbers[index - 2])) }
        }
        try await paper.advance(lines: afterwards)
        var run = Run()
        for number in numbers {
            let order = try #require(try await paper.order(.order(number)))
            let fills = order.fills.sorted { $0.tradeID < $1.tradeID }
            run.orders.append(
                [order.status.name]
                    + fills.map { fill in
                        "\(fill.quantity) at \(fill.price), fee \(fill.fee) "
                            + "\(fill.feeAsset?.name ?? ""), "
                            + (fill.isMaker ? "maker" : "taker")
                    }
            )
        }
        return run
    }

    private static func request(_ wish: OrderWish) throws -> OrderRequest {
        let type = OrderType(
            wish.impliedType,
            limitPrice: try wish.limitPrice.map { try Price($0) },
            timeInForce: wish.timeInForce ?? .goodTillCanceled,
            stopPrice: try wish.stopPrice.map { try Price($0) }
        )
        return OrderRequest(
            terms: OrderTerms(
                symbol: Symbol(wish.symbol),
                side: wish.side,
                type: try #require(type),
                quantity: try Quantity(wish.quantity)
            ),
            principal: Principal("test")
        )
    }
}
