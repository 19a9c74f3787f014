/// What a limit is set to.
public enum LimitSetting: Hashable, Sendable {
    /// A value as exact text, such as `0.5`; each limit says what it takes.
    case value(String)
    /// Nothing is bounded by it.
    case off
    /// What the configuration says, then and later.
    case configuration
}

/// A caller's wish to change limits: all of them, or none where one cannot be.
public struct LimitsWish: Hashable, Sendable {
    /// What one limit is to be.
    public struct Assignment: Hashable, Sendable {
        /// Which limit.
        public var key: LimitKey
        /// What it is to be.
        public var setting: LimitSetting

        /// Says what a limit is to be.
        public init(_ key: LimitKey, _ setting: LimitSetting) {
            self.key = key
            self.setting = setting
        }
    }

    package var assignments: [Assignment]
    /// And whatever else was ever changed is what the configuration says again.
    package var resetsAll: Bool
    /// Whether the caller's role allows to let more pass than before.
    package var mayLoosen: Bool
    package var principal: Principal
    package var reason: String

    package init(
        _ assignments: [Assignment],
        resetsAll: Bool = false,
        mayLoosen: Bool,
        _ principal: Principal,
        reason: String
    ) {
        self.assignments = assignments
        self.resetsAll = resetsAll
        self.mayLoosen = mayLoosen
        self.principal = principal
        self.reason = reason
    }
}

/// A limit that was changed while the gateway ran; it beats the configuration until it is reset.
package struct LimitChange: Hashable, Sendable {
    package var key: LimitKey
    package var setting: LimitSetting
    /// What held before; nil for off.
    package var previous: String?
    package var principal: Principal
    package var reason: String
    package var at: WallTime

    package init(
        key: LimitKey,
        setting: LimitSetting,
        previous: String?,
        principal: Principal,
        reason: String,
        at: WallTime
    ) {
        self.key = key
        self.setting = setting
        self.previous = previous
        self.principal = principal
        self.reason = reason
        self.at = at
    }
}

/// What one change of a limit comes to.
package struct LimitStep: Hashable, Sendable {
    package var key: LimitKey
    package var setting: LimitSetting
    /// Nil for off, as is `new`.
    package var old: String?
    package var new: String?
    package var direction: LimitDirection
}

/// The limits in force, and where each comes from.
package struct LimitsView: Hashable, Sendable {
    /// One limit in force.
    package struct Limit: Hashable, Sendable {
        package var key: LimitKey
        /// Nil while it is switched off.
        package var value: String?
        /// What the configuration says.
        package var configured: String?
        /// Nil where the configuration counts.
        package var change: LimitChange?
        package var expected: String
    }

    package var limits: [Limit]
    /// What the call changed.
    package var steps: [LimitStep]
}

extension RiskLimits {
    /// These limits, those of the configuration, with what was changed since.
    ///
    /// What this program does not know any more, or finds out of range, is left out.
    package func applying(_ changes: [LimitKey: LimitChange]) -> RiskLimits {
        var limits = self
        for (key, change) in changes.sorted(by: { $0.key < $1.key }) {
            guard let row = LimitTable.row(of: key) else { continue }
            switch change.setting {
            case .value(let text): _ = row.write(&limits, key, text)
            case .off: _ = row.write(&limits, key, nil)
            case .configuration: break
            }
        }
        return limits
    }

    /// What a limit is; nil where it is switched off or there is none.
    func value(of key: LimitKey) -> String? {
        LimitTable.row(of: key)?.read(self, key)
    }
}

/// Decides on a wish to change limits.
struct LimitPlan {
    /// What the configuration says.
    let configured: RiskLimits
    let changes: [LimitKey: LimitChange]

    /// What the wish comes to, or why it is refused as a whole.
    func steps(_ wish: LimitsWish) -> Result<[LimitStep], Refusal> {
        var assignments = wish.assignments
        let named = Set(assignments.map(\.key))
        if let twice = assignments.map(\.key).first(where: { key in
            assignments.count { $0.key == key } > 1
        }) {
            return .failure(Self.refusal(twice, "one value", "several", "It is named twice."))
        }
        if wish.resetsAll {
            assignments += self.changes.keys.filter { !named.contains($0) }.sorted()
                .map { LimitsWish.Assignment($0, .configuration) }
        }
        let current = self.configured.applying(self.changes)
        var steps: [LimitStep] = []
        for assignment in assignments {
            switch self.step(assignment, current) {
            case .success(let step): steps.append(step)
            case .failure(let refusal): return .failure(refusal)
            }
        }
        let loosened = steps.filter { $0.direction == .loosens }
        guard wish.mayLoosen || loosened.isEmpty else {
            return .failure(Self.refusal(ofLoosening: loosened))
        }
        return .success(steps)
    }

    private func step(
        _ assignment: LimitsWish.Assignment,
        _ current: RiskLimits
    ) -> Result<LimitStep, Refusal> {
        let key = assignment.key
        if key.symbol.map({ !self.configured.allowedSymbols.contains($0) }) ?? false,
            assignment.setting != .configuration
        {
            let symbols = self.configured.value(of: LimitKey("symbols")) ?? ""
            return .failure(
                Self.refusal(
                    key,
                    "one of \(symbols)",
                    "\(key.symbol?.name ?? "")",
                    "It may not be traded."
                )
            )
        }
        guard let row = LimitTable.row(of: key) else {
            let names = LimitTable.names(key.scope ?? .everything).joined(separator: ", ")
            return .failure(
                Self.refusal(key, "one of \(names)", key.name, "There is no such limit.")
            )
        }
        if let refusal = self.refusal(ofStrategy: key, current) { return .failure(refusal) }
        var limits = current
        var setting = assignment.setting
        let isTaken: Bool
        switch setting {
        case .value(let text):
            isTaken = row.write(&limits, key, text)
            // The one way in which a value is written, so that 1.0 and 1 are the same.
            if isTaken, let text = row.read(limits, key) { setting = .value(text) }
        case .off: isTaken = row.write(&limits, key, nil)
        case .configuration:
            var rest = self.changes
            rest[key] = nil
            limits = self.configured.applying(rest)
            isTaken = true
        }
        guard isTaken else {
            let actual = if case .value(let text) = setting { text } else { "off" }
            return .failure(Self.refusal(key, row.expected, actual, "It cannot be \(actual)."))
        }
        let old = row.read(current, key)
        let new = row.read(limits, key)
        return .success(
            LimitStep(
                key: key,
                setting: setting,
                old: old,
                new: new,
                direction: row.direction(from: old, to: new)
            )
        )
    }

    /// Callers choose the names of strategies: no more of them have limits than are remembered.
    private func refusal(ofStrategy key: LimitKey, _ current: RiskLimits) -> Refusal? {
        guard let strategy = key.strategy, current.byStrategy[strategy] == nil,
            current.byStrategy.count >= StrategyBooks.namesMax
        else { return nil }
        return Self.refusal(
            key,
            "at most \(StrategyBooks.namesMax) strategies",
            strategy,
            "Too many strategies have limits."
        )
    }

    private static func refusal(
        _ key: LimitKey,
        _ expected: String,
        _ actual: String,
        _ sentence: String
    ) -> Refusal {
        Refusal(
            .limitValue,
            limit: expected,
            actual: actual,
            message: "\(key): \(sentence) Expected \(expected). Nothing was changed.",
            permitted: expected
        )
    }

    private static func refusal(ofLoosening steps: [LimitStep]) -> Refusal {
        let shown = steps.map { "\($0.key) \($0.old ?? "off") to \($0.new ?? "off")" }
            .joined(separator: ", ")
        return Refusal(
            .role,
            limit: "admin",
            actual: "risk",
            message: "\(shown) would let more pass than before, which an admin alone may allow. "
                + "Nothing was changed."
        )
    }
}
