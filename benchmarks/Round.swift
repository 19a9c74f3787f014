import CFloors
import Glibc

/// One pass over all rows, on one desk.
struct Round {
    private let desk: Desk
    private var result = RoundResult()

    init(on desk: Desk) { self.desk = desk }

    consuming func measure() throws(Fault) -> RoundResult {
        // The synced write belongs to the gateway's CPU, all else is the client's side.
        try self.pin(to: self.desk.placement.gatewayCPU)
        try self.measureSyncedWrite()
        // To the exchange the gateway is the client: it calls from its own CPU.
        try self.measureHTTP()
        try self.measureExchange(.limit, .exchangeLimit, .exchangeLimitParallel)
        try self.measureExchange(.market, .exchangeMarket, .exchangeMarketParallel)
        try self.measureTCP()
        try self.pin(to: self.desk.placement.othersCPU)
        let caller = try Caller(port: self.desk.gatewayPort)
        defer { caller.close() }
        let health = [Wire.request("Health", [])]
        self.result.samples[.health] = try caller.call(
            health,
            count: 4_000,
            inFlight: 1
        ) { _, _ in }
        self.result.samples[.healthPipelined] = try caller.call(
            health,
            count: 40_000,
            inFlight: 64
        ) { _, _ in }
        try self.place(.limit, .limit, count: 1_500, inFlight: 1, on: caller)
        try self.place(.limit, .limitPipelined, count: 6_000, inFlight: 64, on: caller)
        try self.place(.market, .market, count: 1_000, inFlight: 1, on: caller)
        try self.place(.market, .marketPipelined, count: 4_000, inFlight: 64, on: caller)
        return self.result
    }

    private func pin(to cpu: CInt) throws(Fault) {
        guard floors_pin(cpu) == 0 else { throw Fault("cannot run on CPU \(cpu): errno \(errno)") }
    }

    // MARK: Floors

    private mutating func measureTCP() throws(Fault) {
        try self.floor(.tcpRoundTrip, port: self.desk.echoPort, count: 5_000) {
            unsafe floors_ping_pong($0, $1, &$2)
        }
    }

    private mutating func measureSyncedWrite() throws(Fault) {
        let path = "\(self.desk.folder)/synced"
        try self.floor(.syncedWrite, port: nil, count: 1_000) {
            unsafe floors_synced_write(path, $1, &$2)
        }
    }

    private mutating func measureHTTP() throws(Fault) {
        let body =
            BenchmarkOrder.limit.parameters(index: 0, clientOrderID: Self.name(0))
            + "&recvWindow=2000&timestamp=1700000000000&signature="
            + String(repeating: "0", count: 64)
        let post = Array(repeating: Self.post("/api/v3/order", body), count: 3_000)
        try self.exchange(post, .httpRoundTrip, ports: [self.desk.stubPort])
        let ping = "GET /api/v3/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        try self.exchange(
            Array(repeating: ping, count: 3_000),
            .exchangePing,
            ports: [self.desk.quietExchangePort]
        )
    }

    private mutating func measureExchange(
        _ order: BenchmarkOrder,
        _ single: Row,
        _ parallel: Row
    ) throws(Fault) {
        let port = self.desk.quietExchangePort
        try self.exchange(Self.signedOrders(order, count: 1_500), single, ports: [port])
        let ports = Array(repeating: port, count: Desk.placementsOnTheWay)
        try self.exchange(Self.signedOrders(order, count: 4_000), parallel, ports: ports)
    }

    private mutating func floor(
        _ row: Row,
        port: CInt?,
        count: CInt,
        _ body: (CInt, CInt, inout [UInt64]) -> CInt
    ) throws(Fault) {
        let connection = port.map { floors_connect($0) } ?? 0
        guard connection >= 0 else { throw Fault("cannot connect for \(row.title)") }
        defer { if port != nil { close(connection) } }
        var durations = [UInt64](repeating: 0, count: Int(count))
        let start = floors_nanoseconds()
        guard body(connection, count, &durations) == count else {
            throw Fault("\(row.title) failed: errno \(errno)")
        }
        let seconds = Double(floors_nanoseconds() - start) / 1e9
        self.result.samples[row] = Samples(durations, seconds: seconds)
    }

    /// Sends requests over as many connections as there are ports.
    private mutating func exchange(
        _ requests: [String],
        _ row: Row,
        ports: [CInt]
    ) throws(Fault) {
        var bytes: [CChar] = []
        var ends: [Int] = []
        for request in requests {
            bytes += request.utf8.map { CChar(bitPattern: $0) }
            ends.append(bytes.count)
        }
        let connections = ports.map { floors_connect($0) }
        defer { for connection in connections where connection >= 0 { close(connection) } }
        try self.floor(row, port: nil, count: CInt(requests.count)) { _, count, durations in
            unsafe floors_http_parallel(
                connections,
                CInt(connections.count),
                bytes,
                ends,
                count,
                &durations
            )
        }
    }

    // MARK: Orders

    private mutating func place(
        _ order: BenchmarkOrder,
        _ row: Row,
        count: Int,
        inFlight: Int,
        on caller: Caller
    ) throws(Fault) {
        let gatewayStart = self.desk.gateway.cpuSeconds
        let exchangeStart = self.desk.exchange.cpuSeconds
        self.result.samples[row] = try caller.call(
            order.frames,
            count: count,
            inFlight: inFlight
        ) { (bytes, payload) throws(Fault) in
            let placed = WireFields.range(of: 1, in: bytes, payload) ?? 0..<0
            let status = WireFields.value(of: 11, in: bytes, placed)
            guard status == order.finalStatus else {
                let reason = WireFields.range(of: 17, in: bytes, placed) ?? 0..<0
                throw Fault(
                    "an order ended with status \(status), not \(order.finalStatus): "
                        + String(decoding: bytes[reason], as: UTF8.self)
                )
            }
        }
        let orders = Double(count)
        self.result.gatewayMicroseconds[row] =
            (self.desk.gateway.cpuSeconds - gatewayStart) / orders * 1e6
        self.result.exchangeMicroseconds[row] =
            (self.desk.exchange.cpuSeconds - exchangeStart) / orders * 1e6
    }

    /// Orders ready to be sent: what signing costs is no part of the exchange's time.
    static func signedOrders(_ order: BenchmarkOrder, count: Int) -> [String] {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let milliseconds = time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
        return (0..<count).map { index in
            let name = Self.name(time.tv_nsec + index)
            let payload =
                order.parameters(index: index, clientOrderID: name)
                + "&recvWindow=60000&timestamp=\(milliseconds)"
            var signature = [CChar](repeating: 0, count: 65)
            unsafe floors_sign(Desk.secret, payload, &signature)
            let text = String(
                decoding: signature.dropLast().map { UInt8(bitPattern: $0) },
                as: UTF8.self
            )
            return Self.post("/api/v3/order", payload + "&signature=" + text)
        }
    }

    private static func name(_ number: Int) -> String {
        "bench-" + String(number + 1_000_000_000_000)
    }

    private static func post(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nX-MBX-APIKEY: \(Desk.key)\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

/// What a round measured.
struct RoundResult {
    var samples: [Row: Samples] = [:]
    /// What a call cost of a CPU, in the gateway and in the exchange.
    var gatewayMicroseconds: [Row: Double] = [:]
    var exchangeMicroseconds: [Row: Double] = [:]
}
