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
    /// How many requests this connection has carried.
    private var requestCount = 0

    private static let bodyBytesMax = 1 << 20

    private let deadline: RequestDeadline

    init(_ exchange: Exchange, _ deadline: RequestDeadline) {
        self.exchange = exchange
        self.deadline = deadline
    }

    // A connection that became a WebSocket sends no more requests.
    func handlerRemoved(context: ChannelHandlerContext) { self.deadline.stop() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            self.body.removeAll(keepingCapacity: true)
            self.isTooLarge = false
        case .body(let buffer):
            let isOver = self.body.count + buffer.readableBytes > Self.bodyBytesMax
            self.isTooLarge = self.isTooLarge || isOver
            if !self.isTooLarge { self.body.append(contentsOf: buffer.readableBytesView) }
        case .end:
            self.deadline.didReceiveRequest()
            guard let head = self.head else { return }
            self.head = nil
            self.requestCount += 1
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
        if request.isUpgrade, let refusal = self.exchange.webSocketRefusal(request.uri) {
            return self.write(self.exchange.reply(refusal), request, context)
        }
        let subject = FaultSubject(
            method: request.method,
            path: request.path,
            isReused: self.requestCount > 1
        )
        guard let fault = self.exchange.faults.take(subject, at: self.exchange.now) else {
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
        case .delay(let milliseconds, let executesFirst):
            let early = executesFirst ? self.exchange.answer(request) : nil
            let bound = NIOLoopBound((self, early, request, context), eventLoop: context.eventLoop)
            let pause = TimeAmount.milliseconds(self.exchange.faults.draw(milliseconds))
            context.eventLoop.scheduleTask(in: pause) {
                let (handler, early, request, context) = bound.value
                handler.write(early ?? handler.exchange.answer(request), request, context)
                context.flush()
            }
        case .close(let executes):
            if executes { _ = self.exchange.answer(request) }
            context.close(promise: nil)
        case .hang(let executes):
            if executes { _ = self.exchange.answer(request) }
        case .truncate:
            self.writePart(self.exchange.answer(request), context)
        case .fail(let reply, _, let executes):
            if executes { _ = self.exchange.answer(request) }
            self.write(reply, request, context)
        case .stale(let snapshot):
            let isQuery = request.method == "GET"
            let reply =
                isQuery
                ? self.exchange.answering(asOf: snapshot) { self.exchange.answer(request) }
                : self.exchange.answer(request)
            self.write(reply, request, context)
        }
    }

    /// Writes the first half of an answer's body, and closes the connection.
    private func writePart(_ reply: HTTPReply, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders(reply.headers)
        headers.add(name: "Content-Type", value: reply.contentType)
        headers.add(name: "Content-Length", value: String(reply.body.count))
        let status = HTTPResponseStatus(statusCode: reply.status)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        var buffer = context.channel.allocator.buffer(capacity: reply.body.count)
        buffer.writeBytes(reply.body.prefix(reply.body.count / 2))
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(buffer))))
            .whenComplete { _ in bound.value.close(promise: nil) }
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
    let uri: String
    let path: String
    let query: [UInt8]
    let body: [UInt8]
    let apiKey: String?
    let keepsAlive: Bool
    /// Whether it asked in vain for a WebSocket.
    let isUpgrade: Bool
    /// The name of the unit that it wants times in.
    let timeUnit: String?

    init(_ head: HTTPRequestHead, body: [UInt8]) {
        self.method = head.method.rawValue
        self.uri = head.uri
        let uri = Array(head.uri.utf8)
        let mark = uri.firstIndex(of: UInt8(ascii: "?")) ?? uri.count
        self.path = String(decoding: uri[..<mark], as: UTF8.self)
        self.query = mark < uri.count ? Array(uri[(mark + 1)...]) : []
        self.body = body
        self.apiKey = head.headers.first(name: "X-MBX-APIKEY")
        // NIO reads nothing more from a connection that asked for another protocol in vain.
        self.isUpgrade = head.headers.contains(name: "Upgrade")
        self.timeUnit = head.headers.first(name: "X-MBX-TIME-UNIT")
        self.keepsAlive = head.isKeepAlive && !self.isUpgrade
    }
}

/// What goes back over HTTP.
struct HTTPReply {
    var status = 200
    var headers: [(String, String)] = []
    var contentType = "application/json;charset=UTF-8"
    var body: [UInt8]

    /// A page of the front end, for what never reaches the API behind it.
    static func page(_ status: Int, _ title: String) -> HTTPReply {
        let text =
            "<html>\r\n<head><title>\(status) \(title)</title></head>\r\n<body>\r\n"
            + "<center><h1>\(status) \(title)</h1></center>\r\n</body>\r\n</html>\r\n"
        return HTTPReply(status: status, contentType: "text/html", body: Array(text.utf8))
    }
}

extension Exchange {
    /// Answers a request to the REST API.
    func answer(_ request: HTTPRequest) -> HTTPReply {
        guard let endpoint = Endpoint.rest(request.method, request.path) else {
            return .page(404, "Not Found")
        }
        if endpoint.isOfListenKeys, !self.configuration.servesListenKeys {
            return .page(410, "Gone")
        }
        let unit: TimeUnit
        do {
            unit = try TimeUnit(name: request.timeUnit)
        } catch {
            return self.reply(error)
        }
        var credentials = Credentials(apiKey: request.apiKey)
        var parameters = Parameters()
        var payload: [UInt8] = []
        for (part, isQuery) in [(request.query, true), (request.body, false)] {
            if !isQuery, request.method == "GET" { continue }
            let fields = Form.fields(of: part)
            for field in fields {
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
            payload += Self.withoutSignature(part, fields)
        }
        credentials.payloads = [payload]
        return self.reply(self.answer(endpoint, parameters, credentials, unit))
    }

    /// The bytes that were signed: all but the signature's own field and the `&` next to it.
    static func withoutSignature(
        _ bytes: [UInt8],
        _ fields: [Form.Field]
    ) -> ArraySlice<UInt8> {
        let isSignature = { (field: Form.Field) in field.name.elementsEqual("signature".utf8) }
        guard let field = fields.first(where: isSignature) else { return bytes[...] }
        var before = bytes[..<field.range.lowerBound]
        var after = bytes[field.range.upperBound...]
        if after.first == UInt8(ascii: "&") {
            after = after.dropFirst()
        } else if before.last == UInt8(ascii: "&") {
            before = before.dropLast()
        }
        return before + after
    }

    func reply(_ error: APIError) -> HTTPReply {
        self.reply(APIReply(status: error.status, body: error.body, error: error))
    }

    func reply(_ reply: APIReply) -> HTTPReply {
        let weight = String(self.limits.weight.used)
        var headers = [("X-MBX-USED-WEIGHT", weight), ("X-MBX-USED-WEIGHT-1M", weight)]
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
