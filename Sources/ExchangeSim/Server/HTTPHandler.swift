import NIOCore
import NIOHTTP1
import NIOWebSocket
import TradingCore

/// Reads REST and control requests and writes their answers; one on each HTTP connection.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let exchange: Exchange
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false

    private static let bodyBytesMax = 1 << 20

    init(_ exchange: Exchange) { self.exchange = exchange }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            self.body.removeAll(keepingCapacity: true)
            self.isTooLarge = false
        case .body(let buffer):
            self.isTooLarge = self.body.count + buffer.readableBytes > Self.bodyBytesMax
            if !self.isTooLarge { self.body.append(contentsOf: buffer.readableBytesView) }
        case .end:
            guard let head = self.head else { return }
            self.head = nil
            self.handle(HTTPRequest(head, body: self.body), context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The request that asked for a WebSocket where there is none comes here next.
        if error is NIOWebSocketUpgradeError { return }
        context.close(promise: nil)
    }

    private func handle(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        if self.isTooLarge {
            return self.write(HTTPReply(status: 413, body: Array("{}".utf8)), request, context)
        }
        if request.path.hasPrefix("/sim/") {
            return self.write(self.exchange.control(request), request, context)
        }
        guard let fault = self.exchange.faults.take(request.method, request.path) else {
            return self.write(self.exchange.answer(request), request, context)
        }
        self.perform(fault, request, context)
    }

    private func perform(
        _ fault: Fault,
        _ request: HTTPRequest,
        _ context: ChannelHandlerContext
    ) {
        switch fault {
        case .delay(let milliseconds):
            let bound = NIOLoopBound((self, request, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
                let (handler, request, context) = bound.value
                handler.write(handler.exchange.answer(request), request, context)
                context.flush()
            }
        case .delayAnswer(let milliseconds):
            let reply = self.exchange.answer(request)
            let bound = NIOLoopBound((self, reply, request, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
                let (handler, reply, request, context) = bound.value
                handler.write(reply, request, context)
                context.flush()
            }
        case .drop:
            context.close(promise: nil)
        case .executeAndClose:
            _ = self.exchange.answer(request)
            context.close(promise: nil)
        case .fail(let reply, _, let executes):
            if executes { _ = self.exchange.answer(request) }
            self.write(reply, request, context)
        }
    }

    private func write(
        _ reply: HTTPReply,
        _ request: HTTPRequest,
        _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive else { return }
        var headers = HTTPHeaders(reply.headers)
        headers.add(name: "Content-Type", value: reply.contentType)
        headers.add(name: "Content-Length", value: String(reply.body.count))
        if !request.keepsAlive { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: reply.status),
            headers: headers
        )
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        var buffer = context.channel.allocator.buffer(capacity: reply.body.count)
        buffer.writeBytes(reply.body)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        guard request.keepsAlive else {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in
                bound.value.close(promise: nil)
            }
            return
        }
        context.write(self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// A request as it arrived: the query and the body are raw bytes, because they are signed.
struct HTTPRequest {
    let method: String
    let path: String
    let query: [UInt8]
    let body: [UInt8]
    let apiKey: String?
    let keepsAlive: Bool

    init(_ head: HTTPRequestHead, body: [UInt8]) {
        self.method = head.method.rawValue
        let uri = Array(head.uri.utf8)
        let mark = uri.firstIndex(of: UInt8(ascii: "?")) ?? uri.count
        self.path = String(decoding: uri[..<mark], as: UTF8.self)
        self.query = mark < uri.count ? Array(uri[(mark + 1)...]) : []
        self.body = body
        self.apiKey = head.headers.first(name: "X-MBX-APIKEY")
        // NIO reads nothing more from a connection that asked for another protocol in vain.
        self.keepsAlive = head.isKeepAlive && !head.headers.contains(name: "Upgrade")
    }
}

/// What goes back over HTTP.
struct HTTPReply {
    var status = 200
    var headers: [(String, String)] = []
    var contentType = "application/json;charset=UTF-8"
    var body: [UInt8]
}

extension Exchange {
    /// Answers a request to the REST API.
    func answer(_ request: HTTPRequest) -> HTTPReply {
        guard let endpoint = Endpoint.rest(request.method, request.path) else {
            return HTTPReply(status: 404, contentType: "text/html", body: Array("Not found".utf8))
        }
        var credentials = Credentials(apiKey: request.apiKey)
        var parameters = Parameters()
        var payload: [UInt8] = []
        for (part, isQuery) in [(request.query, true), (request.body, false)] {
            if !isQuery, request.method == "GET" { continue }
            for field in Form.fields(of: part) {
                let name = Form.decode(field.name)
                let value = Form.decode(field.value)
                // A name in both places counts once, with the query's value.
                let isNew = parameters.add(name, value)
                if name == "signature" {
                    if isNew { credentials.signature = value }
                    _ = parameters.text("signature")
                } else if !isNew, isQuery {
                    return self.reply(.duplicateParameter)
                }
            }
            payload.append(contentsOf: Self.withoutSignature(part))
        }
        credentials.payloads = [payload]
        return self.reply(self.answer(endpoint, parameters, credentials))
    }

    /// The bytes that were signed: all but the signature's own field and the `&` next to it.
    static func withoutSignature(_ bytes: [UInt8]) -> [UInt8] {
        let name = Array("signature".utf8)
        guard let field = Form.fields(of: bytes).first(where: { $0.name.elementsEqual(name) })
        else { return bytes }
        var before = bytes[..<field.range.lowerBound]
        var after = bytes[field.range.upperBound...]
        if after.first == UInt8(ascii: "&") {
            after = after.dropFirst()
        } else if before.last == UInt8(ascii: "&") {
            before = before.dropLast()
        }
        return Array(before + after)
    }

    private func reply(_ error: APIError) -> HTTPReply {
        self.reply(APIReply(status: error.status, body: error.body, error: error))
    }

    func reply(_ reply: APIReply) -> HTTPReply {
        var headers = [("X-MBX-USED-WEIGHT-1M", String(self.weights.used))]
        if let count = reply.orderCount {
            headers.append(("X-MBX-ORDER-COUNT-10S", String(count.tenSeconds)))
            headers.append(("X-MBX-ORDER-COUNT-1D", String(count.day)))
        }
        if let seconds = reply.error?.retryAfterSeconds {
            headers.append(("Retry-After", String(seconds)))
        }
        return HTTPReply(status: reply.status, headers: headers, body: reply.body)
    }
}
