import Foundation
import Glibc
import SystemTestSupport
import Testing
import TTRPC
import TradingAPI
import TradingCore

@Suite(.serialized, .timeLimit(.minutes(8))) struct BadInputTests {
    struct Wrong: CustomTestStringConvertible, Sendable {
        var name: String
        var change: @Sendable (inout OrderWish) -> Void
        /// What the answer must say.
        var words: [String]

        var testDescription: String { self.name }
    }

    static let malformed: [Wrong] = [
        Wrong(name: "no symbol", change: { $0.symbol = "" }, words: ["symbol", "missing"]),
        Wrong(name: "no quantity", change: { $0.quantity = "" }, words: ["quantity", "missing"]),
        Wrong(name: "negative", change: { $0.quantity = "-1" }, words: ["quantity", "-1"]),
        Wrong(name: "zero", change: { $0.quantity = "0" }, words: ["quantity", "above zero"]),
        Wrong(name: "words", change: { $0.quantity = "lots" }, words: ["quantity", "lots"]),
        Wrong(name: "exponent", change: { $0.quantity = "1e-3" }, words: ["quantity", "1e-3"]),
        Wrong(
            name: "too precise",
            change: { $0.quantity = "0.123456789" },
            words: ["quantity", "8 digits"]
        ),
        Wrong(
            name: "too large",
            change: { $0.quantity = "999999999999999" },
            words: ["quantity", "range"]
        ),
        Wrong(
            name: "price too precise",
            change: { $0.limitPrice = "50000.000000001" },
            words: ["price", "8 digits"]
        ),
        Wrong(
            name: "long key",
            change: { $0.idempotencyKey = String(repeating: "k", count: 65) },
            words: ["idempotency_key", "64"]
        ),
    ]

    static let refused: [Wrong] = [
        Wrong(
            name: "unknown symbol",
            change: { $0.symbol = "DOGEUSDT" },
            words: ["symbol_allowed"]
        ),
        Wrong(name: "off the step", change: { $0.quantity = "0.123456" }, words: ["quantity_step"]),
        Wrong(name: "off the tick", change: { $0.limitPrice = "50000.001" }, words: ["price_tick"]),
        Wrong(
            name: "too small",
            change: {
                $0.quantity = "0.00001"
                $0.limitPrice = "50000"
            },
            words: ["venue_notional"]
        ),
        Wrong(name: "too valuable", change: { $0.quantity = "50" }, words: ["order_notional"]),
        Wrong(
            name: "not in the account",
            change: {
                $0.side = .sell
                $0.quantity = "101"
                $0.limitPrice = "1000"
            },
            words: ["available_balance"]
        ),
    ]

    @Test func `malformed and refused orders name what is wrong and disturb nobody`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        for wrong in Self.malformed {
            var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
            wrong.change(&wish)
            let bad = wish
            let error = await #expect(throws: TradingClientError.self, "\(wrong.name)") {
                try await client.place(bad)
            }
            guard case .status(let status) = error else {
                Issue.record("\(wrong.name): \(String(describing: error))")
                continue
            }
            for word in wrong.words {
                #expect(status.message.contains(word), "\(wrong.name): \(status.message)")
            }
        }
        for wrong in Self.refused {
            var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
            wrong.change(&wish)
            let order = try await client.place(wish).order
            #expect(order.status == "REFUSED", "\(wrong.name)")
            #expect(order.refusal?.rule == wrong.words[0], "\(wrong.name): \(order)")
            #expect(order.refusal?.limit.isEmpty == false, "\(wrong.name)")
            #expect(order.refusal?.actual.isEmpty == false, "\(wrong.name)")
        }
        #expect(try await desk.account.orders("BTCUSDT").isEmpty)
        await client.close()
    }

    @Test func `broken frames end their own connection only`() async throws {
        let desk = try Desk()
        let client = try await desk.readyClient()
        let oversized: [UInt8] = [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1, 1, 0]
        let unknownType: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1, 9, 0]
        let evenStream: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 2, 1, 0]
        let noise = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
        for bytes in [oversized, unknownType, evenStream, noise] {
            let socket = try RawSocket(unixPath: desk.unixPath)
            socket.send(bytes)
            #expect(socket.readsToEnd(), "the connection stays open after \(bytes)")
        }
        #expect(try await client.health().isReady)
        await client.close()
    }

    @Test func `a wrong API secret is named, and no order leaves`() async throws {
        var setup = Desk.Setup()
        setup.environment = ["TRADING_TESTNET_API_SECRET": "wrong"]
        let desk = try Desk(setup)
        let client = try await desk.client()
        var reasons = ""
        for _ in 0..<200 where !reasons.contains("Signature") {
            reasons = try await client.health().notReadyReasons.joined(separator: "; ")
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(reasons.contains("Signature for this request is not valid"))
        await #expect {
            try await client.place(OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01"))
        } throws: { error in
            guard case .refused(let refusal)? = error as? TradingClientError else { return false }
            return refusal.rule == "not_ready"
        }
        #expect(try await desk.account.orders("BTCUSDT").isEmpty)
        await client.close()
    }

    @Test func `a configuration names every problem with its line`() throws {
        let folder = NSTemporaryDirectory() + "config-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/config.yaml"
        try """
        stor: /tmp/x
        mode: fast
        listen:
          tcp: 10.0.0.1:7070
        symbols: []
        limits:
          price_collar: 2
          order_rate_max: 0
          position_notional_max: many
          symbols: {LTCUSDT: {order_quantity_max: 1}}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let process = Process()
        let pipe = Pipe()
        process.executableURL = try ProgramUnderTest.url(of: "RPCServer")
        process.arguments = ["--config", path]
        process.standardError = pipe
        try process.run()
        let output = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(),
            as: UTF8.self
        )
        process.waitUntilExit()
        #expect(process.terminationStatus == 2)
        for words in [
            "line 1: stor: no such setting", "line 2: mode", "line 4: listen.tcp",
            "beyond loopback",
            "symbols", "store is missing", "limits.order_notional_max is missing",
            "line 7: limits.price_collar", "line 8: limits.order_rate_max",
            "line 9: limits.position_notional_max",
            "limits.symbols.LTCUSDT.order_quantity_max: no such setting",
        ] {
            #expect(output.contains(words), "\(words) is not in\n\(output)")
        }
    }
}

/// A socket without any protocol.
final class RawSocket {
    private let descriptor: Int32

    init(unixPath: String) throws {
        self.descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            unsafe path.copyBytes(from: Array(unixPath.utf8).prefix(path.count - 1))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(
                    self.descriptor,
                    $0,
                    socklen_t(MemoryLayout<sockaddr_un>.size)
                )
            }
        }
        try #require(result == 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(
            self.descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &limit,
            socklen_t(MemoryLayout<timeval>.size)
        )
    }

    deinit { close(self.descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = unsafe Glibc.send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Whether the other side closes within ten seconds.
    func readsToEnd() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe recv(self.descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return count == 0 || errno == ECONNRESET }
        }
    }
}
