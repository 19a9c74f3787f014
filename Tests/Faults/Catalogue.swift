import SystemTestSupport

/// Everything that `make test-faults` does to a gateway.
enum Catalogue {
    static let placements: [Disturbance] = [
        .placement("executed, connection closed without a byte", "execute-close"),
        .placement("dropped before execution", "drop"),
        .placement(
            "dropped, to be placed once more",
            "drop",
            extraBound: .seconds(3),
            isToResubmit: true
        ),
        .placement(
            "504, executed, to be placed once more",
            "execute-html",
            extraBound: .seconds(3),
            isToResubmit: true
        ),
        .placement("-1007, executed", "execute-timeout"),
        .placement("-1007, not executed", "timeout"),
        .placement("504, executed", "execute-html"),
        .placement("504, not executed", "html"),
        .placement("-1006, executed", "execute-error&code=1006&status=500"),
        .placement("-1006, not executed", "error&code=1006&status=500"),
        .placement("reused connection closed after execution", "execute-close&reused=true"),
        .placement("answer cut off", "truncate"),
        .placement("executed, never answered", "execute-hang", extraBound: .seconds(11)),
        .placement("never answered", "hang", extraBound: .seconds(11)),
        .placement("answer 15 s late", "delay-answer&ms=15000", extraBound: .seconds(14)),
    ]

    static let streams: [Disturbance] = [
        .stream("stream silent", "silence", heal: nil),
        .stream("events twice", "duplicate&count=1000", heal: nil),
        .stream("events 1.5 s late", "delay&ms=1500", heal: "delay&ms=0"),
        .stream("events reordered", "reorder&count=1000", heal: nil),
        .stream("events lost", "lose&count=6", heal: nil),
        Disturbance(
            name: "stream cut",
            kind: .stream,
            during: { trial in
                for _ in 0..<3 {
                    try await trial.control("POST", "streams?action=cut")
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        ),
    ]

    static let cancels: [Disturbance] = [
        .cancel("cancel executed, connection closed", "execute-close"),
        .cancel("cancel dropped", "drop"),
        .cancel("cancel -1007, executed", "execute-timeout"),
        .cancel("cancel 504, not executed", "html"),
    ]

    static let amends: [Disturbance] = [
        .amend("reduction executed, connection closed", "execute-close"),
        .amend("reduction dropped", "drop"),
        .amend("reduction -1007, executed", "execute-timeout"),
        .amend("reduction 504, not executed", "html"),
    ]

    static let reads: [Disturbance] = [
        .read("queries answered 504", "html&count=6"),
        .read("queries dropped", "drop&count=6"),
        .read(
            "queries 10 s old",
            "stale&count=0&forMs=10000",
            extraBound: .seconds(9),
            prepare: { $0.timing = FaultCase.timing(marginMilliseconds: 10_000) }
        ),
    ]

    static var cases: [FaultCase] {
        self.singles.map { Disturbance.faultCase([$0]) }
            + self.withoutStream + self.inDoubt
            + Boundary.cases
            + Specials.cases
    }

    private static let singles =
        placements + cancels + amends + reads + streams + clocks + stops + others

    /// What is found out although the queries tell it badly: an order that is there, and one that
    /// is not, each without the stream.
    private static var inDoubt: [FaultCase] {
        guard let silent = self.streams.first else { return [] }
        return self.reads.flatMap { read in
            self.placements.prefix(2).map { Disturbance.faultCase([read, $0, silent]) }
        }
    }

    /// What is found out by queries alone, because the stream tells nothing.
    private static var withoutStream: [FaultCase] {
        guard let silent = self.streams.first else { return [] }
        return (self.placements + self.others).map { Disturbance.faultCase([$0, silent]) }
    }

    /// All pairs of disturbances of different kinds.
    static var pairs: [FaultCase] {
        var pairs: [FaultCase] = []
        for (index, first) in self.singles.enumerated() where !first.isSlow {
            for second in self.singles[(index + 1)...]
            where second.kind != first.kind && !second.isSlow {
                pairs.append(Disturbance.faultCase([first, second]))
            }
        }
        pairs += self.singles.filter { !$0.isSlow }.flatMap { Specials.pairs(with: $0) }
        let names = Set(self.cases.map(\.name))
        return pairs.filter { !names.contains($0.name) }
    }
}
