import TradingCore

/// Writes JSON in exactly the order in which it is told to, without spaces.
///
/// The same calls give the same bytes, which an encoder over dictionaries does not promise.
struct JSONWriter {
    /// What was written so far.
    private(set) var bytes: [UInt8] = []
    private var needsComma = false
    /// The unit of the times in what is written.
    let timeUnit: TimeUnit

    init(capacity: Int = 512, timeUnit: TimeUnit = .milliseconds) {
        self.timeUnit = timeUnit
        self.bytes.reserveCapacity(capacity)
    }

    mutating func beginObject() { self.open(UInt8(ascii: "{")) }

    mutating func endObject() { self.close(UInt8(ascii: "}")) }

    mutating func beginArray() { self.open(UInt8(ascii: "[")) }

    mutating func endArray() { self.close(UInt8(ascii: "]")) }

    mutating func key(_ name: String) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(contentsOf: name.utf8)
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(UInt8(ascii: ":"))
        self.needsComma = false
    }

    /// A name that somebody else chose; ours need no escapes.
    mutating func key(escaping name: String) {
        self.string(name)
        self.bytes.append(UInt8(ascii: ":"))
        self.needsComma = false
    }

    // MARK: Values

    mutating func string(_ text: String) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { self.appendEscaped(byte) }
        self.bytes.append(UInt8(ascii: "\""))
        self.needsComma = true
    }

    mutating func integer(_ value: Int64) {
        self.separate()
        self.appendDigits(value)
        self.needsComma = true
    }

    mutating func bool(_ value: Bool) { self.raw(value ? "true" : "false") }

    mutating func null() { self.raw("null") }

    /// A decimal number in a string, padded to eight fraction digits as the venue does.
    mutating func decimal(_ value: Int64) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        self.appendDecimal(value)
        self.bytes.append(UInt8(ascii: "\""))
        self.needsComma = true
    }

    /// Text that is JSON already.
    mutating func raw(_ json: String) {
        self.separate()
        self.bytes.append(contentsOf: json.utf8)
        self.needsComma = true
    }

    /// Bytes that are JSON already.
    mutating func raw(_ json: [UInt8]) {
        self.separate()
        self.bytes.append(contentsOf: json)
        self.needsComma = true
    }

    // MARK: Fields

    mutating func field(_ name: String, _ value: String) {
        self.key(name)
        self.string(value)
    }

    mutating func field(_ name: String, _ value: Int64) {
        self.key(name)
        self.integer(value)
    }

    mutating func field(_ name: String, _ value: Bool) {
        self.key(name)
        self.bool(value)
    }

    mutating func field(_ name: String, _ value: Price) {
        self.key(name)
        self.decimal(value.raw)
    }

    mutating func field(_ name: String, _ value: Quantity) {
        self.key(name)
        self.decimal(value.raw)
    }

    mutating func field(_ name: String, _ value: Amount) {
        self.key(name)
        self.amount(value)
    }

    mutating func amount(_ value: Amount) {
        if let raw = Int64(exactly: value.raw) {
            self.decimal(raw)
        } else {
            self.string(value.paddedText)
        }
    }

    // MARK: Bytes

    private mutating func open(_ byte: UInt8) {
        self.separate()
        self.bytes.append(byte)
        self.needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        self.bytes.append(byte)
        self.needsComma = true
    }

    private mutating func separate() {
        if self.needsComma { self.bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            self.bytes.append(UInt8(ascii: "\\"))
            self.bytes.append(byte)
        case 0..<0x20:
            let digits = Array("0123456789abcdef".utf8)
            self.bytes.append(contentsOf: "\\u00".utf8)
            self.bytes.append(digits[Int(byte >> 4)])
            self.bytes.append(digits[Int(byte & 15)])
        default:
            self.bytes.append(byte)
        }
    }

    private mutating func appendDecimal(_ value: Int64) {
        if value < 0 { self.bytes.append(UInt8(ascii: "-")) }
        let (whole, fraction) = value.magnitude.quotientAndRemainder(dividingBy: 100_000_000)
        self.appendMagnitude(whole)
        self.bytes.append(UInt8(ascii: "."))
        var divisor: UInt64 = 10_000_000
        while divisor > 0 {
            self.bytes.append(UInt8(ascii: "0") + UInt8(fraction / divisor % 10))
            divisor /= 10
        }
    }

    private mutating func appendDigits(_ value: Int64) {
        if value < 0 { self.bytes.append(UInt8(ascii: "-")) }
        self.appendMagnitude(value.magnitude)
    }

    private mutating func appendMagnitude(_ value: UInt64) {
        let start = self.bytes.count
        var rest = value
        repeat {
            self.bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        self.bytes[start...].reverse()
    }
}
