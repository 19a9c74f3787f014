import Yams

/// Something wrong with the configuration, and where.
struct ConfigurationProblem: Hashable, CustomStringConvertible {
    /// A line of the file, or the name of an environment variable.
    var place: String
    var message: String

    var description: String { "\(self.place): \(self.message)" }
}

/// Everything that is wrong with a configuration, at once.
struct ConfigurationError: Error, CustomStringConvertible {
    var problems: [ConfigurationProblem]

    var description: String { self.problems.map(\.description).joined(separator: "\n") }
}

/// A configuration as text: dotted names, values, and where each stands.
///
/// The environment overrides the file: `limits.order_notional_max` is
/// `TRADING_LIMITS_ORDER_NOTIONAL_MAX`; a list is its items separated by commas.
struct RawSettings {
    struct Value {
        var items: [String]
        var isList: Bool
        var place: String
    }

    private(set) var problems: [ConfigurationProblem] = []
    private var values: [String: Value] = [:]
    private let environment: [String: String]

    /// Reads a file's text; what is not YAML is the only thing that throws at once.
    init(yaml: String, environment: [String: String]) throws(ConfigurationError) {
        self.environment = environment
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw ConfigurationError(problems: [
                ConfigurationProblem(place: "file", message: "not YAML: \(error)")
            ])
        }
        if let root { self.flatten(root, name: "") }
    }

    private mutating func flatten(_ node: Node, name: String) {
        let place = node.mark.map { "line \($0.line)" } ?? "file"
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                let part = key.scalar?.string ?? ""
                self.flatten(value, name: name.isEmpty ? part : "\(name).\(part)")
            }
        case .scalar(let scalar):
            self.values[name] = Value(items: [scalar.string], isList: false, place: place)
        case .sequence(let sequence):
            let items = sequence.compactMap { $0.scalar?.string }
            if items.count != sequence.count {
                self.report(place, "\(name): only plain values may be listed")
            }
            self.values[name] = Value(items: items, isList: true, place: place)
        case .alias:
            self.report(place, "\(name): aliases are not supported")
        }
    }

    mutating func report(_ place: String, _ message: String) {
        self.problems.append(ConfigurationProblem(place: place, message: message))
    }

    /// Whether anything is said about the section.
    func has(section: String) -> Bool {
        self.values.keys.contains { $0.hasPrefix(section + ".") }
            || self.environment.keys.contains {
                $0.hasPrefix(RawSettings.variable(for: section) + "_")
            }
    }

    /// The names that the file gives to the parts of a section, sorted.
    func names(below section: String) -> [String] {
        let names = self.values.keys.compactMap { name -> Substring? in
            guard name.hasPrefix(section + ".") else { return nil }
            return name.dropFirst(section.count + 1).split(separator: ".").first
        }
        return Set(names.map(String.init)).sorted()
    }

    /// Takes a value out; what is never taken is unknown, and reported by ``finish()``.
    mutating func take(_ name: String) -> Value? {
        let fromFile = self.values.removeValue(forKey: name)
        let variable = RawSettings.variable(for: name)
        guard let text = self.environment[variable] else { return fromFile }
        let items = text.split(separator: ",").map { String($0) }
        return Value(items: items, isList: items.count > 1, place: variable)
    }

    /// A text, parsed; a missing one is the default, or a problem where there is none.
    mutating func value<Parsed>(
        _ name: String,
        default fallback: Parsed?,
        expected: String,
        parse: (String) -> Parsed?
    ) -> Parsed? {
        guard let raw = self.take(name) else {
            if fallback == nil { self.report("file", "\(name) is missing; expected \(expected)") }
            return fallback
        }
        guard raw.items.count == 1, let parsed = parse(raw.items[0]) else {
            let shown = raw.items.joined(separator: ",")
            self.report(raw.place, "\(name): expected \(expected), found \"\(shown)\"")
            return fallback
        }
        return parsed
    }

    /// Reports every name that nothing has asked for, then throws all problems there are.
    mutating func finish() throws(ConfigurationError) {
        for (name, value) in self.values.sorted(by: { $0.key < $1.key }) {
            self.report(value.place, "\(name): no such setting")
        }
        guard self.problems.isEmpty else { throw ConfigurationError(problems: self.problems) }
    }

    private static func variable(for name: String) -> String {
        "TRADING_" + name.uppercased().replacing(".", with: "_")
    }
}
