import MarketReplay
import NIOCore
import NIOHTTP1
import NIOPosix
import TradingCore

@testable import ExchangeSim

/// An exchange in this process on a free port, and a customer who signs with its default key.
struct SimClient: Sendable {
    let server: SimServer
    let key: String
    let secret: String

    /// What came back from one REST request.
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let text: String

        var json: JSONValue { JSONValue(parsing: Array(self.text.utf8)) ?? .null }
        var code: Int64? { self.json["code"]?.integer }
        var message: String? { self.json["msg"]?.text }
    }

    /// Runs a body against an exchange with a still market, and stops it.
    static func withExchange(
        _ change: (inout SimConfiguration) -> Void = { _ in },
        _ body: (SimClient) async throws -> Void
    ) async throws {
        var configuration = SimConfiguration.standard()
        configuration.marketIntervalMilliseconds = 0
        change(&configuration)
        let server = try await SimServer.start(configuration)
        do {
            try await body(
                SimClient(
                    server: server,
                    key: SimConfiguration.defaultKey,
                    secret: SimConfiguration.defaultSecret
                )
            )
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    /// Sends a request without a signature; throws where the connection closes unanswered.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ query: String = "",
        body: String = "",
        headers: [(String, String)] = []
    ) async throws -> Answer {
        let uri = query.isEmpty ? path : "\(path)?\(query)"
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        head.headers = HTTPHeaders(headers)
        head.headers.add(name: "Host", value: "127.0.0.1")
        head.headers.add(name: "Content-Length", value: String(body.utf8.count))
        head.headers.add(name: "Connection", value: "close")
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = eventLoop.makePromise(of: Answer.self)
        let request = head
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: eventLoop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise))
                }
            }.connect(host: "127.0.0.1", port: self.server.port).get()
        } catch {
            promise.fail(error)
            throw error
        }
        channel.write(HTTPClientRequestPart.head(request), promise: nil)
        if !body.isEmpty {
            channel.write(
                HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))),
                promise: nil
            )
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return try await promise.futureResult.get()
    }

    /// Sends a signed request with all parameters in the query.
    func signed(
        _ method: HTTPMethod,
        _ path: String,
        _ query: String = ""
    ) async throws -> Answer {
        let stamp = "recvWindow=60000&timestamp=\(SimClock.real.now.milliseconds)"
        let payload = query.isEmpty ? stamp : "\(query)&\(stamp)"
        return try await self.send(
            method,
            path,
            "\(payload)&signature=\(self.signature(of: payload))",
            headers: [("X-MBX-APIKEY", self.key)]
        )
    }

    func signature(of payload: String) -> String {
        Self.hexadecimal(HMACKey(secret: self.secret).code(of: Array(payload.utf8)))
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }

    /// Places an order given as a query without timestamp and signature.
    func order(_ query: String) async throws -> Answer {
        try await self.signed(.POST, "/api/v3/order", query)
    }
}

/// The connection ended before an answer was complete.
struct UnansweredError: Error {}

/// Collects one answer.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<SimClient.Answer>
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()
    private var isDone = false

    init(_ promise: EventLoopPromise<SimClient.Answer>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(var part): self.body.writeBuffer(&part)
        case .end:
            guard let head = self.head else { return }
            self.isDone = true
            self.promise.succeed(
                SimClient.Answer(
                    status: Int(head.status.code),
                    headers: head.headers,
                    text: String(buffer: self.body)
                )
            )
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !self.isDone { self.promise.fail(UnansweredError()) }
        self.isDone = true
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
