import TradingCore

/// The server's configuration, complete and checked.
struct Configuration {
    /// The folder of the journal; made where it is missing.
    var storePath: String
    var unixSocketPath: String?
    /// Beyond loopback only with TLS and tokens.
    var tcpAddress: HostAndPort?
    /// What the TCP listener speaks; nil for plain text.
    var tls: TLSSettings?
    var rpcLimits: RPCLimits
    var stream: Broadcaster.Settings
    var gateway: GatewaySettings
    var exchanges: [ExchangeSettings]
    /// The exchange inside of the process, where one is wanted.
    var paper: PaperSettings?
    var audit: AuditSettings
    var killSwitch: KillSettings
    var access: AccessSettings
    /// Nil where there is no second factor.
    var secondFactor: OneTimeCodeSettings?

    struct HostAndPort: Hashable {
        var host: String
        var port: Int
        /// Where it is said.
        var place: String
    }

    /// How one exchange is reached; the secret is read from its place when it is needed.
    struct ExchangeSettings {
        var venue: VenueID
        var restURL: String
        var websocketAPIURL: String
        var streamURL: String
        var apiKey: String
        var secretPlace: SecretPlace
        var connectionCount: Int
    }

    enum SecretPlace: Hashable {
        case variable(String)
        case file(String)
    }

    /// Reads the configuration.
    ///
    /// - Parameters:
    ///   - yaml: The text of the file.
    ///   - environment: The process's variables; `TRADING_…` ones override the file.
    /// - Throws: Every problem at once, each with its line or variable.
    init(yaml: String, environment: [String: String]) throws(ConfigurationError) {
        var raw = try RawSettings(yaml: yaml, environment: environment)
        let store = raw.text("store", expected: "the folder of the journal")
        self.storePath = store ?? ""
        self.unixSocketPath = raw.optionalText("listen.unix")
        self.tcpAddress = raw.address("listen.tcp")
        if self.unixSocketPath == nil, self.tcpAddress == nil {
            raw.report("file", "listen.unix or listen.tcp is needed: nobody could call")
        }
        var exchanges: [ExchangeSettings] = []
        for venue in [VenueID.testnet, .live] {
            let section = "venues.\(venue.mode.name)"
            guard raw.has(section: section) else { continue }
            exchanges.append(raw.exchange(venue, section: section, environment: environment))
        }
        self.exchanges = exchanges
        let paper = raw.paper(exchanges: exchanges.map(\.venue))
        self.paper = paper
        let venues = exchanges.map(\.venue) + (paper == nil ? [] : [.paper])
        self.gateway = raw.gateway(exchanges: venues)
        if case .marketData? = paper?.source, !exchanges.isEmpty,
            self.gateway.marketVenue == .paper
        {
            raw.report("file", "market_data: paper follows prices of its own only from a recording")
        }
        self.secondFactor = raw.approvals(&self.gateway, environment: environment)
        self.audit = raw.audit()
        self.killSwitch = raw.killSwitch(environment: environment)
        self.access = raw.access()
        self.tls = raw.tls()
        self.rpcLimits = raw.rpcLimits()
        self.stream = raw.stream()
        if self.unixSocketPath == nil, self.access.tcp == .token {
            raw.report(
                "file",
                "listen.unix is needed: tokens for TCP are made there (rpc.tcp.authentication: "
                    + "none lets every process of this machine do everything)"
            )
        }
        raw.guardExposure(self)
        try raw.finish()
    }
}

extension RawSettings {
    fileprivate mutating func text(_ name: String, expected: String) -> String? {
        self.value(name, default: nil, expected: expected) { $0.isEmpty ? nil : $0 }
    }

    mutating func optionalText(_ name: String) -> String? {
        self.take(name).flatMap { $0.items.first }
    }

    fileprivate mutating func address(_ name: String) -> Configuration.HostAndPort? {
        guard let raw = self.take(name) else { return nil }
        let text = raw.items.joined(separator: ",")
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let port = UInt16(parts[1]) else {
            self.report(raw.place, "\(name): expected host:port, found \"\(text)\"")
            return nil
        }
        return Configuration.HostAndPort(
            host: String(parts[0]),
            port: Int(port),
            place: raw.place
        )
    }

    private mutating func url(_ name: String, schemes: [String]) -> String {
        let expected = schemes.map { "\($0)://…" }.joined(separator: " or ")
        return self.value(name, default: nil, expected: expected) { text in
            schemes.contains { text.hasPrefix($0 + "://") } ? text : nil
        } ?? ""
    }

    fileprivate mutating func exchange(
        _ venue: VenueID,
        section: String,
        environment: [String: String]
    ) -> Configuration.ExchangeSettings {
        let secretVariable = "TRADING_\(venue.mode.name.uppercased())_API_SECRET"
        let file = self.optionalText("\(section).api_secret_file")
        if file == nil, environment[secretVariable] == nil {
            self.report(
                "file",
                "\(section): set \(secretVariable) or \(section).api_secret_file"
            )
        }
        return Configuration.ExchangeSettings(
            venue: venue,
            restURL: self.url("\(section).rest", schemes: ["https", "http"]),
            websocketAPIURL: self.url("\(section).websocket_api", schemes: ["wss", "ws"]),
            streamURL: self.url("\(section).stream", schemes: ["wss", "ws"]),
            apiKey: self.text("\(section).api_key", expected: "the key's public part") ?? "",
            secretPlace: file.map { .file($0) } ?? .variable(secretVariable),
            connectionCount: self.count("\(section).connections", default: 8, in: 1...128)
        )
    }

    mutating func count(
        _ name: String,
        default fallback: Int,
        in range: ClosedRange<Int>
    ) -> Int {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return self.value(name, default: fallback, expected: expected) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    mutating func milliseconds(
        _ name: String,
        default fallback: Int64,
        in range: ClosedRange<Int>
    ) -> Int64 {
        Int64(self.count(name, default: Int(fallback), in: range))
    }

    static let shareExpected = "a share from 0 to 1, such as 0.001"

    /// A share such as 0.001, in millionths.
    static func millionths(_ text: String) -> Int64? {
        guard let share = try? Price(text), share.raw >= 0, share.raw <= 100_000_000,
            share.raw % 100 == 0
        else { return nil }
        return share.raw / 100
    }

    private mutating func millionths(_ name: String, default fallback: Int64) -> Int64 {
        self.value(
            name,
            default: fallback,
            expected: Self.shareExpected,
            parse: Self.millionths
        ) ?? fallback
    }

    mutating func flag(_ name: String, default fallback: Bool) -> Bool {
        self.value(name, default: fallback, expected: "true or false") { text in
            ["true": true, "false": false][text]
        } ?? fallback
    }

    private mutating func limits() -> RiskLimits {
        let listed = self.take("symbols")
        let symbols = (listed?.items ?? []).map(Symbol.init)
        if symbols.isEmpty {
            self.report(listed?.place ?? "file", "symbols: list at least one, such as [BTCUSDT]")
        }
        let notional = self.value(
            "limits.order_notional_max",
            default: Amount?.none,
            expected: "an amount of the quote asset above zero"
        ) { text in
            (try? Amount(text)).flatMap { $0.isPositive ? $0 : nil }
        }
        var limits = RiskLimits(
            allowedSymbols: symbols,
            orderNotionalMax: notional ?? .zero,
            openOrdersMax: self.count("limits.open_orders_max", default: 200, in: 1...10_000),
            feeReserveMillionths: self.millionths("limits.fee_reserve", default: 1_000),
            marketSlippageMillionths: self.millionths("limits.market_slippage", default: 10_000)
        )
        self.protect(&limits)
        self.bound(&limits)
        return limits
    }

    private mutating func timing() -> GatewaySettings.Timing {
        var timing = GatewaySettings.Timing()
        timing.receiveWindowMilliseconds = self.milliseconds(
            "timing.receive_window_ms",
            default: timing.receiveWindowMilliseconds,
            in: 100...60_000
        )
        timing.absenceMarginMilliseconds = self.milliseconds(
            "timing.absence_margin_ms",
            default: timing.absenceMarginMilliseconds,
            in: 100...600_000
        )
        timing.inquiryIntervalMilliseconds = self.milliseconds(
            "timing.inquiry_interval_ms",
            default: timing.inquiryIntervalMilliseconds,
            in: 50...60_000
        )
        timing.balanceIntervalMilliseconds = self.milliseconds(
            "timing.balance_interval_ms",
            default: timing.balanceIntervalMilliseconds,
            in: 1_000...3_600_000
        )
        timing.balanceLagMilliseconds = self.milliseconds(
            "timing.balance_lag_ms",
            default: timing.balanceLagMilliseconds,
            in: 100...600_000
        )
        timing.streamGraceMilliseconds = self.milliseconds(
            "timing.stream_grace_ms",
            default: timing.streamGraceMilliseconds,
            in: 100...600_000
        )
        timing.unknownAlertMilliseconds = self.milliseconds(
            "timing.unknown_alert_ms",
            default: timing.unknownAlertMilliseconds,
            in: 100...86_400_000
        )
        return timing
    }

    static var modeExpected: String {
        "one of \(TradingMode.allCases.map(\.name).joined(separator: ", "))"
    }

    fileprivate mutating func gateway(exchanges: [VenueID]) -> GatewaySettings {
        let mode = self.value(
            "mode",
            default: .monitor,
            expected: Self.modeExpected,
            parse: TradingMode.init(name:)
        )
        let market = self.value(
            "market_data",
            default: exchanges.first ?? .testnet,
            expected: "testnet, live or paper"
        ) { text in
            TradingMode(name: text)?.venue
        }
        if let market, !exchanges.contains(market) {
            self.report(
                "file",
                "venues.\(market.mode.name) is needed: prices and rules come from there"
            )
        }
        var settings = GatewaySettings(
            initialMode: mode ?? .monitor,
            allowsLiveTrading: self.flag("allow_live_trading", default: false),
            exchanges: exchanges,
            marketVenue: market ?? .testnet,
            limits: self.limits(),
            timing: self.timing()
        )
        settings.allowsWithdrawingKeys = self.flag("venues.live.key_may_withdraw", default: false)
        for venue in exchanges {
            settings.dailyNotionalCaps[venue] = self.dailyNotionalCap("venues.\(venue.mode.name)")
        }
        settings.strategies = self.strategies()
        settings.restartPolicy = self.restartPolicy()
        settings.balanceTolerance = self.balanceTolerance()
        return settings
    }
}
