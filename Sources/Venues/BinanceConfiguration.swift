package import Credentials
import Foundation
package import TradingCore

/// How one account at one Binance is reached.
package struct BinanceConfiguration: Sendable {
    /// Every wait of the venue edge, with its reason.
    package struct Timing: Hashable, Sendable {
        /// A connection that takes longer is not worth an order.
        package var connectTimeoutMilliseconds = 3_000
        /// Above the 10 s after which Binance itself gives an order up: a shorter one would make
        /// unknown outcomes of slow ones.
        package var requestTimeoutMilliseconds = 12_000
        /// Below the minute after which front servers close idle connections (S2).
        package var idleConnectionSecondsMax = 45
        package var clockIntervalMilliseconds: Int64 = 30_000
        package var clockRetryMilliseconds: Int64 = 2_000
        /// How long a stopping gateway waits for answers that are on their way.
        package var stopGraceMilliseconds: Int64 = 2_000
        package var stream = StreamTiming()

        package init() {}
    }

    package let venue: VenueID
    /// Such as `https://api.binance.com`, without a path.
    package let restURL: String
    /// Such as `wss://ws-api.binance.com/ws-api/v3`.
    package let websocketAPIURL: String
    /// Such as `wss://stream.binance.com`, without a path.
    package let streamURL: String
    package let apiKey: String
    package let secret: Secret
    /// Whether there is a user stream to subscribe.
    package private(set) var hasAccount = true
    /// Whose best prices are streamed; none needs no market stream.
    package var quotedSymbols: [Symbol] = []
    /// A PEM file of authorities to trust; nil for the system's.
    package var certificateAuthorityPath: String?
    /// How many requests may be on their way at a time, and connections be kept warm for them;
    /// more than 8 to 16 buy latency, not throughput.
    package var connectionCount = 8
    package var timing = Timing()

    /// - Throws: Where a URL or the key cannot be used.
    package init(
        venue: VenueID,
        restURL: String,
        websocketAPIURL: String,
        streamURL: String,
        apiKey: String,
        secret: Secret
    ) throws(BinanceConfigurationError) {
        self.venue = venue
        self.restURL = try Self.checked(restURL, "REST", schemes: ["https", "http"])
        self.websocketAPIURL = try Self.checked(
            websocketAPIURL,
            "WebSocket API",
            schemes: ["wss", "ws"]
        )
        self.streamURL = try Self.checked(streamURL, "stream", schemes: ["wss", "ws"])
        // The key stands in a header and in JSON: these characters need no quoting in either.
        let isLegal =
            !apiKey.isEmpty && apiKey.utf8.count <= 128
            && ClientOrderID(String(apiKey.prefix(36))) != nil
            && apiKey.utf8.allSatisfy { ClientOrderID(String(UnicodeScalar($0))) != nil }
        guard isLegal else { throw .illegalKey }
        self.apiKey = apiKey
        self.secret = secret
    }

    /// The public side of a venue: its rules, its books and its market streams, without an account.
    ///
    /// - Throws: Where a URL cannot be used.
    package init(
        marketOf venue: VenueID,
        restURL: String,
        streamURL: String
    ) throws(BinanceConfigurationError) {
        self.venue = venue
        self.restURL = try Self.checked(restURL, "REST", schemes: ["https", "http"])
        self.streamURL = try Self.checked(streamURL, "stream", schemes: ["wss", "ws"])
        self.websocketAPIURL = ""
        self.apiKey = ""
        // Public requests are not signed; a signer wants a key all the same.
        self.secret = Secret(text: "public")
        self.hasAccount = false
        self.connectionCount = 2
    }

    private static func checked(
        _ text: String,
        _ purpose: String,
        schemes: [String]
    ) throws(BinanceConfigurationError) -> String {
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
            schemes.contains(scheme), let host = url.host, !host.isEmpty, url.user == nil,
            url.password == nil, url.query == nil, url.fragment == nil
        else { throw .unusableURL(purpose: purpose, schemes: schemes) }
        let isEncrypted = scheme == "https" || scheme == "wss"
        guard isEncrypted || ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host) else {
            throw .unencrypted(purpose: purpose)
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

/// Why a venue cannot be configured so; the operator must correct it.
package enum BinanceConfigurationError: Error, Hashable, Sendable {
    /// Not a plain URL of one of the schemes, without credentials, query or fragment.
    case unusableURL(purpose: String, schemes: [String])
    /// Keys and orders beyond this machine travel encrypted only.
    case unencrypted(purpose: String)
    /// The API key has characters that no key of Binance has.
    case illegalKey
}
