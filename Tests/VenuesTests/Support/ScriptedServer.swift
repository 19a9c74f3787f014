import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A request as the scripted server read it, byte for byte.
struct ReceivedRequest: Sendable {
    var method: String
    var path: String
    var query: String
    var headers: [String]
    var body: String
    /// Which connection it came on, counted from 0.
    var connection: Int

    /// The parameters, wherever they stood.
    var parameters: [String] {
        (self.query.isEmpty ? self.body : self.query).split(separator: "&").map(String.init)
    }

    func header(_ name: String) -> String? {
        let prefix = name.lowercased() + ":"
        return self.headers.first { $0.lowercased().hasPrefix(prefix) }
            .map { $0.dropFirst(prefix.count).trimmingPrefix(" ").description }
    }
}

/// What the scripted server does with a request.
enum ScriptedReply: Sendable {
    case json(Int, String, headers: [String])
    /// Sent as it is.
    case raw(String)
    /// Sent as it is; then the connection closes.
    case rawThenClose(String)
    case close
    case silence

    static func ok(_ body: String) -> ScriptedReply { .json(200, body, headers: []) }

    static func error(_ status: Int, _ code: Int, _ text: String) -> ScriptedReply {
        .json(status, #"{"code":\#(code),"msg":"\#(text)"}"#, headers: [])
    }
}

/// An HTTP server on loopback that answers as a test wants and remembers every request.
///
/// Time and ping are answered by themselves, so that scripts see only what they are about.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (ReceivedRequest) -> ScriptedReply

    private let log = Mutex<[ReceivedRequest]>([])
    private let connectionCount = Mutex(0)
    private let script: Script
    private let channel = Mutex<(any Channel)?>(nil)

    init(_ script: @escaping Script) { self.script = script }

    /// Listens on a free port, and returns it.
    func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let index = self.connectionCount.withLock { count in
                        defer { count += 1 }
                        return count
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        RequestReader(server: self, connection: index)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    func stop() async throws {
        try await self.channel.withLock { $0 }?.close().get()
    }

    /// What arrived so far, warm-up and clock left out.
    var requests: [ReceivedRequest] {
        self.log.withLock { $0 }.filter { !["/api/v3/ping", "/api/v3/time"].contains($0.path) }
    }

    var pings: [ReceivedRequest] {
        self.log.withLock { $0 }.filter { $0.path == "/api/v3/ping" }
    }

    fileprivate func reply(to request: ReceivedRequest) -> ScriptedReply {
        self.log.withLock { $0.append(request) }
        switch request.path {
        case "/api/v3/ping": return .ok("{}")
        case "/api/v3/time": return .ok(#"{"serverTime":\#(TestClock.milliseconds)}"#)
        default: return self.script(request)
        }
    }
}

private final class RequestReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: ScriptedServer
    private let connection: Int
    private var received = ""

    init(server: ScriptedServer, connection: Int) {
        self.server = server
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received += String(buffer: RequestReader.unwrapInboundIn(data))
        while let request = self.next() { self.answer(request, context: context) }
    }

    private func next() -> ReceivedRequest? {
        guard let end = self.received.range(of: "\r\n\r\n") else { return nil }
        let head = self.received[..<end.lowerBound].split(separator: "\r\n").map(String.init)
        let length =
            head.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].trimmingPrefix(" ")) } ?? 0
        let rest = self.received[end.upperBound...]
        guard rest.utf8.count >= length, let line = head.first?.split(separator: " ") else {
            return nil
        }
        let body = String(rest.prefix(length))
        self.received = String(rest.dropFirst(length))
        let target = line[1].split(separator: "?", maxSplits: 1)
        return ReceivedRequest(
            method: String(line[0]),
            path: String(target[0]),
            query: target.count > 1 ? String(target[1]) : "",
            headers: Array(head.dropFirst()),
            body: body,
            connection: self.connection
        )
    }

    private func answer(_ request: ReceivedRequest, context: ChannelHandlerContext) {
        switch self.server.reply(to: request) {
        case .json(let status, let body, let headers):
            let lines =
                ["HTTP/1.1 \(status) Text", "Content-Type: application/json"]
                + ["Content-Length: \(body.utf8.count)"] + headers
            self.write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, context: context)
        case .raw(let text):
            self.write(text, context: context)
        case .rawThenClose(let text):
            self.write(text, context: context)
            context.close(promise: nil)
        case .close:
            context.close(promise: nil)
        case .silence:
            break
        }
    }

    private func write(_ text: String, context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(string: text)
        context.writeAndFlush(RequestReader.wrapOutboundOut(buffer), promise: nil)
    }
}
