import CFloors
import Glibc

/// An exchange, a gateway connected to it, and the other end of the floors, all in one placement.
final class Desk {
    static let key = "benchkey00000000000000000000000000000000000000000000000000000001"
    static let secret = "benchsecret000000000000000000000000000000000000000000000000001"

    let placement: Placement
    let folder: String
    let exchange: ChildProcess
    /// The same exchange without a gateway: its orders are the floor that the gateway builds on.
    let quietExchange: ChildProcess
    let floorServer: ChildProcess
    private(set) var gateway: ChildProcess
    let quietExchangePort: CInt
    let echoPort: CInt
    let stubPort: CInt
    private(set) var gatewayPort: CInt = 0
    /// From the start of the gateway to its ready line, with an empty store.
    private(set) var emptyStartSeconds = 0.0

    /// Placements that the gateway has on its way at a time: its connections but one.
    static let placementsOnTheWay = 7

    init(_ placement: Placement, folder: String) throws(Fault) {
        self.placement = placement
        self.folder = folder
        try Self.makeEmpty(folder)
        self.floorServer = try ChildProcess(
            "benchmarks",
            ["floor-server"],
            cpu: placement.othersCPU,
            folder: folder
        )
        let floorPorts = try self.floorServer.readyValues()
        self.echoPort = try Self.port(floorPorts["echo"])
        self.stubPort = try Self.port(floorPorts["http"])
        self.exchange = try Self.startExchange(cpu: placement.othersCPU, folder)
        let urls = try self.exchange.readyValues()
        let quietFolder = folder + "/quiet"
        try Self.makeEmpty(quietFolder)
        self.quietExchange = try Self.startExchange(cpu: placement.othersCPU, quietFolder)
        self.quietExchangePort = try Self.port(self.quietExchange.readyValues()["rest"])
        let configuration = """
            store: \(folder)/store
            mode: testnet
            listen:
              tcp: 127.0.0.1:0
            rpc: {tcp: {authentication: none}, limits: {connections: 4100}}
            symbols: [BTCUSDT]
            limits:
              order_notional_max: "1000000"
              open_orders_max: 1000
            venues:
              testnet:
                rest: \(urls["rest"] ?? "")
                websocket_api: \(urls["ws-api"] ?? "")
                stream: \(urls["stream"] ?? "")
                api_key: \(Self.key)
                connections: \(Self.placementsOnTheWay + 1)

            """
        try Self.write(configuration, to: "\(folder)/config.yaml")
        self.gateway = try Self.startGateway(placement, folder)
        self.emptyStartSeconds = try self.waitForGateway().start
    }

    func end() {
        self.gateway.end()
        self.exchange.end()
        self.quietExchange.end()
        self.floorServer.end()
    }

    /// Kills the gateway and measures how long it takes to read its journal again.
    func measureRecovery() throws(Fault) -> StartAfterCrash {
        self.gateway.end()
        self.gateway = try Self.startGateway(self.placement, self.folder)
        let (seconds, events) = try self.waitForGateway()
        return StartAfterCrash(
            events: events,
            seconds: seconds,
            emptySeconds: self.emptyStartSeconds
        )
    }

    static func startExchange(
        cpu: CInt,
        _ folder: String
    ) throws(Fault) -> ChildProcess {
        try ChildProcess(
            "ExchangeSim",
            [
                "--port", "0", "--seed", "7", "--market-interval", "0", "--no-rate-limits",
                "--key", Self.key, "--secret", Self.secret,
                "--balance", "BTC=100000", "--balance", "USDT=10000000000",
            ],
            cpu: cpu,
            folder: folder
        )
    }

    private static func startGateway(
        _ placement: Placement,
        _ folder: String
    ) throws(Fault) -> ChildProcess {
        try ChildProcess(
            "RPCServer",
            ["--config", "\(folder)/config.yaml"],
            variable: "TRADING_TESTNET_API_SECRET=\(Self.secret)",
            cpu: placement.gatewayCPU,
            folder: folder
        )
    }

    /// Waits until the gateway takes orders.
    ///
    /// - Returns: How long it took to its ready line, and the events that its journal holds.
    private func waitForGateway() throws(Fault) -> (start: Double, events: UInt64) {
        let start = floors_nanoseconds()
        self.gatewayPort = try Self.port(self.gateway.readyValues()["tcp"])
        let seconds = Double(floors_nanoseconds() - start) / 1e9
        let caller = try Caller(port: self.gatewayPort)
        defer { caller.close() }
        for _ in 0..<600 {
            let health = try caller.health()
            if health.isReady { return (seconds, health.journalSequence) }
            usleep(50_000)
        }
        throw Fault("the gateway is never ready to trade:\n\(self.gateway.output)")
    }

    /// The port at the end of an address or a URL without a path.
    static func port(_ address: String?) throws(Fault) -> CInt {
        let digits = address?.split(separator: ":").last?.prefix { $0.isNumber }
        guard let port = digits.flatMap({ CInt($0) }) else {
            throw Fault("no port in \(address ?? "nothing")")
        }
        return port
    }

    static func makeEmpty(_ folder: String) throws(Fault) {
        guard unsafe system("rm -rf '\(folder)' && mkdir -p '\(folder)'") == 0 else {
            throw Fault("cannot make the folder \(folder)")
        }
    }

    private static func write(_ text: String, to path: String) throws(Fault) {
        guard let file = unsafe fopen(path, "w") else { throw Fault("cannot write \(path)") }
        defer { unsafe fclose(file) }
        guard unsafe fputs(text, file) >= 0 else { throw Fault("cannot write \(path)") }
    }
}

/// What a start on a full journal took.
struct StartAfterCrash {
    let events: UInt64
    let seconds: Double
    let emptySeconds: Double
}
