import Foundation
import MarketReplay
import NIOCore
import NIOPosix
import Testing

@testable import TradingCore
@testable import Venues

/// The shell of the paper venue, on a recording of three lines.
@Suite struct PaperVenueTests {
    /// A venue on a loop, and what it told.
    private final class Rig {
        let gate = Gate()
        private(set) var told: [(at: NIODeadline, input: VenueInput)] = []
        private(set) var venue: PaperVenue?

        func start(_ configuration: PaperConfiguration, on loop: any EventLoop) throws {
            let venue = try PaperVenue(
                configuration,
                gate: self.gate,
                eventLoop: loop,
                note: { _ in },
                deliver: { [unowned self] in
                    let now = NIODeadline.now()
                    self.told += $0.map { (now, $0) }
                }
            )
            self.venue = venue
            venue.start()
        }

        /// The answer to an order's placement.
        func outcome(_ number: UInt64) -> (at: NIODeadline, outcome: PlacementOutcome)? {
            for case (let at, .placementAnswered(OrderID(raw: number), let outcome)) in self.told {
                return (at, outcome)
            }
            return nil
        }

        var isOpen: Bool { self.told.contains { $0.input == .streamOpened } }
    }

    private static let lines = [
        #"1000000000 {"stream":"btcusdt@bookTicker","data":{"u":9,"s":"BTCUSDT","b":"60000.00","#
            + #""B":"1","a":"60001.00","A":"1"}}"#,
        #"1010000000 {"lastUpdateId":10,"bids":[["60000.00","1"]],"asks":[["60001.00","1"]]}"#,
        #"1020000000 {"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT","#
            + #""p":"60000.00","q":"0.5","m":true}}"#,
    ]

    private let folder = NSTemporaryDirectory() + "paper-venue-" + UUID().uuidString
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func configuration(_ latency: PaperLatency) throws -> PaperConfiguration {
        try FileManager.default.createDirectory(
            atPath: self.folder,
            withIntermediateDirectories: true
        )
        let path = self.folder + "/recording.txt"
        try Self.lines.joined(separator: "\n").write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        var configuration = PaperConfiguration(
            source: .recording(path: path, speed: .step),
            symbols: [PaperBench.symbol],
            bookPath: self.folder + "/paper.log",
            opening: PaperBench.opening
        )
        configuration.latency = latency
        return configuration
    }

    private func rig(_ latency: PaperLatency = PaperLatency()) async throws -> NIOLoopBound<Rig> {
        let configuration = try self.configuration(latency)
        let loop = self.loop
        return try await loop.submit {
            let rig = Rig()
            try rig.start(configuration, on: loop)
            try rig.venue?.advance(lines: 3)
            return NIOLoopBound(rig, eventLoop: loop)
        }.get()
    }

    /// Runs something on the loop once a condition holds there, or gives up.
    private func eventually<Value: Sendable>(
        _ rig: NIOLoopBound<Rig>,
        _ body: @escaping @Sendable (Rig) -> Value?
    ) async throws -> Value? {
        for _ in 0..<1_000 {
            if let value = try await self.loop.submit({ body(rig.value) }).get() { return value }
            try await Task.sleep(for: .milliseconds(5))
        }
        return nil
    }

    private static func intent(_ number: UInt64) -> OrderIntent {
        let now = WallTime(milliseconds: VenueClock.now().wall.milliseconds)
        var intent = OrderIntent.sample(
            number,
            type: .limit(Price(raw: 5_999_900_000_000), .goodTillCanceled),
            timestamp: now
        )
        intent.venue = .paper
        return intent
    }

    @Test func `messages take their time both ways and keep their order`() async throws {
        defer { try? FileManager.default.removeItem(atPath: self.folder) }
        let latency = PaperLatency(milliseconds: 20, jitterMilliseconds: 30, seed: 3)
        let rig = try await self.rig(latency)
        _ = try await self.eventually(rig) { $0.isOpen ? true : nil }
        let sent = try await self.loop.submit {
            rig.value.gate.open()
            let sent = NIODeadline.now()
            for number in UInt64(1)...5 {
                rig.value.venue?.place(DurablePlacement(intent: Self.intent(number)))
            }
            rig.value.venue?.flush()
            rig.value.venue?.perform(Self.intent(2).cancel)
            #expect(rig.value.gate.inFlightCount == 5)
            return sent
        }.get()
        let last = try await self.eventually(rig) { rig in
            rig.told.contains { entry in
                if case .answered(.cancel, .order(let report)) = entry.input {
                    return report.status == .canceled
                }
                return false
            } ? true : nil
        }
        #expect(last == true, "the cancel came after its order")
        try await self.loop.submit {
            for number in UInt64(1)...5 {
                guard let (at, outcome) = rig.value.outcome(number) else {
                    Issue.record("order \(number) was not answered")
                    continue
                }
                #expect(at - sent >= .milliseconds(40))
                guard case .accepted = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
            }
            let answered = rig.value.told.compactMap { entry in
                if case .placementAnswered(let orderID, _) = entry.input {
                    orderID.raw
                } else {
                    nil
                }
            }
            #expect(answered == [1, 2, 3, 4, 5])
            #expect(rig.value.gate.inFlightCount == 0)
        }.get()
    }

    @Test func `what the gate stops never reaches the paper venue (K1)`() async throws {
        defer { try? FileManager.default.removeItem(atPath: self.folder) }
        let rig = try await self.rig()
        try await self.loop.submit {
            rig.value.venue?.place(DurablePlacement(intent: Self.intent(1)))
            rig.value.venue?.flush()
        }.get()
        let outcome = try await self.eventually(rig) { $0.outcome(1)?.outcome }
        #expect(outcome == .notSent(.gateClosed))
        try await self.loop.submit { rig.value.venue?.perform(.openOrders(ReadID(raw: 1))) }.get()
        let orders = try await self.eventually(rig) { rig in
            rig.told.lazy.compactMap { entry -> [OrderReport]? in
                if case .answered(.openOrders, .orders(let orders)) = entry.input {
                    orders
                } else {
                    nil
                }
            }.first
        }
        #expect(orders?.isEmpty == true)
    }

    @Test func `the same seed draws the same delays`() {
        let draws = { (seed: UInt64) in
            var random = SeededGenerator(seed: seed)
            return (0..<20).map { _ in random.next(in: 0...1_000) }
        }
        #expect(draws(4) == draws(4))
        #expect(draws(4) != draws(5))
    }
}
