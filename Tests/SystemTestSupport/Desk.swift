import Foundation
package import TradingAPI

/// An exchange and a gateway connected to it, as processes, with a store that goes away.
///
/// Sendable: ``restartServer()``, the only change, is never called beside anything else.
package final class Desk: @unchecked Sendable {
    package static let key = "testkey000000000000000000000000000000000000000000000000000000001"
    package static let secret = "testsecret0000000000000000000000000000000000000000000000000001"
    /// The key and secret of the account of ``Setup/hasNeighbour``.
    private static let neighbourKey =
        "neighbour0000000000000000000000000000000000000000000000000000001"

    package let folder: String
    package let exchange: ProgramUnderTest
    package let account: ExchangeAccount
    /// Another customer of the exchange, where the setup has one.
    package let neighbour: ExchangeAccount
    package private(set) var server: ProgramUnderTest
    private let setup: Setup
    private let exchangeURLs: [String: String]

    package struct Setup: Sendable {
        package var exchangeArguments = ["--market-interval", "0"]
        package var balances = ["BTC=100", "USDT=10000000"]
        /// Whether the exchange has a second customer.
        package var hasNeighbour = false
        /// What its key may do, as a JSON list.
        package var neighbourPermissions = #"["READ","TRADE"]"#
        package var mode = "testnet"
        package var symbols = "[BTCUSDT, ETHUSDT]"
        package var notionalMax = "1000000"
        package var openOrdersMax = 1_000
        package var timing = "receive_window_ms: 1000, absence_margin_ms: 500"
        package var audit = ""
        package var killSwitch = ""
        /// What TCP callers must show: none or token.
        package var tcpAuthentication = "none"
        package var connections = 8
        /// The settings of the paper venue, on one line; empty for none.
        package var paper = ""
        /// Whether the exchange is configured as live, too, with the neighbour's account, and live
        /// trading allowed.
        package var allowsLiveTrading = false
        /// How much may be placed live in one day.
        package var liveDailyCap = "USDT=10000000"
        /// The settings of single strategies, on one line; empty for none.
        package var strategies = ""
        /// The server's variables; `$DESK` in a value is the desk's folder.
        package var environment: [String: String] = [:]
        /// Whether the exchange counts and refuses as Binance does.
        package var enforcesRateLimits = false

        package init() {}
    }

    /// Starts both programs; blocks until they are ready.
    package init(_ setup: Setup = Setup()) throws {
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
                + setup.exchangeArguments + setup.balances.flatMap { ["--balance", $0] }
                + (try Self.neighbourArguments(setup, folder: self.folder)),
            logFolder: self.folder
        )
        let urls = self.exchange.readyValues
        self.exchangeURLs = urls
        let rest = urls["rest"] ?? ""
        self.account = ExchangeAccount(url: rest, key: Desk.key, secret: Desk.secret)
        self.neighbour = ExchangeAccount(
            url: rest,
            key: Desk.neighbourKey,
            secret: Desk.neighbourKey
        )
        try Self.writeConfiguration(setup, urls, folder: self.folder, name: "store")
        self.server = try Self.start(setup, self.folder, name: "store")
    }

    deinit {
        self.server.end(with: SIGKILL)
        self.exchange.end(with: SIGKILL)
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    private static func neighbourArguments(_ setup: Setup, folder: String) throws -> [String] {
        guard setup.hasNeighbour || setup.allowsLiveTrading else { return [] }
        let key = Desk.neighbourKey
        let accounts = """
            {"accounts":[{"balances":{"BTC":"100","ETH":"100","USDT":"10000000"},\
            "keys":[{"key":"\(key)","secret":"\(key)",\
            "permissions":\(setup.neighbourPermissions)}]}]}
            """
        try accounts.write(toFile: "\(folder)/accounts.json", atomically: true, encoding: .utf8)
        return ["--accounts", "\(folder)/accounts.json"]
    }

    private static func writeConfiguration(
        _ setup: Setup,
        _ urls: [String: String],
        folder: String,
        name: String
    ) throws {
        let configuration = """
            store: \(folder)/\(name)
            mode: \(setup.mode)
            listen:
              tcp: 127.0.0.1:0
              unix: \(folder)/\(name == "store" ? "rpc" : name).sock
            rpc: {tcp: {authentication: \(setup.tcpAuthentication)}}
            symbols: \(setup.symbols)
            limits:
              order_notional_max: "\(setup.notionalMax)"
              open_orders_max: \(setup.openOrdersMax)
            timing: {\(setup.timing)}
            audit: {\(setup.audit)}
            kill_switch: {\(setup.killSwitch)}
            allow_live_trading: \(setup.allowsLiveTrading)
            venues:
            """
            + Self.venue("testnet", setup, urls)
            + (setup.allowsLiveTrading
                ? Self.venue("live", setup, urls, Self.neighbourKey)
                    + "\n    daily_notional_cap: [\(setup.liveDailyCap)]" : "")
            + (setup.paper.isEmpty ? "" : "\n  paper: {\(setup.paper)}")
            + (setup.strategies.isEmpty ? "" : "\nstrategies: {\(setup.strategies)}")
        try configuration.write(
            toFile: Self.configurationPath(name, in: folder),
            atomically: true,
            encoding: .utf8
        )
    }

    private static func venue(
        _ name: String,
        _ setup: Setup,
        _ urls: [String: String],
        _ key: String = Desk.key
    ) -> String {
        """

          \(name):
            rest: \(urls["rest"] ?? "")
            websocket_api: \(urls["ws-api"] ?? "")
            stream: \(urls["stream"] ?? "")
            api_key: \(key)
            connections: \(setup.connections)
        """
    }

    private static func configurationPath(_ name: String, in folder: String) -> String {
        "\(folder)/\(name == "store" ? "config" : name).yaml"
    }

    private static func start(
        _ setup: Setup,
        _ folder: String,
        name: String
    ) throws -> ProgramUnderTest {
        var environment = [
            "TRADING_TESTNET_API_SECRET": Desk.secret,
            "TRADING_LIVE_API_SECRET": Desk.neighbourKey,
        ]
        for (key, value) in setup.environment {
            environment[key] = value.replacingOccurrences(of: "$DESK", with: folder)
        }
        // What a copy of the store says is not said by the server.
        let logs = name == "store" ? folder : "\(folder)/\(name)-logs"
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        return try ProgramUnderTest(
            "RPCServer",
            ["--config", Self.configurationPath(name, in: folder)],
            environment: environment,
            logFolder: logs
        )
    }

    package var storePath: String { self.folder + "/store" }

    /// Ends the server without warning, from any thread.
    package func killServer() { self.server.end(with: SIGKILL) }

    /// Starts the server again on the same store, after it ended.
    ///
    /// - Parameter environment: Variables of this start alone.
    /// - Throws: Why it is not ready.
    package func restartServer(environment: [String: String] = [:]) throws {
        var setup = self.setup
        setup.environment.merge(environment) { $1 }
        self.server = try Self.start(setup, self.folder, name: "store")
    }

    /// Starts another server on another store, beside the first, at the same exchange.
    package func startTwin(onStore name: String) throws -> ProgramUnderTest {
        try Self.writeConfiguration(
            self.setup,
            self.exchangeURLs,
            folder: self.folder,
            name: name
        )
        return try Self.start(self.setup, self.folder, name: name)
    }

    /// Everything that the servers printed, those that ended included.
    package var serverOutput: String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self.folder)) ?? []
        return names.filter { $0.hasPrefix("RPCServer-") && $0.hasSuffix(".log") }
            .compactMap { try? String(contentsOfFile: "\(self.folder)/\($0)", encoding: .utf8) }
            .joined()
    }

    package var tcpAddress: String { self.server.readyValues["tcp"] ?? "" }
    package var unixPath: String { self.folder + "/rpc.sock" }

    /// Where whoever runs the desk may do everything.
    package var address: String {
        self.setup.tcpAuthentication == "none" ? self.tcpAddress : "unix:\(self.unixPath)"
    }

    /// A connection to the server.
    ///
    /// - Parameters:
    ///   - timeoutMilliseconds: How long a call may take.
    ///   - reconnects: Whether it is made anew; tests that end the server look for what is lost.
    /// - Returns: A connected client.
    /// - Throws: Why there is none.
    package func client(
        timeoutMilliseconds: Int64 = 20_000,
        reconnects: Bool = false
    ) async throws -> TradingClient {
        try await TradingClient.connect(
            to: self.address,
            timeoutMilliseconds: timeoutMilliseconds,
            reconnects: reconnects
        )
    }

    /// A connection to a server that takes orders, or is only kept from it by the kill switch.
    package func readyClient(timeoutMilliseconds: Int64 = 20_000) async throws -> TradingClient {
        let client = try await self.client(timeoutMilliseconds: timeoutMilliseconds)
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

    /// Flips a bit of the journal's first file with the suffix that holds the text.
    ///
    /// - Returns: False where there is none.
    package func damageStore(_ text: String, suffix: String) throws -> Bool {
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
    package func tradectl(
        _ arguments: [String],
        isOffline: Bool = false,
        environment: [String: String] = [:],
        address: String? = nil
    ) throws -> (code: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = try ProgramUnderTest.url(of: "tradectl")
        process.arguments = arguments + (isOffline ? [] : ["--address", address ?? self.address])
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
