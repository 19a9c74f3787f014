import CFloors
import Glibc

/// The RPC hop alone, beside the raw floor and an asynchronous gRPC C++ server of the same run on
/// one core; and what a thousand connections cost at the rate of one.
enum RPCBenchmark {
    private static let rounds = 5
    /// More, for a tail is at the mercy of the host.
    private static let tailRounds = 9
    private static let calls: CInt = 4_000
    private static let connectionCount = 1_000
    private static let floorMax = 1.3
    private static let peerMin = 2.0
    private static let tailMax = 3.0

    static func run(folder: String) throws(Fault) {
        try Self.measureHop(folder: "\(folder)/rpc-same")
        try Self.measureScaling(folder: "\(folder)/rpc-spread")
    }

    private static func judge(_ text: String, _ isMet: Bool) {
        print("  \(text): \(isMet ? "pass" : "FAIL")")
    }

    // MARK: The hop

    /// Medians of one round, in microseconds.
    private struct Hop {
        var tcp = 0.0
        var eventLoop = 0.0
        var health = 0.0
        var positions = 0.0
        var peerHealth = 0.0
        var peerPositions = 0.0
    }

    private static func measureHop(folder: String) throws(Fault) {
        let desk = try Desk(.same, folder: folder)
        defer { desk.end() }
        let peer = try ChildProcess("grpc-peer", ["serve"], cpu: 0, folder: folder)
        defer { peer.end() }
        let port = try peer.readyValues()["port"] ?? ""
        let echo = try ChildProcess(
            "benchmarks",
            ["event-loop-echo"],
            cpu: 0,
            folder: "\(folder)/quiet"
        )
        defer { echo.end() }
        let echoPort = try Desk.port(echo.readyValues()["echo"])
        guard floors_pin(0) == 0 else { throw Fault("cannot run on CPU 0: errno \(errno)") }
        try Self.takePosition(desk)
        var hops: [Hop] = []
        for _ in 0..<Self.rounds {
            var hop = Hop()
            hop.tcp = try Self.roundTrip(desk.echoPort).quantile(0.5)
            hop.eventLoop = try Self.roundTrip(echoPort).quantile(0.5)
            hop.health = try Self.call("Health", desk).quantile(0.5)
            hop.positions = try Self.call("Positions", desk).quantile(0.5)
            let client = try ChildProcess(
                "grpc-peer",
                ["call", port, "\(Self.calls)"],
                cpu: 0,
                folder: "\(folder)/quiet"
            )
            defer { client.end() }
            let values = try client.readyValues()
            hop.peerHealth = (Double(values["health"] ?? "") ?? .nan) / 1_000
            hop.peerPositions = (Double(values["positions"] ?? "") ?? .nan) / 1_000
            hops.append(hop)
        }
        Machine.current.print()
        print("\nthe RPC hop, everything on CPU 0, p50 in µs, the median of \(Self.rounds) rounds")
        func show(_ title: String, _ value: (Hop) -> Double) {
            let number = Text.decimal(hops.map(value).median)
            print("  \(Text.left(title, 52))\(Text.right(number, 8))")
        }
        show("floor: TCP round trip, 64 bytes, blocking", \.tcp)
        show("the same echo by SwiftNIO's loop", \.eventLoop)
        show("Health", \.health)
        show("Positions", \.positions)
        show("asynchronous gRPC C++: Health", \.peerHealth)
        show("asynchronous gRPC C++: Positions", \.peerPositions)
        func ratio(_ text: String, _ value: (Hop) -> Double, _ isMet: (Double) -> Bool) {
            let median = hops.map(value).median
            Self.judge("\(text): \(Text.ratio(median))", isMet(median))
        }
        let loop = Text.ratio(hops.map { $0.eventLoop / $0.tcp }.median)
        print("  SwiftNIO's echo, which nothing of ours is in: \(loop) times the floor")
        let floor = "at most \(Self.floorMax) times the floor"
        ratio("Health \(floor)", { $0.health / $0.tcp }) { $0 <= Self.floorMax }
        ratio("Positions \(floor)", { $0.positions / $0.tcp }) { $0 <= Self.floorMax }
        let times = "at least \(Self.peerMin) times faster than gRPC C++"
        ratio("Health \(times)", { $0.peerHealth / $0.health }) { $0 >= Self.peerMin }
        ratio("Positions \(times)", { $0.peerPositions / $0.positions }) { $0 >= Self.peerMin }
    }

    /// So that Positions has something to tell.
    private static func takePosition(_ desk: Desk) throws(Fault) {
        let caller = try Caller(port: desk.gatewayPort)
        defer { caller.close() }
        let order = [BenchmarkOrder.market.frames[0]]
        _ = try caller.call(order, count: 1, inFlight: 1) { _, _ in }
    }

    private static func call(_ method: String, _ desk: Desk) throws(Fault) -> Samples {
        let caller = try Caller(port: desk.gatewayPort)
        defer { caller.close() }
        let frames = [Wire.request(method, [])]
        _ = try caller.call(frames, count: 500, inFlight: 1) { _, _ in }
        return try caller.call(frames, count: Int(Self.calls), inFlight: 1) { _, _ in }
    }

    private static func roundTrip(_ port: CInt) throws(Fault) -> Samples {
        let connection = floors_connect(port)
        guard connection >= 0 else { throw Fault("cannot connect to the floor") }
        defer { close(connection) }
        var durations = [UInt64](repeating: 0, count: Int(Self.calls))
        guard unsafe floors_ping_pong(connection, Self.calls, &durations) == Self.calls else {
            throw Fault("the floor failed: errno \(errno)")
        }
        return Samples(durations, seconds: 1)
    }

    // MARK: Many connections

    private static func measureScaling(folder: String) throws(Fault) {
        let desk = try Desk(.spread, folder: folder)
        defer { desk.end() }
        guard floors_pin(1) == 0 else { throw Fault("cannot run on CPU 1: errno \(errno)") }
        let most = try Self.offer(desk, connections: Self.connectionCount, perSecond: 0)
        let rate = (most.perSecond / 2).rounded(.down)
        var one: [Samples] = []
        var many: [Samples] = []
        for _ in 0..<Self.tailRounds {
            one.append(try Self.offer(desk, connections: 1, perSecond: rate))
            many.append(
                try Self.offer(desk, connections: Self.connectionCount, perSecond: rate)
            )
        }
        print(
            "\nHealth at a fixed rate, gateway on CPU 0, client on CPU 1: half of the "
                + "\(Int(most.perSecond)) per s that \(Self.connectionCount) connections reach"
        )
        var tails: [Double] = []
        for (name, samples) in [("1 connection", one), ("\(Self.connectionCount)", many)] {
            let p50 = Text.decimal(samples.map { $0.quantile(0.5) }.median)
            let p99 = samples.map { $0.quantile(0.99) }
            let (least, most) = (Text.decimal(p99.min() ?? .nan), Text.decimal(p99.max() ?? .nan))
            print(
                "  \(Text.left(name, 14))p50 \(p50) µs  p99 \(Text.decimal(p99.median)) µs, "
                    + "\(least) to \(most) in \(Self.tailRounds) rounds"
            )
            tails.append(p99.median)
        }
        let ratio = tails[1] / tails[0]
        Self.judge(
            "p99 at most \(Self.tailMax) times that of one: \(Text.ratio(ratio))",
            ratio <= Self.tailMax
        )
    }

    private static func offer(
        _ desk: Desk,
        connections count: Int,
        perSecond rate: Double
    ) throws(Fault) -> Samples {
        let connections = (0..<count).map { _ in floors_connect(desk.gatewayPort) }
        defer { for connection in connections where connection >= 0 { close(connection) } }
        guard connections.allSatisfy({ $0 >= 0 }) else { throw Fault("cannot connect so often") }
        // A thousand connections are accepted, and those of the last offer ended, before the first
        // call.
        usleep(500_000)
        let frame = Wire.request("Health", []).map { CChar(bitPattern: $0) }
        let calls = CInt(rate == 0 ? 200_000 : min(400_000, rate * 2))
        var durations = [UInt64](repeating: 0, count: Int(calls))
        var refused: CInt = 0
        let begin = floors_nanoseconds()
        let answered = unsafe floors_open_loop(
            connections,
            CInt(count),
            frame,
            frame.count,
            rate,
            calls,
            &durations,
            &refused
        )
        if refused > 0 {
            print("  \(refused) of \(calls) calls were refused: the server or its CPU stood still")
        }
        guard answered == calls else { throw Fault("calls at a fixed rate failed: errno \(errno)") }
        return Samples(durations, seconds: Double(floors_nanoseconds() - begin) / 1e9)
    }
}
