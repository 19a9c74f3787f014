/// A failure that a test has asked for.
enum Fault {
    /// Wait, then execute and answer.
    case delay(milliseconds: Int64)
    /// Execute, then wait and answer.
    case delayAnswer(milliseconds: Int64)
    /// Close the connection without executing.
    case drop
    /// Execute, then close the connection without a byte of an answer.
    case executeAndClose
    /// Answer something else, with or without executing; the error is what the WebSocket API says.
    case fail(HTTPReply, APIError, executes: Bool)
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

    /// The fault that hits a request, if one does.
    func take(_ method: String, _ path: String) -> Fault? {
        guard !self.rules.isEmpty else { return nil }
        for index in self.rules.indices {
            let target = self.rules[index].target
            guard target.method == "*" || target.method == method,
                target.path == "*" || target.path == path
            else { continue }
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

/// How user events reach their streams.
struct EventFaults {
    /// How late each event is sent; 0 for at once.
    var delayMilliseconds: Int64 = 0
    /// How many events to come are sent twice.
    var duplicates: Int64 = 0
    /// How many events to come are swallowed.
    var losses: Int64 = 0
}
