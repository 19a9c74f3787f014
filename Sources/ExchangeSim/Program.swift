import ArgumentParser
import Dispatch
import MarketReplay
import MatchingEngine
import TradingCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command line of the simulated exchange.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ExchangeSim",
        abstract: "A Binance Spot that runs on a desk: REST, WebSocket API and market streams.",
        discussion: """
            Listens on the loopback address only. When ready it prints one line, \
            `ready rest=.. ws-api=.. stream=..`. SIGTERM and SIGINT end it.
            """
    )

    @Option(help: "The port for everything; 0 for any free one.")
    var port = 0

    @Option(help: "The seed of everything that is random.")
    var seed: UInt64 = 1

    @Option(help: "A symbol to list; may be repeated (default: BTCUSDT and ETHUSDT).")
    var symbol: [String] = []

    @Option(help: "The API key of the first account.")
    var key = SimConfiguration.defaultKey

    @Option(help: "The secret of the first account's key.")
    var secret = SimConfiguration.defaultSecret

    @Option(help: "An opening balance, such as BTC=10; may be repeated.")
    var balance: [String] = []

    @Option(help: "Commission of the resting side, as a share such as 0.001.")
    var makerFee = "0.001"

    @Option(help: "Commission of the taking side, as a share such as 0.001.")
    var takerFee = "0.001"

    @Option(help: "How often the seeded market moves, in milliseconds; 0 for a still market.")
    var marketInterval: Int64 = 200

    @Option(
        help: """
            What to play in place of the seeded market: a recording of real streams, Binance's \
            public data (trades, aggTrades, klines; CSV or zip), or a tick CSV.
            """
    )
    var replay: String?

    @Option(help: "How fast to play it: real, fast:N, or step (only when a request says so).")
    var replaySpeed = "real"

    @Option(
        help: """
            real, virtual or virtual:MS (milliseconds since the epoch; moves by POST \
            /sim/clock/advance), or replay (the recording's time; timestamps are not checked).
            """
    )
    var clock = "real"

    @Option(help: "A JSON file with further accounts and their keys.")
    var accounts: String?

    @Option(help: "A JSON file with a list of faults to arm at the start.")
    var faults: String?

    @Option(help: "What becomes of orders that meet their own account's: EXPIRE_MAKER, NONE, ….")
    var selfTradePrevention = SelfTradePrevention.expireMaker.rawValue

    @Flag(help: "Serves the spot listen keys that Binance removed in 2026, for older clients.")
    var legacyListenKey = false

    @Flag(help: "Lets session.logon take HMAC and RSA keys, which Binance refuses there.")
    var anyKeyLogon = false

    @Flag(help: "Never refuses for limits, counts no weight, and lists limits nobody comes near.")
    var noRateLimits = false

    func validate() throws { _ = try self.makeConfiguration() }

    func run() async throws {
        OpenFiles.raiseLimit()
        let server: SimServer
        do {
            var configuration = try self.makeConfiguration()
            try self.readFiles(&configuration)
            server = try await SimServer.start(configuration)
        } catch {
            Self.complain("ExchangeSim: \(error)")
            throw ExitCode(2)
        }
        let end = Self.endSignals()
        print(server.readyLine)
        fflush(nil)
        for await _ in end { break }
        try await server.stop()
    }

    private func makeConfiguration() throws -> SimConfiguration {
        var configuration = SimConfiguration()
        configuration.port = self.port
        configuration.seed = self.seed
        let names = self.symbol.isEmpty ? SimConfiguration.defaultSymbols : self.symbol
        for name in names {
            guard let symbol = SimConfiguration.symbol(name) else {
                throw ValidationError("the quote asset of \(name) is not known")
            }
            configuration.symbols.append(symbol)
        }
        configuration.accounts = [try self.firstAccount()]
        guard self.marketInterval >= 0 else {
            throw ValidationError("the market interval must not be negative")
        }
        configuration.marketIntervalMilliseconds = self.marketInterval
        configuration.replayPath = self.replay
        configuration.replaySpeed = try Self.speed(self.replaySpeed)
        configuration.servesListenKeys = self.legacyListenKey
        configuration.logsOnWithAnyKey = self.anyKeyLogon
        configuration.enforcesRateLimits = !self.noRateLimits
        guard let prevention = SelfTradePrevention(rawValue: self.selfTradePrevention) else {
            throw ValidationError("\(self.selfTradePrevention) is no mode of Binance's")
        }
        configuration.selfTradePrevention = prevention
        try self.setClock(&configuration)
        return configuration
    }

    /// Adds what the named files say; a file that does not say it ends the program.
    private func readFiles(_ configuration: inout SimConfiguration) throws {
        if let path = self.accounts {
            let usual = configuration.accounts.first?.rates ?? SimConfiguration.defaultRates
            configuration.accounts += try AccountsFile.read(path, usual: usual)
        }
        if let path = self.faults {
            guard let scenario = try AccountsFile.json(path).elements else {
                throw FileError(path: path, reason: "it is not a list")
            }
            configuration.faults = scenario
        }
    }

    private func firstAccount() throws -> AccountConfiguration {
        guard KeyConfiguration.isKey(self.key) else {
            throw ValidationError("an API key has 64 letters and digits")
        }
        var balances: [OpeningBalance] = []
        for text in self.balance.isEmpty ? SimConfiguration.defaultBalances : self.balance {
            guard let balance = SimConfiguration.balance(text) else {
                throw ValidationError("\(text) is not ASSET=AMOUNT")
            }
            balances.append(balance)
        }
        return AccountConfiguration(
            balances: balances,
            rates: CommissionRates(
                maker: try Self.rate(self.makerFee),
                taker: try Self.rate(self.takerFee)
            ),
            keys: [KeyConfiguration(key: self.key, secret: .hmac(self.secret))]
        )
    }

    /// The time at which a virtual clock begins where none is given: 2025-11-13 02:13:20 UTC.
    private static let virtualStart: Int64 = 1_763_000_000_000

    private func setClock(_ configuration: inout SimConfiguration) throws {
        switch self.clock {
        case "real": return
        case "virtual":
            configuration.virtualClockStart = WallTime(milliseconds: Self.virtualStart)
        case "replay":
            guard self.replay != nil else {
                throw ValidationError("--clock replay needs --replay")
            }
            configuration.isClockRecorded = true
            configuration.ignoresTimestamps = true
        default:
            guard self.clock.hasPrefix("virtual:"), let start = Int64(self.clock.dropFirst(8)),
                start >= 0
            else { throw ValidationError("\(self.clock) is not real, virtual:MS or replay") }
            configuration.virtualClockStart = WallTime(milliseconds: start)
        }
    }

    /// A share below one, times 10⁸.
    private static func rate(_ text: String) throws -> Int64 {
        guard let rate = try? Quantity(text), (0..<100_000_000).contains(rate.raw) else {
            throw ValidationError("\(text) is not a share between 0 and 1")
        }
        return rate.raw
    }

    private static func speed(_ text: String) throws -> ReplaySpeed {
        if text == "real" { return .real }
        if text == "step" { return .step }
        guard text.hasPrefix("fast:"), let factor = Int64(text.dropFirst(5)),
            (1...100_000).contains(factor)
        else { throw ValidationError("\(text) is not real, fast:N or step") }
        return .fast(factor)
    }

    /// Yields when the process is asked to end.
    private static func endSignals() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        let kept = SignalSources(sources)
        continuation.onTermination = { _ in kept.cancel() }
        return stream
    }

    private static func complain(_ message: String) {
        let bytes = Array((message + "\n").utf8)
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// Keeps signal sources alive for as long as somebody waits for them.
private final class SignalSources: @unchecked Sendable {
    // A dispatch source may be used from any thread; its protocol merely does not say so.
    private let sources: [any DispatchSourceSignal]

    init(_ sources: [any DispatchSourceSignal]) { self.sources = sources }

    func cancel() { for source in self.sources { source.cancel() } }
}
