import CFloors
import Glibc

/// What subscribers cost an order: the same orders with nobody listening and with very many, each
/// of whom is told every event over a connection of its own.
enum SubscriberBenchmark {
    private static let subscribersDefault = 2_000
    private static let rounds = 3
    /// One order at a time, so often: what a busy strategy does, and the fan-out comes to rest.
    private static let perSecond = 20.0
    private static let pacedCount = 200
    /// One order right after the other: the fan-out never comes to rest.
    private static let closedCount = 300

    static func run(folder: String, count text: String?) throws(Fault) {
        let count = text.flatMap { Int($0) } ?? Self.subscribersDefault
        guard (1...4_000).contains(count) else { throw Fault("subscribers: expected 1 to 4000") }
        let desk = try Desk(.spread, folder: "\(folder)/subscribers")
        defer { desk.end() }
        guard floors_pin(1) == 0 else { throw Fault("cannot run on CPU 1: errno \(errno)") }
        var alone: [Orders] = []
        var told: [Orders] = []
        for _ in 0..<Self.rounds {
            alone.append(try Self.measure(desk))
            let subscribers = try ChildProcess(
                "benchmarks",
                ["subscribe", "\(desk.gatewayPort)", "\(count)"],
                cpu: 1,
                folder: "\(desk.folder)/quiet"
            )
            defer { subscribers.end() }
            _ = try subscribers.readyValues()
            told.append(try Self.measure(desk))
            guard waitpid(subscribers.id, nil, WNOHANG) == 0 else {
                throw Fault("a subscription ended:\n\(subscribers.output)")
            }
        }
        Machine.current.print()
        print(
            "\nPlaceOrder limit IOC with \(count) subscribers to every event, gateway on CPU 0, "
                + "all others on CPU 1, µs, medians of \(Self.rounds) rounds"
        )
        Self.show("\(Int(Self.perSecond)) per s", \.paced, alone, told)
        Self.show("one after the other", \.closed, alone, told)
    }

    /// What a run of each kind took.
    private struct Orders {
        var paced: Samples
        var closed: Samples
    }

    private static func measure(_ desk: Desk) throws(Fault) -> Orders {
        let caller = try Caller(port: desk.gatewayPort)
        defer { caller.close() }
        let frames = BenchmarkOrder.limit.frames
        let begin = floors_nanoseconds()
        var durations: [UInt64] = []
        for index in 0..<Self.pacedCount {
            let due = begin + UInt64(Double(index) / Self.perSecond * 1e9)
            let now = floors_nanoseconds()
            if now < due { usleep(UInt32((due - now) / 1_000)) }
            let one = try caller.call(frames, count: 1, inFlight: 1) { _, _ in }
            durations.append(UInt64(one.quantile(0.5) * 1_000))
        }
        let seconds = Double(floors_nanoseconds() - begin) / 1e9
        return Orders(
            paced: Samples(durations, seconds: seconds),
            closed: try caller.call(frames, count: Self.closedCount, inFlight: 1) { _, _ in }
        )
    }

    private static func show(
        _ title: String,
        _ samples: KeyPath<Orders, Samples>,
        _ alone: [Orders],
        _ told: [Orders]
    ) {
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            let without = alone.map { $0[keyPath: samples].quantile(share) }.median
            let with = told.map { $0[keyPath: samples].quantile(share) }.median
            print(
                "  \(Text.left(title, 20))\(name)  0: \(Text.right(Text.decimal(without), 9))"
                    + "  all: \(Text.right(Text.decimal(with), 9))"
                    + "  \(Text.ratio(with / without))"
            )
        }
    }

    /// The other end: subscribes and reads, until it is killed.
    static func subscribe(_ arguments: [String]) -> Never {
        guard arguments.count == 2, let port = CInt(arguments[0]), let count = CInt(arguments[1])
        else { exit(64) }
        floors_raise_files()
        // Its stream is one-way from here on, which the request's flags say; and it has no end.
        let frame = Wire.subscription().map { CChar(bitPattern: $0) }
        exit(unsafe floors_subscribe(port, count, frame, frame.count) == 0 ? 0 : 70)
    }
}
