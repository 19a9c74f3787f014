import Testing
import TradingCore

@Suite struct ExactDecimalTests {
    @Test(arguments: [
        ("0", 0), ("-0", 0), ("00", 0), ("-0.0", 0), ("1", 100_000_000),
        ("-1", -100_000_000), ("0.00000001", 1), ("-0.00000001", -1), ("007", 700_000_000),
        ("1.5", 150_000_000), ("1.50", 150_000_000), ("0.10000000", 10_000_000),
        ("0.1000000000000000000000", 10_000_000), ("60000.12", 6_000_012_000_000),
        ("92233720368.54775807", Int64.max), ("-92233720368.54775807", -Int64.max),
        ("92233720368.5477580700000", Int64.max),
        ("0000000000000000000000000000001.00000000", 100_000_000),
    ])
    func `a text that fits is read exactly`(text: String, raw: Int64) throws {
        #expect(try Price(text).raw == raw)
        #expect(try Quantity(text).raw == raw)
        #expect(try Amount(text).raw == Int128(raw))
    }

    @Test(arguments: [
        ("", DecimalError.missingDigits), ("-", .missingDigits), ("5.", .missingDigits),
        ("-5.", .missingDigits), (".5", .illegalCharacter(UInt8(ascii: "."))),
        ("-.5", .illegalCharacter(UInt8(ascii: "."))), (".", .illegalCharacter(UInt8(ascii: "."))),
        ("+1", .illegalCharacter(UInt8(ascii: "+"))), ("--1", .illegalCharacter(UInt8(ascii: "-"))),
        ("1-", .illegalCharacter(UInt8(ascii: "-"))), ("1 ", .illegalCharacter(UInt8(ascii: " "))),
        (" 1", .illegalCharacter(UInt8(ascii: " "))), ("1e5", .illegalCharacter(UInt8(ascii: "e"))),
        ("1_0", .illegalCharacter(UInt8(ascii: "_"))),
        ("1,0", .illegalCharacter(UInt8(ascii: ","))),
        ("1.2.3", .illegalCharacter(UInt8(ascii: "."))),
        ("1..2", .illegalCharacter(UInt8(ascii: "."))),
        ("NaN", .illegalCharacter(UInt8(ascii: "N"))),
        ("inf", .illegalCharacter(UInt8(ascii: "i"))),
        ("0x10", .illegalCharacter(UInt8(ascii: "x"))), ("1\u{0}", .illegalCharacter(0)),
        ("١", .illegalCharacter(0xD9)), ("0.123456789", .tooPrecise(fractionDigitsMax: 8)),
        ("0.000000001", .tooPrecise(fractionDigitsMax: 8)),
        ("0.0000000000000001", .tooPrecise(fractionDigitsMax: 8)),
        ("92233720368.54775808", .outOfRange), ("-92233720368.54775808", .outOfRange),
        ("92233720369", .outOfRange), ("184467440737.09551616", .outOfRange),
        ("123456789012345678901234567890", .outOfRange),
        ("999999999999999999999999999999.99999999", .outOfRange),
    ])
    func `a text that does not fit is refused with its reason`(text: String, reason: DecimalError) {
        #expect(throws: reason) { try Price(text) }
        #expect(throws: reason) { try Quantity(text) }
    }

    @Test func `an amount takes thirty digits and refuses what 128 bits cannot hold`() throws {
        let thirty = try Amount("123456789012345678901234567890")
        #expect(thirty.raw == 12_345_678_901_234_567_890_123_456_789_000_000_000)
        #expect(thirty.description == "123456789012345678901234567890")
        let largest = try Amount("1701411834604692317316873037158.84105727")
        #expect(largest.raw == Int128.max)
        #expect(throws: DecimalError.outOfRange) {
            try Amount("1701411834604692317316873037158.84105728")
        }
    }

    @Test(arguments: [
        (Int64(0), "0", "0.00000000"), (1, "0.00000001", "0.00000001"),
        (-1, "-0.00000001", "-0.00000001"), (100_000_000, "1", "1.00000000"),
        (-150_000_000, "-1.5", "-1.50000000"), (1_000_000_000, "10", "10.00000000"),
        (99_999_999, "0.99999999", "0.99999999"),
        (Int64.max, "92233720368.54775807", "92233720368.54775807"),
        (Int64.min, "-92233720368.54775808", "-92233720368.54775808"),
    ])
    func `a value is printed exactly, short and padded`(raw: Int64, short: String, padded: String) {
        #expect(Price(raw: raw).description == short)
        #expect(Quantity(raw: raw).paddedText == padded)
        #expect(Amount(raw: Int128(raw)).description == short)
    }

    @Test func `what is printed is read back as the same value`() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<5_000 {
            let bits = random.number(0...62)
            let magnitude = Int64(bitPattern: random.next() >> 1) >> Int64(bits)
            let raw = random.happens(50) ? magnitude : -magnitude
            #expect(try Price(Price(raw: raw).description).raw == raw)
            #expect(try Quantity(Quantity(raw: raw).paddedText).raw == raw)
            let wide = Int128(raw) * Int128(random.number(1...1_000_000_000))
            #expect(try Amount(Amount(raw: wide).description).raw == wide)
            #expect(try Notional(Notional(raw: wide).paddedText).raw == wide)
        }
    }

    @Test func `random bytes are refused or read, and what is read prints to an equal value`() {
        var random = SeededRandom(seed: 2)
        let alphabet = Array("0123456789.-+eE ,\u{0}x".utf8)
        var read = 0
        for _ in 0..<20_000 {
            let bytes = (0..<random.number(0...24)).map { _ in
                alphabet[random.happens(85) ? random.number(0...10) : random.number(0...18)]
            }
            guard let price = try? Price(parsing: bytes.span) else { continue }
            read += 1
            #expect((try? Price(price.description)) == price)
        }
        #expect(read > 1_000)
    }
}

@Suite struct RoundingTests {
    @Test(
        arguments: [
            (7, 2, 3, 4), (-7, 2, -4, -3), (6, 2, 3, 3), (-6, 2, -3, -3), (0, 5, 0, 0),
            (1, 1_000_000, 0, 1), (-1, 1_000_000, -1, 0),
            (Int64.max, 1, Int64.max, Int64.max), (Int64.min, 1, Int64.min, Int64.min),
            (Int64.min, Int64.max, -2, -1),
        ] as [(Int64, Int64, Int64, Int64)]
    )
    func `division rounds to the named side`(value: Int64, divisor: Int64, down: Int64, up: Int64) {
        #expect(value.divided(by: divisor, rounding: .down) == down)
        #expect(value.divided(by: divisor, rounding: .up) == up)
    }

    @Test(arguments: [
        ("100.00", "0.01", true, "100", "100"), ("100.005", "0.01", false, "100", "100.01"),
        ("100.009", "0.05", false, "100", "100.05"), ("0.00000001", "0.01", false, "0", "0.01"),
        ("-100.005", "0.01", false, "-100.01", "-100"), ("7", "3", false, "6", "9"),
    ])
    func `a price goes to the tick below or above`(
        price: String,
        tick: String,
        isMultiple: Bool,
        below: String,
        above: String
    ) throws {
        let price = try Price(price)
        let tick = try Price(tick)
        #expect(price.isMultiple(of: tick) == isMultiple)
        #expect(price.rounded(.down, to: tick) == (try Price(below)))
        #expect(price.rounded(.up, to: tick) == (try Price(above)))
    }

    @Test func `a tick or step of zero allows everything`() throws {
        #expect(try Price("0.12345678").isMultiple(of: .zero))
        #expect(try Quantity("0.12345678").isMultiple(of: .zero))
        #expect(try Quantity("0.12345678").roundedDown(to: .zero) == Quantity("0.12345678"))
        #expect(try Quantity("0.129").roundedDown(to: Quantity("0.01")) == Quantity("0.12"))
    }

    @Test func `a notional is exact even at the ends of both ranges`() {
        let product = Price(raw: .max) * Quantity(raw: .max)
        #expect(product.raw == Int128(Int64.max) * Int128(Int64.max))
        #expect(
            (Price(raw: .min) * Quantity(raw: .min)).raw == Int128(Int64.min) * Int128(Int64.min)
        )
        #expect((Price(raw: 1) * Quantity(raw: 1)).description == "0.0000000000000001")
        #expect((Price(raw: 1) * Quantity(raw: 1)).amount(rounding: .up).raw == 1)
        #expect((Price(raw: 1) * Quantity(raw: 1)).amount(rounding: .down).raw == 0)
    }

    @Test func `scaling leaves the range as nil and never wraps`() {
        #expect(Price(raw: .max).scaled(by: 1_010_000, over: 1_000_000, rounding: .up) == nil)
        #expect(Price(raw: 100).scaled(by: 1_010_000, over: 1_000_000, rounding: .up)?.raw == 101)
        #expect(Price(raw: 1).scaled(by: 1_010_000, over: 1_000_000, rounding: .up)?.raw == 2)
        #expect(Quantity(raw: .max).adding(Quantity(raw: 1)) == nil)
        #expect(Amount(raw: Int128(Int64.max) + 1).quantity == nil)
        #expect(Amount(raw: Int128(Int64.min)).quantity == Quantity(raw: .min))
    }

    @Test func `milliseconds round down on both sides of the epoch`() {
        #expect(WallTime(nanoseconds: 1_999_999).milliseconds == 1)
        #expect(WallTime(nanoseconds: -1).milliseconds == -1)
        #expect(WallTime(milliseconds: -5).milliseconds == -5)
    }
}

@Suite struct ClientOrderIDTests {
    @Test(arguments: ["a", "A-z_09", String(repeating: "x", count: 36)])
    func `the venue's pattern is taken`(text: String) { #expect(ClientOrderID(text)?.text == text) }

    @Test(arguments: ["", "a b", "a.b", "ä", "a+b", "a\u{0}", String(repeating: "x", count: 37)])
    func `anything else is not a client order id`(text: String) {
        #expect(ClientOrderID(text) == nil)
    }

    @Test func `an amount is scaled alike in words and in full`() {
        var random = SeededRandom(seed: 1)
        let edges: [Int64] = [0, 1, 999_999, 1_000_000, 1_000_001, .max - 1, .max]
        for _ in 0..<20_000 {
            let draw = { (random: inout SeededRandom) in
                Bool.random(using: &random)
                    ? edges.randomElement(using: &random) ?? 0
                    : Int64.random(in: 0...(.max), using: &random) >> Int.random(in: 0..<63)
            }
            let (raw, numerator) = (Int128(draw(&random)), draw(&random))
            let denominator = max(1, draw(&random))
            for rounding in [Rounding.up, .down] {
                let exact = (raw * Int128(numerator)).divided(
                    by: Int128(denominator),
                    rounding: rounding
                )
                let scaled = Amount(raw: raw).scaled(
                    by: numerator,
                    over: denominator,
                    rounding: rounding
                )
                #expect(scaled.raw == exact, "\(raw) * \(numerator) / \(denominator)")
            }
        }
        // What does not fit is scaled in full.
        let large = Amount(raw: Int128(Int64.max) * 3)
        #expect(large.scaled(by: 2, over: 3, rounding: .down).raw == Int128(Int64.max) * 2)
        #expect(Amount(raw: -3).scaled(by: 1, over: 2, rounding: .down).raw == -2)
        #expect(Amount(raw: -3).scaled(by: 1, over: 2, rounding: .up).raw == -1)
    }
}
