import Foundation
import Testing
import TradingAPI

/// An exchange and a gateway connected to it, as processes, with a store that goes away.
///
/// Sendable: ``restartServer()``, the only change, is never called beside anything else.
final class Desk: @unchecked Sendable {
    static let key = "testkey000000000000000000000000000000000000000000000000000000001"
    static let secret = "testsecret0000000000000000000000000000000000000000000000000001"

    let folder: String
    let exchange: ProgramUnderTest
    let account: ExchangeAccount
    private(set) var server: ProgramUnderTest
    private let configurationPath: String

    struct Setup {
        var exchangeArguments = ["--market-interval", "0"]
        var balances = ["BTC=100", "USDT=10000000"]
        var mode = "testnet"
        var symbols = "[BTCUSDT, ETHUSDT]"
        var notionalMax = "1000000"
        var openOrdersMax = 1_000
        var timing = "receive_window_ms: 1000, absence_margin_ms: 500"
        var environment: [String: String] = [:]
        /// Whether the exchange counts and refuses as Binance does.
        var enforcesRateLimits = false
    }

    private let setup: Setup

    init(_ setup: Setup = Setup()) throws {
        self.setup = setup
        self.folder = NSTemporaryDirectory() + "desk-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: self.folder,
            withIntermediateDirectories: true
        )
        self.exchange = try ProgramUnderTest(
            "ExchangeSim",
            ["--port", "0", "--seed", "7", "--key", Desk.key, "--secret", Desk.secret]
                + (setup.enforcesRateLimits ? [] : ["--no-rate-limits"])
                + setup.exchangeArguments + setup.balances.flatMap { ["--balance", $0] },
            logFolder: self.folder
        )
        let urls = self.exchange.readyValues
        self.account = ExchangeAccount(
            url: try #require(urls["rest"]),
            key: Desk.key,
            secret: Desk.secret
        )
        self.configurationPath = self.folder + "/config.yaml"
        let configuration = """
            store: \(self.folder)/store
            mode: \(setup.mode)
            listen:
              tcp: 127.0.0.1:0
              unix: \(self.folder)/rpc.sock
            symbols: \(setup.symbols)
            limits:
              order_notional_max: "\(setup.notionalMax)"
              open_orders_max: \(setup.openOrdersMax)
            timing: {\(setup.timing)}
            venues:
              testnet:
                rest: \(try #require(urls["rest"]))
                websocket_api: \(try #require(urls["ws-api"]))
                stream: \(try #require(urls["stream"]))
                api_key: \(Desk.key)
            """
        try configuration.write(
            toFile: self.configurationPath,
            atomically: true,
            encoding: .utf8
        )
        self.server = try Self.start(self.configurationPath, setup, self.folder)
    }

    deinit {
        self.server.end(with: SIGKILL)
        self.exchange.end(with: SIGKILL)
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    private static func start(
        _ configurationPath: String,
        _ setup: Setup,
        _ folder: String
    ) throws -> ProgramUnderTest {
        let secrets = ["TRADING_TESTNET_API_SECRET": Desk.secret]
        return try ProgramUnderTest(
            "RPCServer",
            ["--config", configurationPath],
            environment: secrets.merging(setup.environment) { $1 },
            logFolder: folder
        )
    }

    /// Ends the server without warning, from any thread.
    func killServer() { self.server.end(with: SIGKILL) }

    /// Starts the server again on the same store, after it ended.
    func restartServer() throws {
        self.server = try Self.start(self.configurationPath, self.setup, self.folder)
    }

    var tcpAddress: String { self.server.readyValues["tcp"] ?? "" }
    var unixPath: String { self.folder + "/rpc.sock" }

    /// A connection to the server.
    func client(timeoutMilliseconds: Int64 = 20_000) async throws -> TradingClient {
        try await TradingClient.connect(
            to: self.tcpAddress,
            timeoutMilliseconds: timeoutMilliseconds
        )
    }

    /// A connection to a server that takes orders, or is only kept from it by the kill switch.
    func readyClient() async throws -> TradingClient {
        let client = try await self.client()
        for _ in 0..<600 {
            let health = try await client.health()
            if !health.notReadyReasons.contains(where: { !$0.hasPrefix("the kill switch") }) {
                return client
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ProgramUnderTest.DidNotStart(
            description: "the server is never ready:\n\(self.server.output)"
        )
    }

    var storePath: String { self.folder + "/store" }

    /// Flips a bit of the journal's first file with the suffix that holds the text.
    ///
    /// - Returns: False where there is none.
    func damageStore(_ text: String, suffix: String) throws -> Bool {
        let folder = self.storePath + "/journal"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder)
        where name.hasSuffix(suffix) {
            let url = URL(fileURLWithPath: folder + "/" + name)
            var data = try Data(contentsOf: url)
            guard let range = data.range(of: Data(text.utf8)) else { continue }
            data[range.lowerBound] ^= 1
            try data.write(to: url)
            return true
        }
        return false
    }

    /// Runs tradectl against the server, or on files.
    func tradectl(
        _ arguments: [String],
        isOffline: Bool = false
    ) throws -> (code: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = try ProgramUnderTest.url(of: "tradectl")
        process.arguments = arguments + (isOffline ? [] : ["--address", self.tcpAddress])
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
