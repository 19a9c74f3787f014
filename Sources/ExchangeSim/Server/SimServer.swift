import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import TradingCore

/// The running exchange: one event loop that serves everything on one loopback port.
final class SimServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    /// The exchange; to be used on its loop only.
    let exchange: NIOLoopBound<Exchange>
    /// The port that it listens on.
    let port: Int

    private init(
        _ group: MultiThreadedEventLoopGroup,
        _ channel: any Channel,
        _ exchange: NIOLoopBound<Exchange>,
        port: Int
    ) {
        self.group = group
        self.channel = channel
        self.exchange = exchange
        self.port = port
    }

    /// The event loop of the exchange.
    var eventLoop: any EventLoop { self.group.any() }

    /// The line that tells where the exchange is, as `key=value` pairs.
    var readyLine: String {
        "ready rest=http://127.0.0.1:\(self.port) "
            + "ws-api=ws://127.0.0.1:\(self.port)/ws-api/v3 stream=ws://127.0.0.1:\(self.port)"
    }

    /// Opens the market and begins to listen.
    static func start(_ configuration: SimConfiguration) async throws -> SimServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let eventLoop = group.next()
            let exchange = try await eventLoop.submit {
                let exchange = Exchange(configuration, eventLoop: eventLoop)
                try exchange.openMarkets()
                try exchange.armFaults(configuration.faults)
                exchange.startTimers(on: eventLoop)
                return NIOLoopBound(exchange, eventLoop: eventLoop)
            }.get()
            let channel = try await Self.bootstrap(group, exchange)
                .bind(host: "127.0.0.1", port: configuration.port).get()
            guard let port = channel.localAddress?.port else { fatalError("a socket has a port") }
            return SimServer(group, channel, exchange, port: port)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// Stops listening and closes every connection.
    func stop() async throws {
        try await self.channel.close()
        try await self.group.shutdownGracefully()
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup,
        _ exchange: NIOLoopBound<Exchange>
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.configure(channel, exchange.value)
                }
            }
    }

    private static let handlerName = "exchange-http"
    private static let frameBytesMax = 1 << 20

    /// Puts the handlers of a new connection in place.
    static func configure(_ channel: any Channel, _ exchange: Exchange) throws {
        let bound = NIOLoopBound(exchange, eventLoop: channel.eventLoop)
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: Self.frameBytesMax,
            shouldUpgrade: { channel, head in
                let isAdmitted = bound.value.admitsWebSocket(head.uri)
                return channel.eventLoop.makeSucceededFuture(isAdmitted ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    guard let target = try WebSocketTarget(head.uri) else { return }
                    try channel.pipeline.syncOperations.addHandlers(
                        FrameRules(),
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0,
                            maxAccumulatedFrameCount: 64,
                            maxAccumulatedFrameSize: Self.frameBytesMax
                        ),
                        WebSocketHandler(bound.value, target)
                    )
                }
            }
        )
        let encoder = HTTPResponseEncoder()
        let handlers: [any RemovableChannelHandler] = [
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)),
            HTTPServerPipelineHandler(),
            HTTPServerProtocolErrorHandler(),
        ]
        let gate = UpgradeGate { gate in
            HTTPServerUpgradeHandler(
                upgraders: [upgrader],
                httpEncoder: encoder,
                extraHTTPHandlers: handlers + [gate],
                upgradeCompletionHandler: { context in
                    context.pipeline.removeHandler(name: Self.handlerName, promise: nil)
                }
            )
        }
        let deadline = RequestDeadline(
            after: .milliseconds(exchange.configuration.requestTimeoutMilliseconds)
        )
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(deadline)
        try pipeline.addHandler(encoder)
        try pipeline.addHandlers(handlers)
        try pipeline.addHandler(gate)
        try pipeline.addHandler(HTTPHandler(exchange, deadline), name: Self.handlerName)
    }
}

extension Exchange {
    /// Lets time do its work: the market's steps and the cadence of the depth streams.
    func startTimers(on eventLoop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        // A clock of the recording's time follows the replay; another virtual one is moved.
        let isMoved = self.clock.isVirtual && !self.configuration.isClockRecorded
        if !isMoved, let milliseconds = self.liquidity?.intervalMilliseconds {
            eventLoop.scheduleRepeatedTask(
                initialDelay: .milliseconds(milliseconds),
                delay: .milliseconds(milliseconds)
            ) { _ in bound.value.liquidity?.step(bound.value) }
        }
        // Peers answer pings in the machine's time, whatever the venue's clock tells.
        let pause = TimeAmount.milliseconds(self.configuration.pingIntervalMilliseconds)
        eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            for connection in bound.value.connections { connection.ping() }
        }
        guard !isMoved else { return }
        eventLoop.scheduleRepeatedTask(
            initialDelay: .milliseconds(100),
            delay: .milliseconds(100)
        ) { _ in bound.value.flushDepth(isFast: true) }
        eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.flushDepth(isFast: false)
            bound.value.publishStatistics()
            bound.value.tend()
        }
    }

    /// Counts an attempt to open a WebSocket, and tells whether it may be opened.
    func admitsWebSocket(_ uri: String) -> Bool {
        guard let target = try? WebSocketTarget(uri) else { return false }
        self.limits.countConnection(isAPI: target.isAPI, at: self.now)
        return self.webSocketRefusal(uri) == nil
    }

    /// Why the last attempt to open a WebSocket was refused; nil where it was not.
    func webSocketRefusal(_ uri: String) -> APIError? {
        do throws(APIError) {
            guard let target = try WebSocketTarget(uri) else { return nil }
            return self.limits.connectionRefusal(isAPI: target.isAPI, at: self.now)
        } catch {
            return error
        }
    }

    /// Ends what is too old: connections of 24 hours, and listen keys; once a second.
    func tend() {
        let time = self.now
        for connection in self.connections { connection.endIfOld(at: time) }
        self.expireListenKeys(at: time)
        self.flushes.schedule()
    }
}
