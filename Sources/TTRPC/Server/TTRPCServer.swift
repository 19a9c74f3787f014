import Glibc
public import NIOCore
import NIOPosix

/// A ttrpc server on one event loop: accepts, frames, and hands calls to its handler.
///
/// This object may be used from any thread; the handler and the responders belong to the loop.
public final class TTRPCServer: Sendable {
    /// Where it listens, with the ports that the system chose, in the order asked for.
    public let addresses: [ListenAddress]

    private let eventLoop: any EventLoop
    private let core: NIOLoopBound<ServerCore>
    private let listeners: [Listener]

    private struct Listener: Sendable {
        let address: ListenAddress
        let channel: any Channel
        let file: UnixListener.FileIdentity?
    }

    private init(
        eventLoop: any EventLoop,
        core: NIOLoopBound<ServerCore>,
        listeners: [Listener]
    ) {
        self.eventLoop = eventLoop
        self.core = core
        self.listeners = listeners
        addresses = listeners.map(\.address)
    }

    /// Starts a server whose handler is made on the event loop.
    ///
    /// - Parameters:
    ///   - eventLoop: Where everything of this server will run.
    ///   - addresses: Where to listen; at least one.
    ///   - configuration: The limits.
    ///   - makeHandler: Called once on the event loop.
    /// - Returns: The server, accepting connections.
    /// - Throws: `ServerStartError`; nothing is left listening.
    public static func start(
        on eventLoop: any EventLoop,
        addresses: [ListenAddress],
        configuration: ServerConfiguration = ServerConfiguration(),
        makeHandler: @escaping @Sendable () -> any CallHandler
    ) async throws(ServerStartError) -> TTRPCServer {
        do {
            return try await eventLoop.flatSubmit {
                start(
                    on: eventLoop,
                    addresses: addresses,
                    configuration: configuration,
                    handler: makeHandler()
                )
            }.get()
        } catch let error as ServerStartError {
            throw error
        } catch {
            throw .eventLoopClosed
        }
    }

    /// Starts a server; must be called on `eventLoop`.
    ///
    /// - Parameters:
    ///   - eventLoop: The loop that the caller is on.
    ///   - addresses: Where to listen; at least one.
    ///   - configuration: The limits.
    ///   - handler: Answers the calls; kept for the server's life.
    /// - Returns: The server once it accepts connections, or a `ServerStartError`.
    public static func start(
        on eventLoop: any EventLoop,
        addresses: [ListenAddress],
        configuration: ServerConfiguration = ServerConfiguration(),
        handler: any CallHandler
    ) -> EventLoopFuture<TTRPCServer> {
        let core = ServerCore(
            eventLoop: eventLoop,
            configuration: configuration,
            handler: handler
        )
        let bound = NIOLoopBound(core, eventLoop: eventLoop)
        guard !addresses.isEmpty else {
            return eventLoop.makeFailedFuture(ServerStartError.noAddress)
        }
        let opened = addresses.map { open($0, bound, configuration) }
        return EventLoopFuture.whenAllComplete(opened, on: eventLoop).flatMap { results in
            var listeners: [Listener] = []
            var failure: (any Error)?
            for result in results {
                switch result {
                case .success(let listener): listeners.append(listener)
                case .failure(let error): failure = failure ?? error
                }
            }
            if let failure {
                listeners.forEach(close)
                return eventLoop.makeFailedFuture(failure)
            }
            return eventLoop.makeSucceededFuture(
                TTRPCServer(eventLoop: eventLoop, core: bound, listeners: listeners)
            )
        }
    }

    /// Stops accepting, lets calls in flight finish, ends streams with UNAVAILABLE, and closes.
    ///
    /// - Parameter timeout: After it, connections are closed whatever is in flight.
    /// - Returns: Done when the last connection is closed. Calling it again gives the same.
    @discardableResult
    public func drain(timeout: TimeAmount) -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            listeners.forEach(Self.close)
            return core.value.drain(until: .now() + timeout)
        }
    }

    // MARK: Listening

    private static func open(
        _ address: ListenAddress,
        _ core: NIOLoopBound<ServerCore>,
        _ configuration: ServerConfiguration
    ) -> EventLoopFuture<Listener> {
        let eventLoop = core.eventLoop
        do {
            switch address {
            case .unix(let path):
                let descriptor = try UnixListener.bind(path: path)
                let file = UnixListener.identity(path: path)
                return bootstrap(core, configuration, tls: nil).withBoundSocket(descriptor).map {
                    Listener(address: address, channel: $0, file: file)
                }
            case .tcp(let host, let port):
                let tls = configuration.tls
                let target = try socketAddress(host: host, port: port, isGuarded: tls != nil)
                return bootstrap(core, configuration, tls: tls).bind(to: target).map {
                    let port = $0.localAddress?.port ?? port
                    return Listener(
                        address: .tcp(host: host, port: port),
                        channel: $0,
                        file: nil
                    )
                }.flatMapErrorThrowing { error in
                    throw startError(error, address)
                }
            }
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    private static func bootstrap(
        _ core: NIOLoopBound<ServerCore>,
        _ configuration: ServerConfiguration,
        tls: ServerTLS?
    ) -> ServerBootstrap {
        let marks = ChannelOptions.Types.WriteBufferWaterMark(
            low: configuration.writableBytes.lowerBound,
            high: configuration.writableBytes.upperBound
        )
        return ServerBootstrap(group: core.eventLoop)
            .serverChannelOption(.backlog, value: configuration.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: marks)
            .childChannelInitializer { channel in
                peer(of: channel).flatMapThrowing {
                    try core.value.accept(channel, peer: $0, tls: tls)
                }
            }
    }

    /// Who connected; also switches on what TCP needs to notice a vanished peer and to be quick.
    private static func peer(of channel: any Channel) -> EventLoopFuture<ConnectionInfo.Peer> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        if case .unixDomainSocket = channel.localAddress {
            let credentials: EventLoopFuture<PeerCredentials> =
                provider.unsafeGetSocketOption(
                    level: .socket,
                    name: .init(rawValue: SO_PEERCRED)
                )
            return credentials.map { .unix(processID: $0.processID, userID: $0.userID) }
        }
        let remote = channel.remoteAddress
        return TCPOptions.set(on: channel).map {
            .tcp("\(remote?.ipAddress ?? "?"):\(remote?.port ?? 0)")
        }
    }

    /// The kernel's `struct ucred`.
    private struct PeerCredentials: Sendable {
        var processID: Int32 = 0
        var userID: UInt32 = 0
        var groupID: UInt32 = 0
    }

    /// Beyond loopback only what TLS guards.
    private static func socketAddress(
        host: String,
        port: Int,
        isGuarded: Bool
    ) throws(ServerStartError) -> SocketAddress {
        let literal = host == "localhost" ? "127.0.0.1" : host
        guard let address = try? SocketAddress(ipAddress: literal, port: port) else {
            throw .unknownHost(host)
        }
        guard isGuarded || isLoopback(address) else { throw .tlsRequired(host: host) }
        return address
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4: address.ipAddress?.hasPrefix("127.") == true
        case .v6: address.ipAddress == "::1"
        case .unixDomainSocket: true
        }
    }

    private static func startError(_ error: any Error, _ address: ListenAddress) -> any Error {
        guard let error = error as? IOError else { return error }
        return error.errnoCode == EADDRINUSE
            ? ServerStartError.inUse(address)
            : ServerStartError.system(call: "bind", errno: error.errnoCode)
    }

    private static func close(_ listener: Listener) {
        if case .unix(let path) = listener.address {
            UnixListener.remove(path: path, ifStill: listener.file)
        }
        listener.channel.close(promise: nil)
    }
}
