import CFloors
import Glibc

/// What a thousand connections cost at the rate of one: the p99 of calls that are due by the clock,
/// whatever becomes of the answers.
///
/// Beside the gateway a loop in C answers the same frames, for a tail is also the machine's: a host
/// that takes a CPU away for a few milliseconds holds up more than 1 % of a second's calls. So
/// rounds are many and short, with a rest before each, since hosts take away what is used all the
/// time: the median then tells of rounds that were left alone, as long as these are the most.
enum TailBenchmark {
    private static let connectionCount = 1_000
    private static let rounds = 49
    private static let restMicroseconds: UInt32 = 250_000
    private static let callsPerRound = 3_000
    private static let callsAtMost = 100_000
    private static let ratioMax = 3.0

    /// A server, connections to it, and the p99 of each round.
    @safe
    private struct Series {
        let title: String
        private let load: OpaquePointer
        private(set) var tails: [Double] = []

        init(_ title: String, port: CInt, connections: Int) throws(Fault) {
            self.title = title
            let frame = Wire.request("Health", []).map { CChar(bitPattern: $0) }
            let load = unsafe floors_load_open(
                port,
                CInt(connections),
                CInt(TailBenchmark.callsAtMost),
                frame,
                frame.count
            )
            guard let load = unsafe load else { throw Fault("\(title): errno \(errno)") }
            unsafe self.load = load
        }

        var median: Double { self.tails.median }

        /// Calls at a fixed rate; one after the other on each connection where it is zero.
        func offer(_ count: Int, perSecond rate: Double) throws(Fault) -> Samples {
            var durations = [UInt64](repeating: 0, count: count)
            var refused: CInt = 0
            let begin = floors_nanoseconds()
            let answered = unsafe floors_load_offer(
                self.load,
                rate,
                CInt(count),
                &durations,
                &refused
            )
            guard answered == count else { throw Fault("\(self.title): errno \(errno)") }
            if refused > 0 {
                Swift.print("  \(refused) of \(count) calls were refused: the server stood still")
            }
            return Samples(durations, seconds: Double(floors_nanoseconds() - begin) / 1e9)
        }

        mutating func measureRound(perSecond rate: Double) throws(Fault) {
            usleep(TailBenchmark.restMicroseconds)
            let samples = try self.offer(TailBenchmark.callsPerRound, perSecond: rate)
            self.tails.append(samples.quantile(0.99))
        }

        func print() {
            let sorted = self.tails.sorted()
            let range = [sorted[0], sorted[sorted.count / 4], sorted[sorted.count - 1]]
            Swift.print(
                "  \(Text.left(self.title, 42))\(Text.right(Text.decimal(self.median), 8))"
                    + "   least, quarter, most: "
                    + range.map { Text.decimal($0) }.joined(separator: ", ")
            )
        }
    }

    static func run(folder: String) throws(Fault) {
        let desk = try Desk(.spread, folder: folder)
        defer { desk.end() }
        let floor = try ChildProcess(
            "benchmarks",
            ["frame-server"],
            cpu: Placement.spread.gatewayCPU,
            folder: "\(folder)/quiet"
        )
        defer { floor.end() }
        let floorPort = try Desk.port(floor.readyValues()["frames"])
        guard floors_pin(1) == 0 else { throw Fault("cannot run on CPU 1: errno \(errno)") }
        let many = Self.connectionCount
        var series = [
            try Series("1 connection", port: desk.gatewayPort, connections: 1),
            try Series("\(many) connections", port: desk.gatewayPort, connections: many),
            try Series("a C loop that only answers: 1", port: floorPort, connections: 1),
            try Series("a C loop that only answers: \(many)", port: floorPort, connections: many),
        ]
        var most = 0.0
        for _ in 0..<3 {
            most = max(most, try series[1].offer(Self.callsAtMost, perSecond: 0).perSecond)
        }
        let rate = (most / 2).rounded(.down)
        for _ in 0..<Self.rounds {
            for index in series.indices { try series[index].measureRound(perSecond: rate) }
        }
        print(
            "\nHealth at a fixed rate, half of the \(Int(most)) per s that \(many) connections "
                + "reach, gateway on\nCPU 0, client on CPU 1: p99 in µs of \(Self.callsPerRound) "
                + "calls, the median of \(Self.rounds) rounds"
        )
        for one in series { one.print() }
        let floorRatio = Text.ratio(series[3].median / series[2].median)
        print("  the C loop's ratio: \(floorRatio)")
        let ratio = series[1].median / series[0].median
        RPCBenchmark.judge(
            "p99 at most \(Self.ratioMax) times that of one: \(Text.ratio(ratio))",
            ratio <= Self.ratioMax
        )
    }
}
