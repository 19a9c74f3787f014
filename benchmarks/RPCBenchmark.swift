import CFloors
import Glibc

/// The RPC hop alone, beside the raw floor and an asynchronous gRPC C++ server of the same run on
/// one core.
enum RPCBenchmark {
    private static let rounds = 5
    private static let calls: CInt = 4_000
    private static let floorMax = 1.3
    private static let peerMin = 2.0

    static func run(folder: String) throws(Fault) {
        try Self.measureHop(folder: "\(folder)/rpc-same")
        try TailBenchmark.run(folder: "\(folder)/rpc-spread")
    }

    static func judge(_ text: String, _ isMet: Bool) {
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

    /// By the same means as the floor's round trip: what the client costs is in both.
    private static func call(_ method: String, _ desk: Desk) throws(Fault) -> Samples {
        let frame = Wire.request(method, []).map { CChar(bitPattern: $0) }
        return try Self.measure(desk.gatewayPort, "calls of \(method)") { connection, durations in
            unsafe floors_calls(connection, frame, frame.count, Self.calls, &durations)
        }
    }

    private static func roundTrip(_ port: CInt) throws(Fault) -> Samples {
        try Self.measure(port, "the floor") { connection, durations in
            unsafe floors_ping_pong(connection, Self.calls, &durations)
        }
    }

    private static func measure(
        _ port: CInt,
        _ name: String,
        _ run: (CInt, inout [UInt64]) -> CInt
    ) throws(Fault) -> Samples {
        let connection = floors_connect(port)
        guard connection >= 0 else { throw Fault("cannot connect for \(name)") }
        defer { close(connection) }
        var durations = [UInt64](repeating: 0, count: Int(Self.calls))
        guard run(connection, &durations) == Self.calls else {
            throw Fault("\(name) failed: errno \(errno)")
        }
        return Samples(durations, seconds: 1)
    }
}
