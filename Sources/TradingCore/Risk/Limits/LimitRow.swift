/// Names one limit: of everything, of one symbol, or of one strategy.
public struct LimitKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Such as `order_notional_max`.
    public var name: String
    /// Nil where the limit binds all symbols.
    public var symbol: Symbol?
    /// Nil where the limit binds all strategies; no limit is of both a symbol and a strategy.
    public var strategy: String?

    /// Names a limit; whether there is one of that name is for the gateway to say.
    public init(_ name: String, symbol: Symbol? = nil, strategy: String? = nil) {
        self.name = name
        self.symbol = symbol
        self.strategy = strategy
    }

    /// In words.
    public var description: String {
        let ofStrategy = self.strategy.map { " of strategy \($0)" } ?? ""
        return self.name + (self.symbol.map { " of \($0)" } ?? "") + ofStrategy
    }

    /// Orders by strategy, then by symbol, then by name.
    public static func < (left: LimitKey, right: LimitKey) -> Bool {
        (left.strategy ?? "", left.symbol?.name ?? "", left.name)
            < (right.strategy ?? "", right.symbol?.name ?? "", right.name)
    }

    /// What the limit binds; nil where there is no limit of that kind.
    var scope: LimitRow.Scope? {
        switch (self.symbol, self.strategy) {
        case (nil, nil): .everything
        case (_?, nil): .symbol
        case (nil, _?): .strategy
        case (_?, _?): nil
        }
    }
}

/// What a change does to what the gate lets pass.
package enum LimitDirection: String, Hashable, Sendable {
    case unchanged
    case tightens
    /// Or cannot be told to tighten; it needs the higher role.
    case loosens
}

/// One limit that can be looked at, and changed while the gateway runs.
struct LimitRow: Sendable {
    /// Which values let less pass.
    enum Stricter: Sendable {
        case lower
        case higher
        /// None is stricter than another one: every change counts as loosening.
        case neither
    }

    /// What a limit binds.
    enum Scope: Sendable, CaseIterable {
        case everything
        case symbol
        case strategy
    }

    let name: String
    let scope: Scope
    /// What a value looks like, for people.
    let expected: String
    /// Nil where the limit is switched off.
    let read: @Sendable (RiskLimits, LimitKey) -> String?
    /// Sets a value, or switches the limit off with nil; false where that cannot be.
    let write: @Sendable (inout RiskLimits, LimitKey, String?) -> Bool
    private let direction: @Sendable (String?, String?) -> LimitDirection

    /// Whether going from one value to another lets more pass or less; nil is off.
    func direction(from old: String?, to new: String?) -> LimitDirection {
        self.direction(old, new)
    }
}

extension LimitRow {
    /// A limit that is always there.
    static func needed<Value: Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<RiskLimits, Value> & Sendable,
        _ kind: LimitKind<Value>,
        _ stricter: Stricter = .lower
    ) -> LimitRow {
        LimitRow(
            name: name,
            scope: .everything,
            expected: kind.expected,
            read: { limits, _ in kind.text(limits[keyPath: path]) },
            write: { limits, _, text in
                guard let value = text.flatMap(kind.parse) else { return false }
                limits[keyPath: path] = value
                return true
            },
            direction: { kind.direction(from: $0, to: $1, stricter) }
        )
    }

    /// A limit that may be switched off.
    static func optional<Value: Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<RiskLimits, Value?> & Sendable,
        _ kind: LimitKind<Value>,
        _ stricter: Stricter = .lower
    ) -> LimitRow {
        LimitRow(
            name: name,
            scope: .everything,
            expected: kind.expected + ", or off",
            read: { limits, _ in limits[keyPath: path].map(kind.text) },
            write: { limits, _, text in
                guard let value = kind.parsed(text) else { return false }
                limits[keyPath: path] = value
                return true
            },
            direction: { kind.direction(from: $0, to: $1, stricter) }
        )
    }

    /// A limit of one symbol, beside the one of all symbols.
    static func ofSymbol<Value: Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<SymbolLimits, Value?> & Sendable,
        _ kind: LimitKind<Value>,
        _ stricter: Stricter = .lower
    ) -> LimitRow {
        let place = (\LimitKey.symbol, \RiskLimits.bySymbol, SymbolLimits())
        return Self.ofOne(.symbol, place, name, path, kind, stricter)
    }

    /// A limit of one strategy, beside the one of all.
    static func ofStrategy<Value: Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<StrategyLimits, Value?> & Sendable,
        _ kind: LimitKind<Value>,
        _ stricter: Stricter = .lower
    ) -> LimitRow {
        let place = (\LimitKey.strategy, \RiskLimits.byStrategy, StrategyLimits())
        return Self.ofOne(.strategy, place, name, path, kind, stricter)
    }

    /// Where the limits of one kind are: by which part of a key, in which table, and what stands
    /// there where none was set.
    private typealias Place<Key: Hashable, Limits> = (
        key: any KeyPath<LimitKey, Key?> & Sendable,
        table: any WritableKeyPath<RiskLimits, [Key: Limits]> & Sendable,
        none: Limits
    )

    private static func ofOne<Key: Hashable & Sendable, Limits: Sendable, Value: Sendable>(
        _ scope: Scope,
        _ place: Place<Key, Limits>,
        _ name: String,
        _ path: any WritableKeyPath<Limits, Value?> & Sendable,
        _ kind: LimitKind<Value>,
        _ stricter: Stricter
    ) -> LimitRow {
        let (keyPath, table, none) = place
        return LimitRow(
            name: name,
            scope: scope,
            expected: kind.expected + ", or off",
            read: { limits, key in
                key[keyPath: keyPath].flatMap { limits[keyPath: table][$0]?[keyPath: path] }
                    .map(kind.text)
            },
            write: { limits, key, text in
                guard let one = key[keyPath: keyPath], let value = kind.parsed(text) else {
                    return false
                }
                limits[keyPath: table][one, default: none][keyPath: path] = value
                return true
            },
            direction: { kind.direction(from: $0, to: $1, stricter) }
        )
    }
}

/// How the values of a limit are written, read and compared.
struct LimitKind<Value: Sendable>: Sendable {
    let expected: String
    let parse: @Sendable (String) -> Value?
    let text: @Sendable (Value) -> String
    let rank: @Sendable (Value) -> Int128

    /// A value, or off; nil where the text is neither.
    fileprivate func parsed(_ text: String?) -> Value?? {
        guard let text else { return .some(nil) }
        return self.parse(text).map(Optional.some)
    }

    fileprivate func direction(
        from old: String?,
        to new: String?,
        _ stricter: LimitRow.Stricter
    ) -> LimitDirection {
        let before = old.flatMap(self.parse).map(self.rank)
        let after = new.flatMap(self.parse).map(self.rank)
        if before == after { return .unchanged }
        // What is switched off lets everything pass.
        guard let after else { return .loosens }
        guard let before else { return stricter == .neither ? .loosens : .tightens }
        switch stricter {
        case .lower: return after < before ? .tightens : .loosens
        case .higher: return after > before ? .tightens : .loosens
        case .neither: return .loosens
        }
    }
}

extension LimitKind where Value == Amount {
    static let notional = LimitKind(
        expected: "an amount of the quote asset above zero",
        parse: { text in (try? Amount(text)).flatMap { $0.isPositive ? $0 : nil } },
        text: \.description,
        rank: \.raw
    )
}

extension LimitKind where Value == Quantity {
    static let quantity = LimitKind(
        expected: "an amount of the base asset above zero",
        parse: { text in (try? Quantity(text)).flatMap { $0.isPositive ? $0 : nil } },
        text: \.description,
        rank: { Int128($0.raw) }
    )
}

extension LimitKind where Value == Int64 {
    /// A share from 0 to 1, kept in millionths.
    static let share = LimitKind(
        expected: "a share from 0 to 1, such as 0.001",
        parse: { text in
            guard let share = try? Price(text), (0...100_000_000).contains(share.raw),
                share.raw % 100 == 0
            else { return nil }
            return share.raw / 100
        },
        text: { Price(raw: $0 * 100).description },
        rank: { Int128($0) }
    )

    static func milliseconds(_ range: ClosedRange<Int64>) -> LimitKind {
        LimitKind(
            expected: "whole milliseconds from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int64(text).flatMap { range.contains($0) ? $0 : nil } },
            text: \.description,
            rank: { Int128($0) }
        )
    }
}

extension LimitKind where Value == Int {
    static func count(_ range: ClosedRange<Int>) -> LimitKind {
        LimitKind(
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            text: \.description,
            rank: { Int128($0) }
        )
    }
}

extension LimitKind where Value == Bool {
    static let flag = LimitKind(
        expected: "true or false",
        parse: { ["true": true, "false": false][$0] },
        text: \.description,
        rank: { $0 ? 1 : 0 }
    )
}

extension LimitKind where Value == BreachAction {
    static let action = LimitKind(
        expected: "one of " + BreachAction.allCases.map(\.name).joined(separator: ", "),
        parse: BreachAction.init(name:),
        text: \.name,
        rank: { Int128($0.rawValue) }
    )
}

extension LimitKind where Value == ExceedAction {
    static let exceed = LimitKind(
        expected: "one of " + ExceedAction.allCases.map(\.name).joined(separator: ", "),
        parse: ExceedAction.init(name:),
        text: \.name,
        rank: { Int128($0.rawValue) }
    )
}
