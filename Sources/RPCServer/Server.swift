import Glibc
import Logging
import NIOCore
import NIOPosix
import TTRPC
import TradingCore
import Venues

/// Builds the server from its configuration and runs it until it is told to end.
enum Server {
    static func run(_ configuration: Configuration, log: Logger) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let signals = Signals()
        let parts = try await loop.submit {
            NIOLoopBound(
                try Parts(configuration, loop: loop, signals: signals, log: log),
                eventLoop: loop
            )
        }.get()
        let server = try await TTRPCServer.start(
            on: loop,
            addresses: configuration.addresses,
            configuration: Self.limits
        ) {
            parts.value.router
        }
        print(Self.readyLine(server.addresses))
        _ = fflush(nil)
        await signals.waitForTermination()
        log.info("ending: no new calls are taken")
        try await server.drain(timeout: .seconds(15)).get()
        try await loop.flatSubmit { parts.value.close() }.get()
        try await group.shutdownGracefully()
    }

    /// No request of the service is near this size, and every connection may hold one.
    private static var limits: ServerConfiguration {
        var limits = ServerConfiguration()
        limits.frameBytesMax = 256 * 1024
        return limits
    }

    private static func readyLine(_ addresses: [ListenAddress]) -> String {
        let parts = addresses.map { address in
            switch address {
            case .unix(let path): "unix=\(path)"
            case .tcp(let host, let port): "tcp=\(host):\(port)"
            }
        }
        return "ready " + parts.joined(separator: " ")
    }
}

extension Configuration {
    fileprivate var addresses: [ListenAddress] {
        var addresses: [ListenAddress] = []
        if let path = self.unixSocketPath { addresses.append(.unix(path: path)) }
        if let tcp = self.tcpAddress {
            addresses.append(.tcp(host: tcp.host, port: tcp.port))
        }
        return addresses
    }
}

/// What lives on the gateway loop.
private final class Parts {
    let router = Router()
    private let loop: any EventLoop
    private let walk: GatewayLoop
    private let store: OpenedStore
    private let service: TradingService
    private var links: [ExchangeLink] = []

    init(
        _ configuration: Configuration,
        loop: any EventLoop,
        signals: Signals,
        log: Logger
    ) throws {
        let store = try OpenedStore(configuration, loop: loop, log: log)
        let walk = GatewayLoop(
            gateway: Gateway(
                recovered: store.state,
                settings: configuration.gateway,
                journal: store.condition
            ),
            journal: store.events,
            loop: loop,
            clock: SystemClock(),
            log: log,
            endProcess: { error in Program.fail("\(error)", code: 70) }
        )
        self.loop = loop
        self.walk = walk
        self.store = store
        self.service = TradingService(walk: walk, version: Program.version)
        self.service.register(with: self.router)
        try self.connect(configuration, loop: loop, signals: signals, log: log)
        walk.start(
            prefix: Self.randomPart(),
            epoch: Self.randomPart(),
            version: Program.version
        )
        store.follow(walk)
        for link in self.links { link.start() }
    }

    private func connect(
        _ configuration: Configuration,
        loop: any EventLoop,
        signals: Signals,
        log: Logger
    ) throws {
        for exchange in configuration.exchanges {
            let link = try ExchangeLink(
                exchange,
                symbols: configuration.gateway.limits.allowedSymbols,
                walk: self.walk,
                loop: loop,
                log: log
            )
            self.links.append(link)
            self.walk.attach(link, as: exchange.venue)
            signals.closeOnKill(link.gate)
        }
        if let market = configuration.exchanges.first(where: {
            $0.venue == configuration.gateway.marketVenue
        }) {
            let link = try DryRunLink(market, walk: self.walk, loop: loop)
            self.walk.attach(link, as: .dryRun)
        }
        let walk = NIOLoopBound(self.walk, eventLoop: loop)
        signals.onKill {
            loop.execute {
                walk.value.receive(
                    .killEngage(.cancel, Principal("SIGUSR1"), reason: "SIGUSR1"),
                    deadline: nil
                ) { _ in }
            }
        }
    }

    /// Lets go of the venues, then makes sure that nothing waits for a sync.
    func close() -> EventLoopFuture<Void> {
        let parts = NIOLoopBound(self, eventLoop: self.loop)
        return EventLoopFuture.andAllComplete(self.links.map { $0.shutdown() }, on: self.loop)
            .map {
                parts.value.store.finish(parts.value.walk)
            }
    }

    /// A part of a client order id; see `ClientOrderIDScheme`.
    private static func randomPart() -> String {
        let letters = Array("0123456789abcdefghijklmnopqrstuvwxyz")
        return String(
            (0..<ClientOrderIDScheme.partLength).map { _ in
                letters[Int.random(in: letters.indices)]
            }
        )
    }
}
