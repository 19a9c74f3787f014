import NIOCore
import NIOWebSocket
import TradingCore

/// One WebSocket connection: to the WebSocket API, or to the market streams.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// What a connection speaks, from the path that it came to.
    enum Dialect: Hashable {
        /// Requests and user data streams.
        case api(returnsRateLimits: Bool)
        /// Market streams, in envelopes or bare, with those that the path named.
        case streams(isCombined: Bool, names: [String])
    }

    let exchange: Exchange
    let dialect: Dialect
    /// The unit of the times in what this connection is sent.
    let timeUnit: TimeUnit
    /// Whether market payloads are wrapped in an envelope that names their stream.
    var isCombined: Bool
    /// The market streams that this connection listens to, in the order of subscription.
    var streamNames: [String] = []
    var session: WebSocketSession
    private var context: ChannelHandlerContext?
    private var isAwaitingFlush = false
    private var life: ConnectionLife
    private var pingCount = 0
    /// Events that wait for the one after them, oldest first.
    private var held: [[UInt8]] = []
    /// Whether the connection neither reads nor writes any more, for tests of clients.
    var isStalled = false
    /// Whether market events are swallowed, for tests of clients.
    var isMuted = false

    init(_ exchange: Exchange, _ target: WebSocketTarget) {
        self.exchange = exchange
        self.dialect = target.dialect
        self.timeUnit = target.timeUnit
        self.life = ConnectionLife(openedAt: exchange.now)
        if case .streams(let isCombined, _) = target.dialect {
            self.isCombined = isCombined
        } else {
            self.isCombined = false
        }
        self.session = WebSocketSession(connectedSince: exchange.now)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.exchange.connections.append(self)
        if case .streams(_, let names) = self.dialect {
            for name in names.prefix(Self.streamsMax) { self.subscribe(to: name) }
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
        guard !self.isStalled, self.admits(frame.opcode) else { return }
        switch frame.opcode {
        case .text, .binary:
            self.receive(Array(payload.readableBytesView))
        case .ping:
            self.write(.pong, payload)
        case .pong:
            self.life.pong(payload.readString(length: payload.readableBytes) ?? "")
        case .connectionClose:
            self.write(.connectionClose, payload.readSlice(length: 2) ?? ByteBuffer())
            self.flush()
            context.close(promise: nil)
        default:
            break
        }
    }

    /// Whether a frame may come now; market streams take five a second, of whatever kind.
    private func admits(_ opcode: WebSocketOpcode) -> Bool {
        guard case .streams = self.dialect, opcode != .connectionClose,
            self.exchange.limits.isEnforced, let end = self.life.receive(at: self.exchange.now)
        else { return true }
        self.exchange.limits.noteFlood(at: self.exchange.now)
        self.close(end)
        return false
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
        guard let context = self.context, !self.isStalled else { return }
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

    /// Sends an event as the faults in force let it.
    func deliver(_ text: [UInt8], _ fate: EventFaults.Fate) {
        guard !fate.isHeld else { return self.held.append(text) }
        var texts = Array(repeating: text, count: fate.copies)
        texts += self.held.reversed()
        self.held.removeAll()
        guard fate.delayMilliseconds > 0 else {
            for text in texts { self.send(text) }
            return
        }
        self.later(fate.delayMilliseconds) { handler in
            for text in texts { handler.send(text) }
        }
    }

    // MARK: The end

    /// Says that the server goes away, and closes the connection.
    func shutDown() {
        let time = self.exchange.now
        let event: (inout JSONWriter) -> Void = { writer in
            writer.beginObject()
            writer.field("e", "serverShutdown")
            writer.field("E", time)
            writer.endObject()
        }
        var writer = JSONWriter(capacity: 96, timeUnit: self.timeUnit)
        switch self.dialect {
        case .api:
            writer.beginObject()
            writer.key("event")
            event(&writer)
            writer.endObject()
        case .streams where self.isCombined:
            StreamHub.wrap("!serverShutdown", event, to: &writer)
        case .streams:
            event(&writer)
        }
        self.send(writer.bytes)
        self.close(.serverShutdown)
    }

    /// Closes the connection with a code and a reason.
    func close(_ end: ConnectionLife.End) {
        guard let context = self.context else { return }
        var payload = context.channel.allocator.buffer(capacity: 64)
        payload.writeInteger(end.code)
        payload.writeString(end.reason)
        self.write(.connectionClose, payload)
        self.flush()
        self.cut()
    }

    /// Closes the connection without a word.
    func cut() { self.context?.close(promise: nil) }

    /// Closes the connection where it has lived for as long as the venue lets it.
    func endIfOld(at time: WallTime) {
        if let end = self.life.end(at: time) { self.close(end) }
    }

    func ping() {
        self.pingCount += 1
        let payload = "\(self.exchange.now.milliseconds)-\(self.pingCount)"
        if let end = self.life.ping(payload) { return self.close(end) }
        self.write(.ping, ByteBuffer(string: payload))
    }

    // MARK: Market streams

    static let streamsMax = 1024

    /// Listens to a market stream, or to the user data of a listen key; anything else in a path
    /// says nothing.
    func subscribe(to name: String) {
        guard !self.streamNames.contains(name) else { return }
        if let customer = self.exchange.listenKeys.customer(of: name) {
            customer.subscriptions.append(
                UserSubscription(.listenKey(name), connection: self, customer: customer)
            )
        } else if name.contains("@") {
            self.exchange.streams.add(self, to: name)
        } else {
            return
        }
        self.streamNames.append(name)
    }

    func unsubscribe(from name: String) {
        self.streamNames.removeAll { $0 == name }
        self.exchange.streams.remove(self, from: name)
        self.exchange.listenKeys.customer(of: name)?.subscriptions.removeAll {
            $0.connection === self && $0.kind == .listenKey(name)
        }
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
