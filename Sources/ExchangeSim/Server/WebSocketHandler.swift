import NIOCore
import NIOWebSocket
import TradingCore

/// One WebSocket connection: to the WebSocket API, or to the market streams.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// What a connection speaks, from the path that it came to.
    enum Dialect: Equatable {
        /// Requests and user data streams.
        case api(returnsRateLimits: Bool)
        /// Market streams, in envelopes or bare, with those that the path named.
        case streams(isCombined: Bool, names: [String])
    }

    let exchange: Exchange
    let dialect: Dialect
    /// Whether market payloads are wrapped in an envelope that names their stream.
    var isCombined: Bool
    /// The market streams that this connection listens to, in the order of subscription.
    var streamNames: [String] = []
    var session: WebSocketSession
    private var context: ChannelHandlerContext?
    private var isAwaitingFlush = false
    private var pings: RepeatedTask?
    private var missedPongs = 0
    /// Whether the connection neither reads nor writes any more, for tests of clients.
    var isSilenced = false

    private static let pingInterval = TimeAmount.seconds(20)
    /// Three intervals without an answer are the venue's 60 seconds.
    private static let missedPongsMax = 3

    init(_ exchange: Exchange, _ dialect: Dialect) {
        self.exchange = exchange
        self.dialect = dialect
        if case .streams(let isCombined, _) = dialect {
            self.isCombined = isCombined
        } else {
            self.isCombined = false
        }
        self.session = WebSocketSession(connectedSince: exchange.now)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.exchange.connections.append(self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.pings = context.eventLoop.scheduleRepeatedTask(
            initialDelay: Self.pingInterval,
            delay: Self.pingInterval
        ) { _ in bound.value.ping() }
        if case .streams(_, let names) = self.dialect {
            for name in names { self.subscribe(to: name) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.leave() }

    func channelInactive(context: ChannelHandlerContext) {
        self.leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Forgets everything that refers to this connection.
    private func leave() {
        self.pings?.cancel()
        self.pings = nil
        self.context = nil
        for name in self.streamNames { self.exchange.streams.remove(self, from: name) }
        self.streamNames = []
        for customer in self.exchange.customers {
            customer.subscriptions.removeAll { $0.connection === self }
        }
        self.exchange.connections.removeAll { $0 === self }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        var payload = frame.unmaskedData
        guard !self.isSilenced else { return }
        switch frame.opcode {
        case .text, .binary:
            self.receive(Array(payload.readableBytesView))
        case .ping:
            self.write(.pong, payload)
        case .pong:
            self.missedPongs = 0
        case .connectionClose:
            self.write(.connectionClose, payload.readSlice(length: 2) ?? ByteBuffer())
            self.flush()
            context.close(promise: nil)
        default:
            break
        }
    }

    private func receive(_ bytes: [UInt8]) {
        switch self.dialect {
        case .api(let returnsRateLimits):
            self.answerAPI(bytes, returnsRateLimits: returnsRateLimits)
        case .streams:
            self.answerStreams(bytes)
        }
    }

    // MARK: Writing

    /// Does something on this connection after a while, unless it is gone by then.
    func later(_ milliseconds: Int64, _ body: @escaping (WebSocketHandler) -> Void) {
        guard let eventLoop = self.context?.eventLoop else { return }
        let bound = NIOLoopBound((self, body), eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
            let (handler, body) = bound.value
            body(handler)
        }
    }

    /// Sends a text frame; it leaves at the end of the tick.
    func send(_ text: [UInt8]) {
        guard let context = self.context else { return }
        var buffer = context.channel.allocator.buffer(capacity: text.count)
        buffer.writeBytes(text)
        self.write(.text, buffer)
    }

    private func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        guard let context = self.context, !self.isSilenced else { return }
        context.write(
            self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: payload)),
            promise: nil
        )
        guard !self.isAwaitingFlush else { return }
        self.isAwaitingFlush = true
        self.exchange.flushes.add(self)
    }

    func flush() {
        self.isAwaitingFlush = false
        self.context?.flush()
    }

    /// Says that the server goes away, and closes the connection.
    func shutDown() {
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        writer.key(self.isCombined ? "data" : "event")
        writer.beginObject()
        writer.field("e", "serverShutdown")
        writer.field("E", self.exchange.now.milliseconds)
        writer.endObject()
        writer.endObject()
        self.send(writer.bytes)
        self.flush()
        self.cut()
    }

    /// Closes the connection without a word.
    func cut() { self.context?.close(promise: nil) }

    private func ping() {
        self.missedPongs += 1
        guard self.missedPongs <= Self.missedPongsMax else { return self.cut() }
        let buffer = ByteBuffer(string: String(self.exchange.now.milliseconds))
        self.write(.ping, buffer)
    }

    // MARK: Market streams

    func subscribe(to name: String) {
        guard !self.streamNames.contains(name) else { return }
        self.streamNames.append(name)
        self.exchange.streams.add(self, to: name)
    }

    func unsubscribe(from name: String) {
        self.streamNames.removeAll { $0 == name }
        self.exchange.streams.remove(self, from: name)
    }
}

/// What a connection to the WebSocket API remembers of its client.
struct WebSocketSession {
    let connectedSince: WallTime
    /// The key of the logon and since when it holds; nil before and after it.
    var logon: (apiKey: String, customer: Customer, since: WallTime)?
    var nextSubscriptionID: Int64 = 0

    init(connectedSince: WallTime) { self.connectedSince = connectedSince }
}
