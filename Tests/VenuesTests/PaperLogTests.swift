import Foundation
import MatchingEngine
import Testing
import TradingCore

@testable import Venues

@Suite struct PaperLogTests {
    /// A file in a folder of its own, which goes away.
    private final class Place {
        let path: String
        private let folder: String

        init() throws {
            self.folder = NSTemporaryDirectory() + "paper-" + UUID().uuidString
            self.path = self.folder + "/paper.log"
            try FileManager.default.createDirectory(
                atPath: self.folder,
                withIntermediateDirectories: true
            )
        }

        deinit { try? FileManager.default.removeItem(atPath: self.folder) }

        func open() throws -> (PaperLog, PaperBook) {
            try PaperLog.open(path: self.path, opening: PaperBench.opening, accountID: 7)
        }

        var bytes: Data {
            get { FileManager.default.contents(atPath: self.path) ?? Data() }
            set { try? newValue.write(to: URL(fileURLWithPath: self.path)) }
        }
    }

    /// Some of everything: fills of both kinds, an expiry, a cancel, orders that stay.
    private static func life(_ log: PaperLog, _ book: PaperBook) throws -> PaperBook {
        var bench = try PaperBench(book, terms: PaperTerms())
        try bench.snapshot()
        let keep = { (bench: inout PaperBench) in
            let step = bench.exchange.takeStep()
            if !step.change.isEmpty { try log.append(step.change) }
        }
        _ = try bench.accepted(.buy, "20")
        try keep(&bench)
        _ = try bench.accepted(.buy, "2", at: "100")
        try keep(&bench)
        _ = try bench.accepted(.sell, "3", at: "110")
        try keep(&bench)
        _ = bench.exchange.answer(OrderIntent.sample(3).cancel, at: bench.time)
        try keep(&bench)
        try bench.trade("100", "6", .sell)
        try keep(&bench)
        _ = try bench.accepted(.sell, "1.5", at: "120")
        try keep(&bench)
        return bench.exchange.book
    }

    @Test func `an account is what it was after a restart`() throws {
        let place = try Place()
        let before: PaperBook
        do {
            let (log, book) = try place.open()
            #expect(book.balances == PaperBench.opening)
            before = try Self.life(log, book)
        }
        let (_, after) = try place.open()
        #expect(after == before)
        #expect(after.pages[PaperBench.symbol]?.open.count == 2)
        // Rewritten at the start, it says the same.
        let (_, again) = try place.open()
        #expect(again == before)
    }

    @Test func `open orders go on behind the shown quantity with what is left of them (M6)`()
        throws
    {
        let place = try Place()
        let (log, book) = try place.open()
        let left = try Self.life(log, book)
        var bench = try PaperBench(left, terms: PaperTerms(makerRate: 0, takerRate: 0))
        try bench.snapshot(bids: [("100", "5")], asks: [("102", "4")])
        #expect(bench.balance("USDT")?.locked == Amount.of("100"))
        #expect(bench.balance("BTC")?.locked == Amount.of("1.5"))
        try bench.trade("100", "5", .sell)
        #expect(bench.fills().isEmpty)
        try bench.trade("100", "5", .sell)
        #expect(bench.fills() == ["1 at 100, maker"])
        #expect(try bench.accepted(.buy, "1").venueOrderID == VenueOrderID(raw: 5))
    }

    @Test func `what the market passed meanwhile trades at the order's own price`() throws {
        let place = try Place()
        let (log, book) = try place.open()
        let left = try Self.life(log, book)
        var bench = try PaperBench(left, terms: PaperTerms(makerRate: 0, takerRate: 0))
        try bench.snapshot(bids: [("90", "5")], asks: [("95", "0.4"), ("98", "4")])
        #expect(bench.fills() == ["0.4 at 100, maker", "0.6 at 100, maker"])
    }

    @Test func `a parked order can be cancelled before its market is there (K3)`() throws {
        let place = try Place()
        let (log, book) = try place.open()
        let left = try Self.life(log, book)
        var exchange = PaperExchange(left, markets: [], terms: PaperTerms())
        let answer = exchange.answer(
            OrderIntent.sample(2).cancel,
            at: WallTime(nanoseconds: 1_800_000_000_000_000_000)
        )
        guard case .order(let report) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(report.status == .canceled)
        #expect(exchange.takeStep().change.orders.count == 1)
    }

    @Test func `a change that was cut off never happened, whatever is left of it`() throws {
        let place = try Place()
        let (log, book) = try place.open()
        _ = try Self.life(log, book)
        let whole = place.bytes
        let text = String(decoding: whole, as: UTF8.self)
        let ends = text.ranges(of: "\nend ").map {
            text.utf8.distance(from: text.startIndex, to: $0.lowerBound)
        }
        let last = try #require(ends.dropLast().last)
        var states: Set<[Asset: Amount]> = []
        for cut in stride(from: last + 20, to: whole.count - 1, by: 1) {
            place.bytes = whole.prefix(cut)
            let (_, book) = try place.open()
            states.insert(book.balances)
            #expect(book.pages[PaperBench.symbol]?.open.count == 1, "cut at \(cut)")
        }
        #expect(states.count == 1)
    }

    @Test func `a changed byte before the end is told, not guessed around`() throws {
        let place = try Place()
        let (log, book) = try place.open()
        _ = try Self.life(log, book)
        let whole = place.bytes
        for position in stride(from: 12, to: whole.count / 2, by: 37) {
            var bytes = whole
            bytes[position] ^= 1
            place.bytes = bytes
            #expect(throws: PaperLogError.self, "byte \(position)") { try place.open() }
        }
    }
}
