import MarketReplay
import MatchingEngine
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TradingCore

@testable import ExchangeSim

/// What is fed with arbitrary bytes: every door through which they come in.
///
/// A run must end, whatever the bytes are, and must leave what it says; both libFuzzer
/// (`make fuzz`) and the seeded mutations of the tests run these.
enum FuzzTarget: String, CaseIterable {
    /// JSON texts: what parses is written and parses again as the same.
    case json
    /// Queries and bodies.
    case form
    /// Files with accounts, and with faults.
    case accounts
    /// Files to replay: recordings, CSV, gzip, zip; all of it is played.
    case replay
    /// Lines of `METHOD path?query`, each signed and executed; no asset is made or lost.
    case order
    /// The bytes of one connection: HTTP, WebSocket API and market streams.
    case socket
    /// Frames of the RPC, in pieces.
    case frames
    /// Envelopes of the RPC.
    case envelope
    /// The bytes of one RPC connection.
    case connection
    /// The payloads of the gateway's methods.
    case requests

    func run(_ bytes: [UInt8]) {
        switch self {
        case .json: Self.runJSON(bytes)
        case .form: Self.runForm(bytes)
        case .accounts: Self.runAccounts(bytes)
        case .replay: Self.runReplay(bytes)
        case .order: Self.runOrder(bytes)
        case .socket: Self.runSocket(bytes)
        case .frames: Self.runFrames(bytes)
        case .envelope: Self.runEnvelope(bytes)
        case .connection: Self.runConnection(bytes)
        case .requests: Self.runRequests(bytes)
        }
    }

    private static func runJSON(_ bytes: [UInt8]) {
        guard let value = JSONValue(parsing: bytes) else { return }
        var writer = JSONWriter()
        value.write(to: &writer)
        invariant(JSONValue(parsing: writer.bytes) == value, "JSON that is not what was written")
    }

    private static func runForm(_ bytes: [UInt8]) {
        var end = 0
        let fields = Form.fields(of: bytes)
        for field in fields {
            invariant(field.range.lowerBound >= end, "fields that overlap")
            end = field.range.upperBound
            let name = Form.decode(field.name)
            let value = Form.decode(field.value)
            invariant(Form.decode(ArraySlice(Form.encode(value))) == value, "a text that changed")
            var parameters = Parameters()
            _ = parameters.add(name, value)
        }
        let unsigned = Exchange.withoutSignature(bytes, fields)
        invariant(unsigned.count <= bytes.count, "bytes that nobody signed")
    }

    private static func runAccounts(_ bytes: [UInt8]) {
        guard let json = JSONValue(parsing: bytes) else { return }
        let usual = SimConfiguration.defaultRates
        _ = try? AccountsFile.accounts(in: json, "fuzz", usual: usual)
        guard let faults = json.elements else { return }
        let exchange = Self.exchange(on: EmbeddedEventLoop())
        try? exchange.armFaults(faults)
    }

    private static func runReplay(_ bytes: [UInt8]) {
        guard let source = try? ReplaySource(bytes, path: "BTCUSDT-fuzz-1") else { return }
        let exchange = Self.exchange(on: EmbeddedEventLoop())
        let totals = Self.totals(exchange)
        guard
            let market = try? ReplayMarket(
                source,
                path: "BTCUSDT-fuzz-1",
                exchange.listings[0],
                speed: .step
            )
        else { return }
        for side in ["BUY", "SELL"] {
            let order = "POST /api/v3/order?symbol=BTCUSDT&side=\(side)&type=LIMIT&quantity=1"
            Self.send("\(order)&timeInForce=GTC&price=\(side == "BUY" ? 99 : 101)", to: exchange)
        }
        try? market.advance(lines: 2_000, exchange)
        let book = exchange.market(exchange.listings[0]).book
        if let bid = book.best(.buy), let ask = book.best(.sell) {
            invariant(bid.price < ask.price, "a crossed book")
        }
        invariant(Self.totals(exchange) == totals, "an asset was made or lost")
    }

    private static func runOrder(_ bytes: [UInt8]) {
        let loop = EmbeddedEventLoop()
        let exchange = Self.exchange(on: loop)
        let totals = Self.totals(exchange)
        for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(32) {
            Self.send(String(decoding: line, as: UTF8.self), to: exchange)
            loop.run()
        }
        invariant(Self.totals(exchange) == totals, "an asset was made or lost")
    }

    private static func runSocket(_ bytes: [UInt8]) {
        let loop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(loop: loop)
        let exchange = Self.exchange(on: loop)
        do {
            try SimServer.configure(channel, exchange)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        } catch {
            fatalError("a new connection takes its handlers: \(error)")
        }
        // In two parts, as the network would cut it.
        let middle = bytes.count / 2
        for part in [bytes[..<middle], bytes[middle...]] where channel.isActive {
            _ = try? channel.writeInbound(ByteBuffer(bytes: part))
            loop.run()
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        loop.run()
    }

    // MARK: What the targets share

    static let time = WallTime(milliseconds: 1_763_000_000_000)

    static func exchange(on loop: EmbeddedEventLoop) -> Exchange {
        var configuration = SimConfiguration.standard()
        configuration.marketIntervalMilliseconds = 0
        configuration.virtualClockStart = Self.time
        configuration.enforcesRateLimits = false
        let exchange = Exchange(configuration, eventLoop: loop)
        do {
            try exchange.openMarkets()
        } catch {
            fatalError("the seeded market opens always: \(error)")
        }
        return exchange
    }

    private static func totals(_ exchange: Exchange) -> [Amount] {
        exchange.engine.ledger.assets.indices.map {
            exchange.engine.ledger.total(of: AssetIndex(raw: $0))
        }
    }

    private static var key: HMACKey { HMACKey(secret: SimConfiguration.defaultSecret) }

    /// Signs a line such as `GET /api/v3/account?x=1` and lets the exchange answer it.
    private static func send(_ line: String, to exchange: Exchange) {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, !words[1].hasPrefix("/sim/") else { return }
        let parts = words[1].split(separator: "?", maxSplits: 1).map(String.init)
        guard let path = parts.first else { return }
        let stamp = "timestamp=\(Self.time.milliseconds)"
        let query = parts.count > 1 ? "\(parts[1])&\(stamp)" : stamp
        let code = Self.key.code(of: Array(query.utf8))
        let digits = Array("0123456789abcdef".utf8)
        let hex = code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        let signature = String(decoding: hex, as: UTF8.self)
        let head = HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: words[0]),
            uri: "\(path)?\(query)&signature=\(signature)",
            headers: ["X-MBX-APIKEY": SimConfiguration.defaultKey]
        )
        let reply = exchange.answer(HTTPRequest(head, body: []))
        invariant(reply.status >= 200 && reply.status < 600, "a status that HTTP has not")
    }
}
