import MarketReplay
import MatchingEngine
import TradingCore

/// A symbol to list, and where its price begins.
struct SymbolConfiguration: Sendable {
    var rules: MarketRules
    var opening: Price
}

/// What an account holds in the beginning.
struct OpeningBalance: Sendable, Equatable {
    let asset: Asset
    let amount: Amount
}

/// Everything that an exchange is started with.
struct SimConfiguration: Sendable {
    /// The key that clients use where nothing else is said; 64 characters, as real ones have.
    static let defaultKey = "simkey0000000000000000000000000000000000000000000000000000000001"
    /// The secret that goes with it.
    static let defaultSecret = "simsecret0000000000000000000000000000000000000000000000000000001"

    /// The port to listen on; 0 for any free one.
    var port = 0
    var seed: UInt64 = 1
    var symbols: [SymbolConfiguration] = []
    /// The accounts to open; requests of the control API mean the first where they name no key.
    var accounts: [AccountConfiguration] = []
    /// How often the seeded market moves; 0 for never.
    var marketIntervalMilliseconds: Int64 = 200
    var enforcesRateLimits = true
    /// What becomes of an order that meets another of its account, where it does not say itself.
    var selfTradePrevention = SelfTradePrevention.expireMaker
    /// The recording to play in place of the seeded market.
    var replayPath: String?
    var replaySpeed = ReplaySpeed.real
    /// Whether the clock tells the recording's time.
    var isClockRecorded = false
    /// The faults to arm at the start, as control requests.
    var faults: [JSONValue] = []
    /// Where a clock that only requests move begins; nil for the machine's clock.
    var virtualClockStart: WallTime?
    /// Whether the listen keys that Binance removed in 2026 are served.
    var servesListenKeys = false
    /// Whether `session.logon` takes HMAC and RSA keys, which Binance refuses there.
    var logsOnWithAnyKey = false
    /// How often a WebSocket is pinged, in the machine's time.
    var pingIntervalMilliseconds: Int64 = 20_000
    /// In which time of the machine a market stream takes five messages.
    var messageWindowMilliseconds: Int64 = 1000
    /// How long a client may take over a request, from its first byte to its last.
    var requestTimeoutMilliseconds: Int64 = 10_000
    /// Whether `timestamp` may be any time.
    var ignoresTimestamps = false

    /// A tenth of a percent on either side.
    static let defaultRates = CommissionRates(maker: 100_000, taker: 100_000)
    static let defaultSymbols = ["BTCUSDT", "ETHUSDT"]
    static let defaultBalances = ["BTC=10", "ETH=100", "USDT=1000000"]

    /// A symbol with its default rules, or nil where the name does not end in a known quote asset.
    static func symbol(_ name: String) -> SymbolConfiguration? {
        guard let rules = MarketRules.standard(for: name) else { return nil }
        let opening: Int64 =
            switch rules.symbol.baseAsset.name {
            case "BTC": 60_000
            case "ETH": 2_600
            case "BNB": 600
            default: 100
            }
        return SymbolConfiguration(rules: rules, opening: Price(raw: opening * 100_000_000))
    }

    /// A balance such as `BTC=1.5`, or nil where it is not one.
    static func balance(_ text: String) -> OpeningBalance? {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let amount = try? Amount(parts[1]),
            amount.raw >= 0
        else { return nil }
        return OpeningBalance(asset: Asset(String(parts[0])), amount: amount)
    }

    /// The configuration of a test or a first start: default symbols and balances.
    static func standard() -> SimConfiguration {
        var configuration = SimConfiguration()
        configuration.symbols = Self.defaultSymbols.compactMap(Self.symbol)
        configuration.accounts = [
            AccountConfiguration(
                balances: Self.defaultBalances.compactMap(Self.balance),
                rates: Self.defaultRates,
                keys: [
                    KeyConfiguration(key: Self.defaultKey, secret: .hmac(Self.defaultSecret))
                ]
            )
        ]
        return configuration
    }
}
