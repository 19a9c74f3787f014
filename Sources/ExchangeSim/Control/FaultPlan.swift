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
    /// Answer something else, with or without executing.
    case fail(HTTPReply, executes: Bool)
}

/// The failures to come, in the order in which they were asked for.
final class FaultPlan {
    struct Rule {
        let id: Int64
        let method: String
        let path: String
        let fault: Fault
        let name: String
        /// How many requests it passes over first.
        var skip: Int64
        /// How many requests it still hits.
        var remaining: Int64
    }

    private(set) var rules: [Rule] = []
    private(set) var hits: Int64 = 0
    private var lastID: Int64 = 0

    @discardableResult
    func add(
        _ fault: Fault,
        name: String,
        method: String,
        path: String,
        skip: Int64,
        count: Int64
    ) -> Int64 {
        self.lastID += 1
        self.rules.append(
            Rule(
                id: self.lastID,
                method: method,
                path: path,
                fault: fault,
                name: name,
                skip: skip,
                remaining: count
            )
        )
        return self.lastID
    }

    func clear() { self.rules.removeAll() }

    /// The fault that hits a request, if one does; `*` matches every method or path.
    func take(_ method: String, _ path: String) -> Fault? {
        guard !self.rules.isEmpty else { return nil }
        for index in self.rules.indices {
            let rule = self.rules[index]
            guard rule.method == "*" || rule.method == method,
                rule.path == "*" || rule.path == path
            else { continue }
            guard rule.skip == 0 else {
                self.rules[index].skip -= 1
                continue
            }
            self.hits += 1
            self.rules[index].remaining -= 1
            if self.rules[index].remaining == 0 { self.rules.remove(at: index) }
            return rule.fault
        }
        return nil
    }
}
