/// Everything that `make test-faults` does to a gateway.
enum Catalogue {
    static let placements: [Disturbance] = [
        .placement("executed, connection closed without a byte", "execute-close"),
        .placement("dropped before execution", "drop"),
        .placement("-1007, executed", "execute-timeout"),
        .placement("-1007, not executed", "timeout"),
        .placement("504, executed", "execute-html"),
        .placement("504, not executed", "html"),
        .placement("-1006, executed", "execute-error&code=1006&status=500"),
        .placement("-1006, not executed", "error&code=1006&status=500"),
        .placement("answer 15 s late", "delay-answer&ms=15000", extraBound: .seconds(14)),
    ]

    static let streams: [Disturbance] = [
        .stream("stream silent", "silence", heal: nil),
        .stream("events twice", "duplicate&count=1000", heal: nil),
        .stream("events 1.5 s late", "delay&ms=1500", heal: "delay&ms=0"),
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

    static var cases: [FaultCase] {
        self.singles.map { Disturbance.faultCase([$0]) } + self.withoutStream + Boundary.cases
            + Specials.cases
    }

    private static let singles = placements + streams + clocks + stops + others

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
        let names = Set(self.cases.map(\.name))
        return pairs.filter { !names.contains($0.name) }
    }
}
