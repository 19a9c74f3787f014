/// The name of a traded pair as the venue spells it, such as `BTCUSDT`.
public struct Symbol: Hashable, Sendable, Comparable, CustomStringConvertible {
    @usableFromInline
    let short: ShortName

    /// Wraps a name; whether the venue lists it is for the venue's rules to say.
    ///
    /// - Parameter name: At most 24 bytes in UTF-8; a longer one is cut, which no venue lists.
    public init(_ name: String) { self.short = ShortName(name) }

    /// The venue's spelling.
    @inlinable
    public var name: String { self.short.text }

    /// The venue's spelling.
    @inlinable
    public var description: String { self.name }

    /// Orders by name.
    @inlinable
    public static func < (left: Symbol, right: Symbol) -> Bool { left.short < right.short }

    /// Where a table keeps it.
    @inlinable
    public func _rawHashValue(seed: Int) -> Int { self.short.quickHash(seed: seed) }
}

/// The name of an asset, such as `BTC`.
public struct Asset: Hashable, Sendable, Comparable, CustomStringConvertible {
    @usableFromInline
    let short: ShortName

    /// Wraps a name.
    ///
    /// - Parameter name: At most 24 bytes in UTF-8; a longer one is cut, which no venue lists.
    public init(_ name: String) { self.short = ShortName(name) }

    /// The venue's spelling.
    @inlinable
    public var name: String { self.short.text }

    /// The venue's spelling.
    @inlinable
    public var description: String { self.name }

    /// Orders by name.
    @inlinable
    public static func < (left: Asset, right: Asset) -> Bool { left.short < right.short }

    /// Where a table keeps it.
    @inlinable
    public func _rawHashValue(seed: Int) -> Int { self.short.quickHash(seed: seed) }
}

/// The gateway's own number of an order, counted from 1 over the life of a store.
public struct OrderID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number.
    public let raw: UInt64

    /// Wraps a number.
    @inlinable
    public init(raw: UInt64) { self.raw = raw }

    /// The number in decimal.
    @inlinable
    public var description: String { String(self.raw) }

    /// Orders by age.
    @inlinable
    public static func < (left: OrderID, right: OrderID) -> Bool { left.raw < right.raw }
}

/// The venue's number of an order, unique within a symbol.
public struct VenueOrderID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number.
    public let raw: Int64

    /// Wraps a number.
    @inlinable
    public init(raw: Int64) { self.raw = raw }

    /// The number in decimal.
    @inlinable
    public var description: String { String(self.raw) }

    /// Orders by the venue's count.
    @inlinable
    public static func < (left: VenueOrderID, right: VenueOrderID) -> Bool {
        left.raw < right.raw
    }
}

/// The venue's number of a trade, unique within a symbol.
public struct TradeID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number.
    public let raw: Int64

    /// Wraps a number.
    @inlinable
    public init(raw: Int64) { self.raw = raw }

    /// The number in decimal.
    @inlinable
    public var description: String { String(self.raw) }

    /// Orders by the venue's count.
    @inlinable
    public static func < (left: TradeID, right: TradeID) -> Bool { left.raw < right.raw }
}

/// The position of an event in the journal, counted from 1.
public struct Sequence: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number.
    public let raw: UInt64

    /// Wraps a number.
    @inlinable
    public init(raw: UInt64) { self.raw = raw }

    /// The number in decimal.
    @inlinable
    public var description: String { String(self.raw) }

    /// Orders by age.
    @inlinable
    public static func < (left: Sequence, right: Sequence) -> Bool { left.raw < right.raw }
}

/// The id under which the venue knows an order, in `[a-zA-Z0-9-_]{1,36}` (S4).
public struct ClientOrderID: Hashable, Sendable, CustomStringConvertible {
    /// The text as the venue sees it.
    public let text: String

    /// Wraps a text, or is nil where the venue's pattern does not allow it.
    public init?(_ text: String) {
        let isLegal = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default:
                false
            }
        }
        guard isLegal, (1...36).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    /// The text as the venue sees it.
    @inlinable
    public var description: String { self.text }
}
