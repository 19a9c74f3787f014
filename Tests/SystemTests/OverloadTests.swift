import NIOCore
import Synchronization
import SystemTestSupport
import TTRPC
import Testing
import TradingAPI
import TradingCore

/// More calls than the server takes: it says so at once, stays small, and still answers a kill.
@Suite(.serialized, .timeLimit(.minutes(5))) struct OverloadTests {
    static let connectionCount = 64
    static let callCount = 64_000
    static let inFlightMax = 500

    /// How far the offered calls have come, counted as their answers arrive.
    final class Progress: Sendable {
        private let counts = Mutex((answered: 0, refused: 0))

        func note(isRefused: Bool) {
            self.counts.withLock {
                $0.answered += 1
                $0.refused += isRefused ? 1 : 0
            }
        }

        var answered: Int { self.counts.withLock { $0.answered } }
        var refused: Int { self.counts.withLock { $0.refused } }
    }

    /// How many answers there were of each kind.
    struct Tally: Sendable {
        var byCode: [StatusCode: Int] = [:]
        var withoutAnswer = 0

        mutating func add(_ other: Tally) {
            self.byCode.merge(other.byCode, uniquingKeysWith: +)
            self.withoutAnswer += other.withoutAnswer
        }
    }

    /// A limit order that rests, as bytes of `PlaceOrderRequest`.
    static var payload: ByteBuffer {
        func text(_ number: UInt8, _ text: String) -> [UInt8] {
            [number << 3 | 2, UInt8(text.utf8.count)] + Array(text.utf8)
        }
        return ByteBuffer(
            bytes: text(1, "BTCUSDT") + [0x10, 1, 0x18, 2] + text(4, "0.001") + text(5, "30000")
        )
    }

    /// Offers a connection's share of the calls, all at once.
    static func offer(
        _ address: String,
        count: Int,
        _ progress: Progress
    ) async throws -> Tally {
        let client = try await TTRPCClient.connect(to: .unix(path: address))
        let payload = self.payload
        let tally = await withTaskGroup(of: StatusCode?.self) { group in
            for _ in 0..<count {
                group.addTask {
                    do throws(CallError) {
                        _ = try await client.call(
                            service: TradingMethod.placeOrder.service,
                            method: TradingMethod.placeOrder.rawValue,
                            payload: payload,
                            timeout: .seconds(60)
                        )
                        progress.note(isRefused: false)
                        return StatusCode.ok
                    } catch {
                        guard case .status(let status) = error else { return nil }
                        progress.note(isRefused: status.code == .resourceExhausted)
                        return status.code
                    }
                }
            }
            var tally = Tally()
            for await code in group {
                if let code {
                    tally.byCode[code, default: 0] += 1
                } else {
                    tally.withoutAnswer += 1
                }
            }
            return tally
        }
        await client.close()
        return tally
    }

    @Test
    func `of 64,000 calls at once those beyond the bound are refused, and a kill is answered`()
        async throws
    {
        var setup = Desk.Setup()
        setup.environment = ["TRADING_RPC_LIMITS_REQUESTS_IN_FLIGHT": "\(Self.inFlightMax)"]
        let desk = try Desk(setup)
        let client = try await desk.readyClient()
        let before = desk.server.residentKiB
        // Nothing is answered by the exchange while the calls come.
        try await desk.account.send(
            "POST",
            "/sim/faults?action=delay&method=POST&path=/api/v3/order&count=0&ms=1500"
        )
        let path = desk.unixPath
        let progress = Progress()
        let offers = Task {
            try await withThrowingTaskGroup(of: Tally.self) { group in
                for _ in 0..<Self.connectionCount {
                    group.addTask {
                        try await Self.offer(
                            path,
                            count: Self.callCount / Self.connectionCount,
                            progress
                        )
                    }
                }
                var all = Tally()
                for try await tally in group { all.add(tally) }
                return all
            }
        }
        while progress.refused == 0 { try await Task.sleep(for: .milliseconds(5)) }
        let kill = try await client.killSwitch(.engage(.cancel, reason: "overload"))
        let answeredBefore = progress.answered
        #expect(kill.isEngaged)
        // Meanwhile: offered after 64,000 calls, answered before the last of them.
        #expect(answeredBefore < Self.callCount)
        let watch = Task {
            var most = 0
            while !Task.isCancelled {
                most = max(most, desk.server.residentKiB)
                try? await Task.sleep(for: .milliseconds(20))
            }
            return most
        }
        let tally = try await offers.value
        watch.cancel()
        let resident = max(await watch.value, desk.server.residentKiB)
        let refused = tally.byCode[.resourceExhausted] ?? 0
        print(
            "64,000 calls at once: \(tally.byCode), kill answered after \(answeredBefore) of "
                + "them, resident \(before) KiB before, at most \(resident) KiB"
        )
        #expect(tally.withoutAnswer == 0)
        #expect(tally.byCode.values.reduce(0, +) == Self.callCount)
        #expect(refused > 0)
        #expect(resident < before + 256 * 1_024)
        // And afterwards it serves as before.
        #expect(try await client.health().mode == "testnet")
        await client.close()
    }
}
