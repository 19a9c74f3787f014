import TradingCore

/// One value of a ``JSONText``, read by the names and types that the reader expects.
///
/// A missing field and a null are the same. Errors name the field and never show its value.
struct JSONValue {
    private let text: JSONText
    private let index: Int

    init(text: JSONText, index: Int) {
        self.text = text
        self.index = index
    }

    private var node: JSONText.Node { self.text.nodes[self.index] }

    // MARK: Fields of an object

    /// The field, or nil where it is missing or null.
    func field(_ name: String) -> JSONValue? {
        guard self.node.kind == .object else { return nil }
        var index = self.index + 1
        while index < self.node.next {
            let value = index + 1
            if self.isKey(index, name) {
                return self.text.nodes[value].kind == .null
                    ? nil : JSONValue(text: self.text, index: value)
            }
            index = self.text.nodes[value].next
        }
        return nil
    }

    private func isKey(_ index: Int, _ name: String) -> Bool {
        let key = self.text.nodes[index]
        guard key.end - key.start == name.utf8.count, !key.isEscaped else { return false }
        var position = key.start
        for byte in name.utf8 {
            guard self.text.bytes[position] == byte else { return false }
            position += 1
        }
        return true
    }

    func required(_ name: String) throws(BodyError) -> JSONValue {
        guard let field = self.field(name) else { throw .unreadable("\(name) is missing") }
        return field
    }

    func string(_ name: String) throws(BodyError) -> String {
        try self.required(name).string(as: name)
    }

    func optionalString(_ name: String) throws(BodyError) -> String? {
        try self.field(name)?.string(as: name)
    }

    func integer(_ name: String) throws(BodyError) -> Int64 {
        try self.required(name).integer(as: name)
    }

    func optionalInteger(_ name: String) throws(BodyError) -> Int64? {
        try self.field(name)?.integer(as: name)
    }

    func bool(_ name: String) throws(BodyError) -> Bool {
        guard let value = try self.optionalBool(name) else {
            throw .unreadable("\(name) is missing")
        }
        return value
    }

    func optionalBool(_ name: String) throws(BodyError) -> Bool? {
        guard let field = self.field(name) else { return nil }
        guard case .bool(let value) = field.node.kind else {
            throw .unreadable("\(name) is not a boolean")
        }
        return value
    }

    /// A decimal number, which Binance writes as a string.
    func decimal<Value: ExactDecimal>(_ name: String) throws(BodyError) -> Value {
        try self.required(name).decimal(as: name)
    }

    func optionalDecimal<Value: ExactDecimal>(_ name: String) throws(BodyError) -> Value? {
        try self.field(name)?.decimal(as: name)
    }

    func elements(_ name: String) throws(BodyError) -> [JSONValue] {
        try self.required(name).elements(as: name)
    }

    // MARK: The value itself

    /// The elements of an array; `name` is for errors.
    func elements(as name: String) throws(BodyError) -> [JSONValue] {
        guard self.node.kind == .array else { throw .unreadable("\(name) is not an array") }
        var elements: [JSONValue] = []
        var index = self.index + 1
        while index < self.node.next {
            elements.append(JSONValue(text: self.text, index: index))
            index = self.text.nodes[index].next
        }
        return elements
    }

    private func integer(as name: String) throws(BodyError) -> Int64 {
        guard self.node.kind == .number else { throw .unreadable("\(name) is not a number") }
        let isNegative = self.text.bytes[self.node.start] == UInt8(ascii: "-")
        var value: Int64 = 0
        for position in (self.node.start + (isNegative ? 1 : 0))..<self.node.end {
            let byte = self.text.bytes[position]
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                throw .unreadable("\(name) is not a whole number")
            }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw .unreadable("\(name) is out of range") }
            value = sum
        }
        return isNegative ? -value : value
    }

    func decimal<Value: ExactDecimal>(as name: String) throws(BodyError) -> Value {
        let node = self.node
        guard node.kind == .string, !node.isEscaped else {
            throw .unreadable("\(name) is not a decimal in a string")
        }
        do throws(DecimalError) {
            return try Value(parsing: self.text.bytes[node.start..<node.end].span)
        } catch {
            throw .unreadable("\(name) is not an exact decimal")
        }
    }

    private func string(as name: String) throws(BodyError) -> String {
        let node = self.node
        guard node.kind == .string else { throw .unreadable("\(name) is not a string") }
        let bytes = self.text.bytes[node.start..<node.end]
        let string =
            node.isEscaped
            ? JSONEscapes.unescaped(bytes) : String(validating: bytes, as: UTF8.self)
        guard let string else { throw .unreadable("\(name) is not a valid string") }
        return string
    }
}

/// Backslash escapes of JSON strings.
private enum JSONEscapes {
    /// The text that is meant, or nil where an escape or the UTF-8 is broken.
    static func unescaped(_ bytes: ArraySlice<UInt8>) -> String? {
        var plain: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                plain.append(byte)
                continue
            }
            guard let scalar = self.scalar(&rest) else { return nil }
            plain.append(contentsOf: String(scalar).utf8)
        }
        return String(validating: plain, as: UTF8.self)
    }

    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        switch rest.popFirst() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: return nil
        }
        guard let high = self.unit(&rest) else { return nil }
        guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) }
        guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u"),
            let low = self.unit(&rest), (0xDC00..<0xE000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        guard rest.count >= 4 else { return nil }
        let digits = rest.prefix(4)
        rest.removeFirst(4)
        guard let text = String(validating: digits, as: UTF8.self),
            digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
        else { return nil }
        return UInt32(text, radix: 16)
    }
}
