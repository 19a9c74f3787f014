import MarketReplay
import TradingCore

/// A failure that a test has asked for.
enum Fault {
    /// Wait, then execute and answer; or execute, wait, and answer.
    case delay(milliseconds: ClosedRange<Int64>, executesFirst: Bool)
    /// Close the connection without a byte of an answer.
    case close(executes: Bool)
    /// Never answer, and keep the connection open.
    case hang(executes: Bool)
    /// Execute, and close the connection in the middle of the answer's body.
    case truncate
    /// Answer something else; the error is what the WebSocket API says.
    case fail(HTTPReply, APIError, executes: Bool)
    /// Answer a query with what was true when the fault was armed.
    case stale(Snapshot)
}

/// Which requests a fault hits.
struct FaultTarget {
    /// `GET`, `POST`, …, `WS` for the WebSocket API, or `*`.
    var method = "*"
    /// A path, a method's name on the WebSocket API, or `*`.
    var path = "*"
    /// How many requests it passes over first.
    var skip: Int64 = 0
    /// How many requests it hits; 0 for all.
    var count: Int64 = 1
    /// How likely it hits a request that matches, in millionths.
    var millionths: Int64 = 1_000_000
    /// Whether it passes over the first request of each connection.
    var isReusedOnly = false
    /// When it is over, whatever the count.
    var end: WallTime?

    fileprivate func matches(_ request: FaultSubject) -> Bool {
        (self.method == "*" || self.method == request.method)
            && (self.path == "*" || self.path == request.path)
            && (!self.isReusedOnly || request.isReused)
    }
}

/// What a fault looks at.
struct FaultSubject {
    let method: String
    let path: String
    /// Whether its connection has carried a request before.
    let isReused: Bool
}

/// The failures to come, in the order in which they were asked for.
final class FaultPlan {
    struct Rule {
        let id: Int64
        let fault: Fault
        let name: String
        var target: FaultTarget
        var hits: Int64 = 0
    }

    private(set) var rules: [Rule] = []
    private(set) var hits: Int64 = 0
    private var lastID: Int64 = 0
    private var random: SeededGenerator

    init(seed: UInt64) { self.random = SeededGenerator(seed: seed ^ 0x5A5A_5A5A) }

    func add(_ fault: Fault, name: String, _ target: FaultTarget) {
        self.lastID += 1
        self.rules.append(Rule(id: self.lastID, fault: fault, name: name, target: target))
    }

    func clear() { self.rules.removeAll() }

    /// A delay within bounds, drawn from the seed.
    func draw(_ milliseconds: ClosedRange<Int64>) -> Int64 {
        milliseconds.lowerBound == milliseconds.upperBound
            ? milliseconds.lowerBound : self.random.next(in: milliseconds)
    }

    /// The fault that hits a request, if one does.
    func take(_ request: FaultSubject, at time: WallTime) -> Fault? {
        guard !self.rules.isEmpty else { return nil }
        self.rules.removeAll { rule in rule.target.end.map { $0 <= time } ?? false }
        for index in self.rules.indices {
            let target = self.rules[index].target
            guard target.matches(request) else { continue }
            guard target.skip == 0 else {
                self.rules[index].target.skip -= 1
                continue
            }
            guard
                target.millionths == 1_000_000
                    || self.random.next(in: 0...999_999) < target.millionths
            else { continue }
            self.hits += 1
            self.rules[index].hits += 1
            let fault = self.rules[index].fault
            if target.count > 0, self.rules[index].hits == target.count {
                self.rules.remove(at: index)
            }
            return fault
        }
        return nil
    }
}
