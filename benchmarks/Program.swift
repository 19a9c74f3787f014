import CFloors
import Glibc

/// Measures the gateway beside the raw floors of the same run and the same placement.
///
/// `benchmarks [rounds]` measures all, `benchmarks recovery` only recovery, `benchmarks exchange`
/// only what the exchange is held to, `benchmarks gate` only the risk gate, `benchmarks rpc` only
/// the RPC hop, `benchmarks subscribers [COUNT]` only what subscribers cost an order. `benchmarks
/// floor-server` and `benchmarks frame-server` are the other ends of the floors, `benchmarks
/// event-loop-echo` that of NIO's, `benchmarks recover STORE` one recovery, `benchmarks subscribe
/// PORT COUNT` subscribers.
@main
enum Program {
    /// Where everything of a run lies: in the working directory, whose disk is meant.
    private static let folder = ".build/benchmarks"
    private static let secondsMax: UInt32 = 540

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        let first = arguments.first
        if first == "floor-server" { floors_serve() }
        if first == "event-loop-echo" {
            do throws(Fault) { try EventLoopEcho.serve() } catch { Self.fail(error) }
        }
        floors_raise_files()
        if first == "frame-server" { floors_serve_frames() }
        if first == "recover", let store = arguments.dropFirst().first {
            RecoveryBenchmark.recover(store)
        }
        if first == "subscribe" { SubscriberBenchmark.subscribe(Array(arguments.dropFirst())) }
        let rounds = first.flatMap { Int($0) } ?? (first == nil ? 5 : 1)
        let part = first.flatMap(Part.init)
        guard (1...50).contains(rounds), first == nil || part != nil || Int(first ?? "") != nil
        else {
            Self.fail(
                Fault("usage: benchmarks [1...50 | recovery | exchange | gate | rpc | subscribers]")
            )
        }
        floors_watchdog(Self.secondsMax)
        do throws(Fault) {
            if part == nil { try Self.measure(rounds: rounds) }
            if part == nil || part == .gate { try GateBenchmark.run() }
            if part == nil || part == .recovery {
                try RecoveryBenchmark.run(folder: Self.folder)
            }
            if part == nil || part == .exchange { try Self.measureExchange() }
            if part == nil || part == .rpc { try RPCBenchmark.run(folder: Self.folder) }
            // By itself alone: with it, a whole run would take longer than it may.
            if part == .subscribers {
                try SubscriberBenchmark.run(
                    folder: Self.folder,
                    count: arguments.dropFirst().first
                )
            }
        } catch {
            Self.fail(error)
        }
    }

    /// What can be measured by itself, by its name on the command line.
    private enum Part: String {
        case recovery, exchange, gate, rpc, subscribers
    }

    private static func measure(rounds: Int) throws(Fault) {
        var desks: [Desk] = []
        for placement in Placement.allCases {
            desks.append(try Desk(placement, folder: "\(Self.folder)/\(placement.rawValue)"))
        }
        defer { for desk in desks { desk.end() } }
        var reports = Placement.allCases.map(Report.init)
        for round in 1...rounds {
            for (index, desk) in desks.enumerated() {
                Self.note("round \(round) of \(rounds), \(desk.placement.rawValue)")
                reports[index].add(try Round(on: desk).measure())
            }
        }
        Machine.current.print()
        print("\(rounds) rounds; each number is the median over the rounds.")
        for (index, desk) in desks.enumerated() {
            reports[index].print()
            try reports[index].compare(with: "benchmarks/budgets/\(desk.placement.rawValue).txt")
        }
        try desks[0].measureRecovery().print()
    }

    private static func measureExchange() throws(Fault) {
        Self.note("the exchange alone")
        let goals = try ExchangeGoals(folder: "\(Self.folder)/exchange")
        defer { goals.end() }
        try goals.measure()
    }

    /// Progress is for people who wait; the result goes to the standard output.
    private static func note(_ text: String) {
        let line = Array("benchmarks: \(text)\n".utf8)
        _ = unsafe Glibc.write(STDERR_FILENO, line, line.count)
    }

    private static func fail(_ fault: Fault) -> Never {
        Self.note(fault.text)
        exit(70)
    }
}

/// Why a run cannot go on, for people.
struct Fault: Error {
    let text: String

    init(_ text: String) { self.text = text }
}
