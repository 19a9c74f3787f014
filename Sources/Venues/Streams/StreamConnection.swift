import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import TradingCore

/// Performs what a ``StreamMachine`` decides, on the gateway loop.
final class StreamConnection {
    /// What tells one stream from another.
    struct Description {
        var endpoint: StreamEndpoint
        var purpose: StreamMachine.Purpose
        var timing: StreamTiming
        /// Reads one text frame.
        var message: ([UInt8]) -> StreamMessage
        /// The text that subscribes, made when it is sent.
        var subscription: () -> String
        /// Called when the venue announces that it will end the stream.
        var ending: () -> Void = {}
        /// Called when the venue finds the time wrong by which the subscription was signed.
        var clockRefused: () -> Void = {}
    }

    /// A frame of Binance is a few kilobytes; the largest, an account's balances, a few hundred.
    fileprivate static let frameBytesMax = 4 * 1024 * 1024

    private let description: Description
    private let loop: any EventLoop
    private let tls: NIOSSLContext?
    private let deliver: ([VenueInput]) -> Void
    private let note: (String) -> Void
    private let chance: () -> UInt64
    private var machine: StreamMachine
    private var channel: (any Channel)?
    /// Tells events of the present connection from late ones of those before.
    private var generation = 0
    private var pending: [VenueInput] = []
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - description: Which stream.
    ///   - loop: Where everything happens.
    ///   - tls: Present for an encrypted endpoint.
    ///   - chance: A random number for each reconnect.
    ///   - note: Takes what only people may want to know.
    ///   - deliver: Takes what arrived, once for all that was read together.
    init(
        _ description: Description,
        loop: any EventLoop,
        tls: NIOSSLContext?,
        chance: @escaping () -> UInt64,
        note: @escaping (String) -> Void,
        deliver: @escaping ([VenueInput]) -> Void
    ) {
        self.description = description
        self.loop = loop
        self.tls = tls
        self.chance = chance
        self.note = note
        self.deliver = deliver
        self.machine = StreamMachine(description.purpose, timing: description.timing)
    }

    func start() { self.perform(self.machine.start(at: VenueClock.monotonic())) }

    func stop() { self.perform(self.machine.stop()) }

    // MARK: What the channel tells

    fileprivate func opened(_ channel: any Channel, generation: Int) {
        guard generation == self.generation else { return }
        self.perform(self.machine.connected(at: VenueClock.monotonic()))
    }

    fileprivate func frameArrived(generation: Int) {
        guard generation == self.generation else { return }
        self.machine.frameArrived(at: VenueClock.monotonic())
    }

    fileprivate func received(_ text: [UInt8], generation: Int) {
        guard generation == self.generation else { return }
        let message = self.description.message(text)
        self.collect(
            self.machine.receive(message, at: VenueClock.monotonic(), chance: self.chance())
        )
        // A channel that was closed meanwhile will not say that everything has been read.
        if self.channel == nil { self.flush() }
    }

    fileprivate func lost(_ reason: String, generation: Int) {
        guard generation == self.generation else { return }
        self.perform(
            self.machine.lost(reason, at: VenueClock.monotonic(), chance: self.chance())
        )
    }

    /// Everything that could be read at once has been.
    fileprivate func flush() {
        if !self.pending.isEmpty {
            let inputs = self.pending
            self.pending = []
            self.deliver(inputs)
        }
        self.schedule()
    }

    // MARK: What the machine wants

    private func perform(_ actions: [StreamAction]) {
        self.collect(actions)
        self.flush()
    }

    private func collect(_ actions: [StreamAction]) {
        for action in actions {
            switch action {
            case .connect: self.connect()
            case .subscribe: self.send(.text, self.description.subscription())
            case .ping: self.send(.ping, "")
            case .close: self.close()
            case .deliver(let input): self.pending.append(input)
            case .announceEnd:
                // What came before it is told first, that the stream is open above all.
                self.flush()
                self.description.ending()
            case .measureClock: self.description.clockRefused()
            case .note(let text): self.note(text)
            }
        }
    }

    private func schedule() {
        self.timer?.cancel()
        self.timer = nil
        guard let time = self.machine.wakeAt else { return }
        let deadline = NIODeadline.uptimeNanoseconds(time.nanoseconds)
        self.timer = self.loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.perform(
                self.machine.tick(at: VenueClock.monotonic(), chance: self.chance())
            )
        }
    }

    private func send(_ opcode: WebSocketOpcode, _ text: String) {
        guard let channel = self.channel else { return }
        let frame = WebSocketFrame(
            fin: true,
            opcode: opcode,
            maskKey: .random(),
            data: channel.allocator.buffer(string: text)
        )
        channel.writeAndFlush(frame, promise: nil)
    }

    private func close() {
        self.generation += 1
        self.channel?.close(promise: nil)
        self.channel = nil
    }

    private func connect() {
        self.generation += 1
        let generation = self.generation
        let endpoint = self.description.endpoint
        let tls = self.tls
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        let timeout = TimeAmount.milliseconds(self.description.timing.openMillisecondsMax)
        let connecting = ClientBootstrap(group: self.loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.addHandlers(
                        to: channel,
                        endpoint: endpoint,
                        tls: tls,
                        generation: generation,
                        connection: bound
                    )
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
        connecting.assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error):
                self.lost("no connection: \(Self.text(of: error))", generation: generation)
            case .success(let channel) where generation == self.generation:
                self.channel = channel
            case .success(let channel):
                channel.close(promise: nil)
            }
        }
    }

    private static func addHandlers(
        to channel: any Channel,
        endpoint: StreamEndpoint,
        tls: NIOSSLContext?,
        generation: Int,
        connection: NIOLoopBound<StreamConnection>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            let name = endpoint.isAddress ? nil : endpoint.host
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
        }
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
            maxFrameSize: Self.frameBytesMax,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try Self.addFrameHandlers(
                        to: channel,
                        generation: generation,
                        connection: connection
                    )
                }
            }
        )
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: endpoint.target)
        head.headers.add(name: "Host", value: endpoint.hostHeader)
        head.headers.add(name: "Content-Length", value: "0")
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration(
            upgradeRequestHead: head,
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                connection.value.lost("the server does not upgrade", generation: generation)
                return channel.close()
            }
        )
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: upgrade
        )
        // A market stream may speak in the very packet that upgrades.
        configuration.leftOverBytesStrategy = .forwardBytes
        let upgraded = try pipeline.configureUpgradableHTTPClientPipeline(
            configuration: configuration
        )
        upgraded.assumeIsolated().whenFailure { error in
            connection.value.lost(Self.text(of: error), generation: generation)
            channel.close(promise: nil)
        }
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            connection.value.lost("the connection was closed", generation: generation)
        }
    }

    private static func addFrameHandlers(
        to channel: any Channel,
        generation: Int,
        connection: NIOLoopBound<StreamConnection>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0,
                maxAccumulatedFrameCount: 1_024,
                maxAccumulatedFrameSize: Self.frameBytesMax
            )
        )
        try pipeline.addHandler(
            StreamFrameHandler(connection: connection.value, generation: generation)
        )
    }

    /// An error's text, on one line and short.
    fileprivate static func text(of error: any Error) -> String {
        String("\(error)".prefix(200).map { $0.isNewline ? " " : $0 })
    }
}

/// Answers pings and hands frames on.
private final class StreamFrameHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let connection: StreamConnection
    private let generation: Int

    init(connection: StreamConnection, generation: Int) {
        self.connection = connection
        self.generation = generation
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        // In the next task: the handler that upgrades must have left the pipeline first.
        context.eventLoop.assumeIsolated().execute {
            self.connection.opened(channel, generation: self.generation)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = StreamFrameHandler.unwrapInboundIn(data)
        self.connection.frameArrived(generation: self.generation)
        switch frame.opcode {
        case .ping:
            let pong = WebSocketFrame(
                fin: true,
                opcode: .pong,
                maskKey: .random(),
                data: frame.unmaskedData
            )
            context.writeAndFlush(StreamFrameHandler.wrapOutboundOut(pong), promise: nil)
        case .pong:
            break
        case .text:
            self.connection.received(
                Array(frame.unmaskedData.readableBytesView),
                generation: self.generation
            )
        case .connectionClose:
            self.connection.lost("the venue closed the stream", generation: self.generation)
        default:
            self.connection.lost("a frame that is not text", generation: self.generation)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { self.connection.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.connection.lost(StreamConnection.text(of: error), generation: self.generation)
        context.close(promise: nil)
    }
}
