/// A JSON text as a tree that keeps the order of members and the spelling of numbers.
///
/// Signatures of the WebSocket API cover numbers as they were spelled, which a decoder that
/// turns them into doubles cannot give back.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package let name: String
        package let value: JSONValue
    }

    /// The member of an object with that name; nil where there is none, or it is no object.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    package var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// Parses a whole text; nil where it is not JSON or nested too deeply.
    package init?(parsing bytes: [UInt8]) {
        var parser = JSONParser(bytes)
        guard let value = parser.parseWhole() else { return nil }
        self = value
    }

    /// The value of a hexadecimal digit of either case.
    package static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// A recursive-descent parser over bytes.
private struct JSONParser {
    private let bytes: [UInt8]
    private var index = 0
    private static let depthMax = 16

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func parseWhole() -> JSONValue? {
        guard let value = self.parseValue(depth: 0) else { return nil }
        self.skipSpace()
        return self.index == self.bytes.count ? value : nil
    }

    private var current: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    private mutating func skipSpace() {
        while let byte = self.current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        {
            self.index += 1
        }
    }

    private mutating func accept(_ character: UnicodeScalar) -> Bool {
        self.skipSpace()
        guard self.current == UInt8(ascii: character) else { return false }
        self.index += 1
        return true
    }

    private mutating func parseValue(depth: Int) -> JSONValue? {
        guard depth < Self.depthMax else { return nil }
        self.skipSpace()
        switch self.current {
        case UInt8(ascii: "{"): return self.parseObject(depth: depth)
        case UInt8(ascii: "["): return self.parseArray(depth: depth)
        case UInt8(ascii: "\""): return self.parseString().map(JSONValue.string)
        case UInt8(ascii: "t"): return self.parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return self.parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return self.parseWord("null", .null)
        default: return self.parseNumber()
        }
    }

    private mutating func parseObject(depth: Int) -> JSONValue? {
        self.index += 1
        var members: [JSONValue.Member] = []
        if self.accept("}") { return .object(members) }
        repeat {
            self.skipSpace()
            guard let name = self.parseString(), self.accept(":"),
                let value = self.parseValue(depth: depth + 1)
            else { return nil }
            members.append(JSONValue.Member(name: name, value: value))
        } while self.accept(",")
        return self.accept("}") ? .object(members) : nil
    }

    private mutating func parseArray(depth: Int) -> JSONValue? {
        self.index += 1
        var elements: [JSONValue] = []
        if self.accept("]") { return .array(elements) }
        repeat {
            guard let value = self.parseValue(depth: depth + 1) else { return nil }
            elements.append(value)
        } while self.accept(",")
        return self.accept("]") ? .array(elements) : nil
    }

    private mutating func parseWord(_ word: String, _ value: JSONValue) -> JSONValue? {
        for byte in word.utf8 {
            guard self.current == byte else { return nil }
            self.index += 1
        }
        return value
    }

    private mutating func parseNumber() -> JSONValue? {
        let start = self.index
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                self.index += 1
            default:
                return self.number(from: start)
            }
        }
        return self.number(from: start)
    }

    private func number(from start: Int) -> JSONValue? {
        let text = self.bytes[start..<self.index]
        return Self.isNumber(text) ? .number(String(decoding: text, as: UTF8.self)) : nil
    }

    /// Whether JSON's grammar allows a number so: what is echoed has to be JSON again.
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func takeDigits() -> Int {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
            rest = rest.dropFirst(digits)
            return digits
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let isZeroFirst = rest.first == UInt8(ascii: "0")
        let whole = takeDigits()
        guard whole > 0, !isZeroFirst || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard takeDigits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
                rest = rest.dropFirst()
            }
            guard takeDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private mutating func parseString() -> String? {
        guard self.current == UInt8(ascii: "\"") else { return nil }
        self.index += 1
        let start = self.index
        while let byte = self.current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            self.index += 1
        }
        if self.current == UInt8(ascii: "\"") {
            defer { self.index += 1 }
            return String(decoding: self.bytes[start..<self.index], as: UTF8.self)
        }
        var buffer = Array(self.bytes[start..<self.index])
        while let byte = self.current {
            self.index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: buffer, as: UTF8.self) }
            if byte != UInt8(ascii: "\\") {
                buffer.append(byte)
            } else if !self.parseEscape(into: &buffer) {
                return nil
            }
        }
        return nil
    }

    private mutating func parseEscape(into buffer: inout [UInt8]) -> Bool {
        guard let byte = self.current else { return false }
        self.index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            guard var unit = self.parseHex() else { return false }
            if (0xD800..<0xDC00).contains(unit) {
                guard self.parseWord("\\u", .null) != nil, let low = self.parseHex(),
                    (0xDC00..<0xE000).contains(low)
                else { return false }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = UnicodeScalar(unit) else { return false }
            buffer.append(contentsOf: String(Character(scalar)).utf8)
        default: return false
        }
        return true
    }

    private mutating func parseHex() -> UInt32? {
        guard self.index + 4 <= self.bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in self.bytes[self.index..<self.index + 4] {
            guard let digit = JSONValue.hexDigit(byte) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        self.index += 4
        return value
    }
}
