import Glibc
public import NIOCore
public import NIOPosix

/// Where a client connects to.
public enum ConnectAddress: Hashable, Sendable {
    /// A Unix socket.
    case unix(path: String)
    /// TCP; `host` is an IP address or `localhost`, or with TLS any name that the system knows.
    case tcp(host: String, port: Int)
}

/// The limits of a client.
public struct ClientConfiguration: Sendable {
    /// The largest frame accepted, in bytes without the header; 1 to 4,194,304.
    public var frameBytesMax = 4 << 20

    /// What a stream may keep that was not taken yet, in bytes.
    public var streamBufferedBytesMax = 8 << 20

    /// How long connecting may take.
    public var connectTimeout = TimeAmount.seconds(5)

    /// How long after a call's timeout the client still waits for the server's own answer to it.
    public var timeoutGrace = TimeAmount.milliseconds(250)

    /// What TCP connections begin with; nil for plain ones.
    public var tls: ClientTLS?

    /// Makes the default configuration.
    public init() {}
}

/// A client of a ttrpc server: many calls at a time over one connection, from any thread.
///
/// It does not reconnect: whether a call may be repeated is for the caller to know.
public final class TTRPCClient: Sendable {
    private let channel: any Channel
    private let connection: NIOLoopBound<ClientConnection>
    private let configuration: ClientConfiguration

    private init(
        channel: any Channel,
        connection: NIOLoopBound<ClientConnection>,
        configuration: ClientConfiguration
    ) {
        self.channel = channel
        self.connection = connection
        self.configuration = configuration
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - address: Where the server listens.
    ///   - configuration: The limits.
    ///   - group: Whose event loops to use; one of them will carry the connection.
    /// - Returns: A connected client.
    /// - Throws: `ConnectError`.
    public static func connect(
        to address: ConnectAddress,
        configuration: ClientConfiguration = ClientConfiguration(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(ConnectError) -> TTRPCClient {
        let eventLoop = group.next()
        let handshake = eventLoop.makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.fill(channel, address, configuration, handshake)
                }
            }
        do {
            return try await Self.connect(bootstrap, address, configuration).flatMap { channel in
                handshake.futureResult.map { channel }
            }.flatMap { channel in
                if case .unix = address { return channel.eventLoop.makeSucceededFuture(channel) }
                return TCPOptions.set(on: channel).map { channel }
            }.flatMapThrowing { channel in
                let connection = try channel.pipeline.syncOperations.handler(
                    type: ClientConnection.self
                )
                return TTRPCClient(
                    channel: channel,
                    connection: NIOLoopBound(connection, eventLoop: channel.eventLoop),
                    configuration: configuration
                )
            }.get()
        } catch {
            handshake.fail(error)
            throw connectError(error, "\(address)")
        }
    }

    /// Puts together what a connection is made of.
    private static func fill(
        _ channel: any Channel,
        _ address: ConnectAddress,
        _ configuration: ClientConfiguration,
        _ handshake: EventLoopPromise<Void>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if case .tcp(let host, _) = address, let tls = configuration.tls {
            try pipeline.addHandler(tls.makeHandler(host: host))
            try pipeline.addHandler(
                HandshakeWaiter(handshake, atMost: configuration.connectTimeout)
            )
        } else {
            handshake.succeed()
        }
        let connection = ClientConnection(
            eventLoop: channel.eventLoop,
            frameBytesMax: configuration.frameBytesMax
        )
        try pipeline.addHandler(connection)
    }

    /// Only with TLS, which proves who answers, is a name looked up.
    private static func connect(
        _ bootstrap: ClientBootstrap,
        _ address: ConnectAddress,
        _ configuration: ClientConfiguration
    ) throws(ConnectError) -> EventLoopFuture<any Channel> {
        if case .tcp(let host, let port) = address, configuration.tls != nil, host != "localhost" {
            return bootstrap.connect(host: host, port: port)
        }
        return bootstrap.connect(to: try socketAddress(address))
    }

    /// Makes a unary call.
    ///
    /// - Parameters:
    ///   - service: The full service name, such as `trading.v1.TradingService`.
    ///   - method: The bare method name.
    ///   - payload: The packed request message.
    ///   - timeout: How long the server may take; nil = for ever.
    ///   - metadata: Sent along with the request.
    /// - Returns: The packed answer.
    /// - Throws: `CallError`; it says whether the call may have been executed.
    public func call(
        service: String,
        method: String,
        payload: ByteBuffer,
        timeout: TimeAmount? = nil,
        metadata: [Metadata] = []
    ) async throws(CallError) -> ByteBuffer {
        let call = outgoing(.unary, service, method, payload, timeout, metadata)
        let receiver = UnaryReceiver()
        let eventLoop = channel.eventLoop
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                receiver.wait(with: continuation)
                // An event loop that was shut down would never resume us.
                eventLoop.submit { [connection] in connection.value.start(call, receiver) }
                    .whenFailure { _ in receiver.end(.failure(.notSent(.closed))) }
            }
        } onCancel: {
            receiver.cancel()
            eventLoop.execute { [connection] in connection.value.cancel(receiver) }
        }
        return try result.get()
    }

    /// Opens a server stream.
    ///
    /// - Parameters:
    ///   - service: The full service name.
    ///   - method: The bare method name.
    ///   - payload: The packed request message.
    ///   - timeout: How long the whole stream may last; nil = for ever.
    ///   - metadata: Sent along with the request.
    /// - Returns: The messages; also what goes wrong comes from there.
    public func stream(
        service: String,
        method: String,
        payload: ByteBuffer,
        timeout: TimeAmount? = nil,
        metadata: [Metadata] = []
    ) -> ResponseStream {
        let call = outgoing(.serverStreaming, service, method, payload, timeout, metadata)
        let receiver = StreamReceiver(bufferedBytesMax: configuration.streamBufferedBytesMax)
        let eventLoop = channel.eventLoop
        eventLoop.submit { [connection] in connection.value.start(call, receiver) }
            .whenFailure { _ in receiver.end(.failure(.notSent(.closed))) }
        let abandonment = ResponseStream.Abandonment { [connection] in
            eventLoop.execute { connection.value.cancel(receiver) }
        }
        return ResponseStream(receiver: receiver, abandonment: abandonment)
    }

    /// Done when the connection is closed, by whichever side.
    public var closed: EventLoopFuture<Void> { channel.closeFuture }

    /// Closes the connection; calls that wait fail with `.connectionLost`.
    public func close() async {
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }

    private func outgoing(
        _ kind: Call.Kind,
        _ service: String,
        _ method: String,
        _ payload: ByteBuffer,
        _ timeout: TimeAmount?,
        _ metadata: [Metadata]
    ) -> OutgoingCall {
        // Zero would mean no timeout at all.
        let nanoseconds = timeout.map { max($0.nanoseconds, 1) } ?? 0
        let request = RequestEnvelope(
            service: service,
            method: method,
            payload: payload,
            timeoutNanoseconds: nanoseconds,
            metadata: metadata
        )
        return OutgoingCall(
            request: request,
            kind: kind,
            giveUpAfter: timeout.map { $0 + configuration.timeoutGrace }
        )
    }

    private static func socketAddress(
        _ address: ConnectAddress
    ) throws(ConnectError) -> SocketAddress {
        switch address {
        case .unix(let path):
            guard let target = try? SocketAddress(unixDomainSocketPath: path) else {
                throw .pathTooLong(path)
            }
            return target
        case .tcp(let host, let port):
            let literal = host == "localhost" ? "127.0.0.1" : host
            guard let target = try? SocketAddress(ipAddress: literal, port: port) else {
                throw .unknownHost(host)
            }
            return target
        }
    }

    private static func connectError(_ error: any Error, _ address: String) -> ConnectError {
        if let error = error as? ConnectError { return error }
        if case .connectTimeout = error as? ChannelError { return .timedOut }
        guard let error = error as? IOError else { return .failed("\(address): \(error)") }
        return error.errnoCode == ECONNREFUSED || error.errnoCode == ENOENT
            ? .refused(address) : .failed("\(address): \(error)")
    }
}
