import CFloors
import Glibc

/// What the exchange is held to beyond the gateway's rows, in numbers of its own.
///
/// The exchange on one CPU, its client, which signs while it sends, on the other.
struct ExchangeGoals {
    private let exchange: ChildProcess
    private let port: CInt
    private let folder: String

    private static let rounds = 5
    private static let idleConnections = 10_000
    private static let exchangeCPU: CInt = 1
    private static let clientCPU: CInt = 0

    init(folder: String) throws(Fault) {
        self.folder = folder
        try Desk.makeEmpty(folder)
        self.exchange = try Desk.startExchange(cpu: Self.exchangeCPU, folder)
        self.port = try Desk.port(self.exchange.readyValues()["rest"])
    }

    func end() { self.exchange.end() }

    func measure() throws(Fault) {
        guard floors_pin(Self.clientCPU) == 0 else { throw Fault("cannot choose a CPU") }
        print("\nexchange: on CPU 1, its client on CPU 0; medians of \(Self.rounds) rounds")
        try self.measureMatching()
        try self.measureSignedOrders()
        try self.measureEvents()
        try self.measureIdleConnections()
    }

    private static func tell(_ title: String, _ value: String, _ verdict: String = "") {
        print("  " + Text.left(title, 62) + Text.right(value, 12) + "   " + verdict)
    }

    private static func verdict(_ value: Double, atLeast bound: Double) -> String {
        "at least \(Text.whole(bound)): \(value >= bound ? "pass" : "FAIL")"
    }

    // MARK: Matching

    private func measureMatching() throws(Fault) {
        var matching = Matching()
        // The first round warms up and is not counted.
        _ = try matching.measure(operations: 200_000)
        var rates: [Double] = []
        var shares = ""
        for _ in 0..<Self.rounds {
            let result = try matching.measure(operations: 1_000_000)
            rates.append(result.perSecond)
            shares = result.shares
        }
        let rate = rates.median
        Self.tell(
            "matching in process, operations/s",
            Text.whole(rate),
            Self.verdict(rate, atLeast: 1_000_000) + " (\(shares))"
        )
    }

    // MARK: Signed orders

    /// Signs while it sends: the time from the first signature to the last answer counts.
    private func measureSignedOrders() throws(Fault) {
        let count = 20_000
        for (connections, bound) in [(1, nil), (8, 20_000.0)] {
            var rates: [Double] = []
            for _ in 0..<Self.rounds {
                let start = floors_nanoseconds()
                let source = SignedOrders(count: count, on: Self.clientCPU)
                try Self.send(source, to: self.port, connections: connections)
                rates.append(Double(count) * 1e9 / Double(floors_nanoseconds() - start))
            }
            let rate = rates.median
            Self.tell(
                "limit IOC signed and answered over HTTP, \(connections) connections, orders/s",
                Text.whole(rate),
                bound.map { Self.verdict(rate, atLeast: $0) } ?? ""
            )
        }
    }

    private static func send(
        _ source: SignedOrders,
        to port: CInt,
        connections count: Int
    ) throws(Fault) {
        let connections = (0..<count).map { _ in floors_connect(port) }
        defer { for connection in connections where connection >= 0 { close(connection) } }
        while let requests = source.next() {
            var bytes: [CChar] = []
            var ends: [Int] = []
            for request in requests {
                bytes += request.utf8.map { CChar(bitPattern: $0) }
                ends.append(bytes.count)
            }
            var durations = [UInt64](repeating: 0, count: requests.count)
            let good = unsafe floors_http_parallel(
                connections,
                CInt(count),
                bytes,
                ends,
                CInt(requests.count),
                &durations
            )
            guard good == requests.count else {
                throw Fault("\(good) of \(requests.count) answers")
            }
        }
    }

    // MARK: Events

    /// From the answer to a market order, read by the client, to its executionReport.
    private func measureEvents() throws(Fault) {
        let stream = try EventStream(port: self.port)
        defer { stream.close() }
        let rest = floors_connect(self.port)
        guard rest >= 0 else { throw Fault("cannot connect") }
        defer { close(rest) }
        var delays: [UInt64] = []
        for order in Round.signedOrders(.market, count: 2_000) {
            let bytes = order.utf8.map { CChar(bitPattern: $0) }
            var duration: UInt64 = 0
            guard unsafe floors_http(rest, bytes, [bytes.count], 1, &duration) == 1 else {
                throw Fault("a market order was not filled")
            }
            let answered = floors_nanoseconds()
            try stream.waitForTrade()
            delays.append(floors_nanoseconds() - answered)
        }
        let samples = Samples(delays, seconds: 1)
        Self.tell(
            "answer of a trade to its event on the user stream, p50 / p99 µs",
            Text.decimal(samples.quantile(0.5)) + " / " + Text.decimal(samples.quantile(0.99))
        )
    }

    // MARK: Idle connections

    private func measureIdleConnections() throws(Fault) {
        // Memory of closed connections is used again: everything counts from here.
        let before = self.exchange.residentBytes
        for isWebSocket in [false, true] {
            var connections: [CInt] = []
            defer { for connection in connections { close(connection) } }
            let upgrade = Array(EventStream.upgrade("/ws").utf8)
            for number in 0..<Self.idleConnections {
                let connection = floors_connect(self.port)
                guard connection >= 0 else {
                    throw Fault("connection \(number) was refused: errno \(errno)")
                }
                connections.append(connection)
                guard isWebSocket else { continue }
                var answer = [UInt8](repeating: 0, count: 512)
                guard unsafe write(connection, upgrade, upgrade.count) == upgrade.count,
                    unsafe read(connection, &answer, answer.count) > 12,
                    answer.starts(with: Array("HTTP/1.1 101".utf8))
                else { throw Fault("WebSocket \(number) was refused") }
            }
            let start = floors_nanoseconds()
            let source = SignedOrders(count: 2_000, on: Self.clientCPU)
            try Self.send(source, to: self.port, connections: 1)
            let rate = 2_000 * 1e9 / Double(floors_nanoseconds() - start)
            let bytes = Double(self.exchange.residentBytes - before)
            let kind = isWebSocket ? "WebSockets" : "HTTP connections"
            Self.tell(
                "\(Self.idleConnections) idle \(kind): KiB of memory each",
                Text.decimal(bytes / Double(Self.idleConnections) / 1_024),
                "orders/s beside them: \(Text.whole(rate))"
            )
        }
    }
}
