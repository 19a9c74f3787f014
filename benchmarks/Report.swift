import Glibc

/// The rounds of one placement, as a table.
struct Report {
    private let placement: Placement
    private var rounds: [RoundResult] = []

    init(_ placement: Placement) { self.placement = placement }

    mutating func add(_ round: RoundResult) { self.rounds.append(round) }

    func print() {
        Swift.print("\n\(self.placement.title)")
        Swift.print(Self.line("", ["p50 µs", "p99 µs", "p99.9 µs", "per s", "CPU µs g/x"]))
        for row in Row.allCases {
            var cells = [0.5, 0.99, 0.999].map { share in
                Text.decimal(self.median { $0.samples[row]?.quantile(share) })
            }
            cells.append(Text.whole(self.median { $0.samples[row]?.perSecond }))
            if self.rounds.contains(where: { $0.gatewayMicroseconds[row] != nil }) {
                let gateway = Text.whole(self.median { $0.gatewayMicroseconds[row] })
                let exchange = Text.whole(self.median { $0.exchangeMicroseconds[row] })
                cells.append("\(gateway)/\(exchange)")
            }
            Swift.print(Self.line(row.title, cells))
        }
    }

    /// Prints the ratios, each with its budget where there is one; a miss is told, not punished.
    func compare(with path: String) throws(Fault) {
        let budgets = try Self.budgets(path)
        Swift.print("\nratios (median over the rounds' own ratios)")
        for ratio in Ratio.allCases {
            let value = self.median { ratio.value(in: $0) }
            var verdict = "no budget"
            if let budget = budgets[ratio.rawValue] {
                let isMet = ratio.isRate ? value >= budget : value <= budget
                let bound = ratio.isRate ? "at least" : "at most"
                verdict = "\(bound) \(Text.ratio(budget)): \(isMet ? "pass" : "FAIL")"
            }
            Swift.print(
                "  " + Text.left(ratio.title, 62) + Text.right(Text.ratio(value), 8)
                    + "   " + verdict
            )
        }
    }

    private func median(_ value: (RoundResult) -> Double?) -> Double {
        let values = self.rounds.compactMap(value)
        return values.isEmpty ? .nan : values.median
    }

    private static func line(_ title: String, _ cells: [String]) -> String {
        "  " + Text.left(title, 46) + cells.map { Text.right($0, 11) }.joined()
    }

    /// Lines of a name and a number; `#` begins a comment.
    private static func budgets(_ path: String) throws(Fault) -> [String: Double] {
        var budgets: [String: Double] = [:]
        for line in ChildProcess.text(of: path).split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(separator: " ")
            guard !words.isEmpty else { continue }
            guard words.count == 2, let budget = Double(words[1]),
                Ratio(rawValue: String(words[0])) != nil
            else { throw Fault("\(path): cannot read: \(line)") }
            budgets[String(words[0])] = budget
        }
        guard !budgets.isEmpty else { throw Fault("no budgets in \(path)") }
        return budgets
    }
}

extension StartAfterCrash {
    func print() {
        let reading = max(self.seconds - self.emptySeconds, 0.001)
        let rate = Text.whole(Double(self.events) / reading)
        Swift.print(
            "\nrecovery after kill -9: \(self.events) events, ready line after "
                + "\(Text.decimal(self.seconds * 1_000)) ms "
                + "(empty store: \(Text.decimal(self.emptySeconds * 1_000)) ms), \(rate) events/s"
        )
    }
}

/// What the numbers were measured on.
struct Machine {
    let text: String

    static var current: Machine {
        let cpu =
            ChildProcess.text(of: "/proc/cpuinfo").split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last ?? " unknown"
        let kernel = ChildProcess.text(of: "/proc/sys/kernel/osrelease").split(separator: "\n")
        let load = ChildProcess.text(of: "/proc/loadavg").split(separator: " ").first ?? "?"
        let count = sysconf(CInt(_SC_NPROCESSORS_ONLN))
        return Machine(
            text: "\(count) x\(cpu), Linux \(kernel.first ?? "?"), load \(load)"
        )
    }

    func print() { Swift.print(self.text) }
}

/// Numbers and columns without Foundation.
enum Text {
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    static func whole(_ value: Double) -> String {
        value.isFinite ? "\(Int(value.rounded()))" : "-"
    }

    static func decimal(_ value: Double) -> String { Self.fixed(value, 10, 1) }

    static func ratio(_ value: Double) -> String { Self.fixed(value, 100, 2) }

    private static func fixed(_ value: Double, _ scale: Double, _ digits: Int) -> String {
        guard value.isFinite else { return "-" }
        let scaled = Int((value * scale).rounded())
        let rest = "\(scaled % Int(scale))"
        let zeros = String(repeating: "0", count: digits - rest.count)
        return "\(scaled / Int(scale)).\(zeros)\(rest)"
    }
}
