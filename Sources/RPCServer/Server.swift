import Glibc
import Journal
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
        let lever = KillLever(
            configuration.killSwitch,
            storePath: configuration.storePath,
            log: log
        )
        let signals = Signals(lever)
        let parts = try await loop.submit {
            NIOLoopBound(
                try Parts(configuration, loop: loop, lever: lever, log: log),
                eventLoop: loop
            )
        }.get()
        let server = try await TTRPCServer.start(
            on: loop,
            addresses: configuration.addresses,
            configuration: try Self.limits(configuration)
        ) {
            parts.value.router
        }
        print(Self.readyLine(server.addresses))
        _ = fflush(nil)
        await signals.waitForTermination()
        log.info("ending: no new calls are taken")
        try await loop.submit { parts.value.endSubscriptions() }.get()
        try await server.drain(timeout: .seconds(15)).get()
        try await loop.flatSubmit { parts.value.close() }.get()
        try await group.shutdownGracefully()
    }

    private static func limits(_ configuration: Configuration) throws -> ServerConfiguration {
        var limits = configuration.rpcLimits.serverConfiguration
        limits.tls = try configuration.tls.map { tls throws(TLSFileError) in
            try ServerTLS(
                certificatePath: tls.certificatePath,
                keyPath: tls.keyPath,
                clientAuthorityPath: tls.clientAuthorityPath
            )
        }
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
    let router: Router
    private let loop: any EventLoop
    private let walk: GatewayLoop
    private let store: OpenedStore
    private let broadcaster: Broadcaster
    private let service: TradingService
    private var links: [any ExchangeLinking] = []

    init(
        _ configuration: Configuration,
        loop: any EventLoop,
        lever: KillLever,
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
            lever: lever,
            codes: try OneTimeCodes(configuration.secondFactor),
            log: log
        )
        let authenticator = Authenticator(configuration.access, walk: walk, loop: loop)
        let broadcaster = store.broadcaster(on: loop, configuration.stream)
        walk.follower = broadcaster
        broadcaster.isAnswerAwaited = { [unowned walk] in !walk.answers.isEmpty }
        self.loop = loop
        self.walk = walk
        self.store = store
        self.broadcaster = broadcaster
        let service = TradingService(
            walk: walk,
            authenticator: authenticator,
            history: store.history(broadcaster.subjects, on: loop),
            broadcaster: broadcaster,
            version: Program.version
        )
        self.router = Router(connectionClosed: { connection, reason in
            authenticator.closed(connection, reason)
            service.closed(connection)
        })
        self.service = service
        service.register(with: self.router)
        try self.connect(configuration, loop: loop, lever: lever, log: log)
        walk.onFailure(
            abandon: { [unowned store] in store.abandon() },
            end: { [unowned self] in self.end($0) }
        )
        walk.start(
            prefix: Self.randomPart(),
            epoch: Self.randomPart(),
            version: Program.version
        )
        self.engageAtStart(lever)
        Self.report(store.state.limitChanges, to: log)
        for warning in configuration.gateway.limits.warnings {
            log.warning("a limit binds nothing", metadata: ["limit": "\(warning)"])
        }
        store.follow(walk)
        for link in self.links { link.start() }
    }

    private func connect(
        _ configuration: Configuration,
        loop: any EventLoop,
        lever: KillLever,
        log: Logger
    ) throws {
        for exchange in configuration.exchanges {
            let link = try ExchangeLink(
                exchange,
                symbols: configuration.gateway.limits.allowedSymbols,
                walk: self.walk,
                loop: loop,
                log: log,
                keep: { [store = self.store, walk = self.walk] receipts in
                    store.keep(receipts, of: exchange.venue, walk)
                }
            )
            self.add(link, as: exchange.venue, lever)
        }
        if let paper = configuration.paper {
            let link = try PaperLink(
                try paper.venue(configuration),
                walk: self.walk,
                loop: loop,
                log: log
            )
            self.add(link, as: .paper, lever)
        }
        if let market = configuration.exchanges.first(where: {
            $0.venue == configuration.gateway.marketVenue
        }) {
            let link = try DryRunLink(market, walk: self.walk, loop: loop)
            self.walk.attach(link, as: .dryRun)
        }
    }

    private func add(_ link: any ExchangeLinking, as venue: VenueID, _ lever: KillLever) {
        self.links.append(link)
        self.walk.attach(link, as: venue)
        lever.add(link.gate)
    }

    /// What beats the configuration is easily forgotten by whoever edits it.
    private static func report(_ changes: [LimitKey: LimitChange], to log: Logger) {
        for (key, change) in changes.sorted(by: { $0.key < $1.key }) {
            log.notice(
                "a limit is not the configuration's",
                metadata: [
                    "limit": "\(key)", "is": "\(change.setting)", "by": "\(change.principal)",
                    "reason": "\(change.reason)",
                ]
            )
        }
    }

    /// Engages the kill switch where the environment or a file asks for it, and begins to listen
    /// to what else does.
    private func engageAtStart(_ lever: KillLever) {
        if let pull = lever.atStart() {
            var engaged: KillLevel?
            self.walk.withState { engaged = $0.killSwitch.level }
            if let engaged, engaged >= pull.level {
                // What is engaged already keeps its cause and its progress.
                if !self.store.condition.isDamaged { lever.noteRecordedAtStart() }
            } else {
                self.walk.engage(pull)
            }
        }
        let walk = NIOLoopBound(self.walk, eventLoop: self.loop)
        lever.onPull { [loop] pull in loop.execute { walk.value.engage(pull) } }
        lever.watchFile()
    }

    /// Ends the process after a failed write, once what is on its way to the venues has arrived.
    private func end(_ error: JournalError) {
        EventLoopFuture.andAllComplete(self.links.map { $0.shutdown() }, on: self.loop)
            .assumeIsolated()
            .whenComplete { _ in Program.fail("\(error)", code: 70) }
    }

    /// Tells subscribers where to go on once the server is back.
    func endSubscriptions() { self.broadcaster.endAll(.unavailable, "the server is closing") }

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
