import Testing
import TradingCore

@testable import Venues

@Suite
struct JSONTests {
    private func parse(_ text: String) throws(BodyError) -> JSONValue {
        try JSONText(Array(text.utf8)).root
    }

    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "{\"a\":1}x", "[1 2]", "tru",
        "truex", "nul", "01", "-", "-01", "1.", ".5", "1e", "+1", "\"", "\"\\", "\"a\nb\"",
        "[\"\u{1}\"]",
        "{\"a\":1 \"b\":2}", "\u{FEFF}{}", "<html></html>", "NaN",
        String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: BodyError.self) { try self.parse(text) }
    }

    @Test func `bytes cut anywhere never read beyond their end`() throws {
        for text in [Sample.placed, Events.traded, "[1.5e-3,true,null,\"\\u00e9\"]"] {
            let bytes = Array(text.utf8)
            _ = try JSONText(bytes)
            for count in 0..<bytes.count {
                #expect(throws: BodyError.self) { try JSONText(Array(bytes.prefix(count))) }
            }
        }
    }

    @Test func `any single changed byte is read or refused, without a crash`() {
        let bytes = Array(Events.traded.utf8)
        var readCount = 0
        for index in bytes.indices {
            for byte in [0x00, 0x22, 0x2C, 0x30, 0x5C, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = byte
                let text = Array(#"{"event":"#.utf8) + changed + Array("}".utf8)
                if case .input = UserFrames.message(text) { readCount += 1 }
            }
        }
        #expect(readCount > 0)
    }

    @Test func `fields are found by name, whatever lies between`() throws {
        let json = try self.parse(
            #" { "x" : [ {"a":0} , [] , {} ], "a" : 1 , "b":{"a":2},"n":null,"t":true, "#
                + #""z":"2.50" } "#
        )
        #expect(try json.integer("a") == 1)
        #expect(try json.required("b").integer("a") == 2)
        #expect(try json.elements("x").count == 3)
        #expect(try json.bool("t"))
        #expect(try json.optionalString("n") == nil)
        #expect(try json.optionalString("missing") == nil)
        let price: Price = try json.decimal("z")
        #expect(price == Price(raw: 250_000_000))
        #expect(throws: BodyError.unreadable("n is missing")) { try json.string("n") }
        #expect(throws: BodyError.unreadable("a is not a string")) { try json.string("a") }
        #expect(throws: BodyError.unreadable("z is not a number")) { try json.integer("z") }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", Int64.max), ("-5", -5),
            ("9223372036854775808", nil), ("1.0", nil), ("1e3", nil), ("\"1\"", nil), ("true", nil),
        ] as [(String, Int64?)]
    )
    func `whole numbers are exact or refused`(text: String, value: Int64?) throws {
        let json = try self.parse("{\"a\":\(text)}")
        let read = try? json.integer("a")
        #expect(read == value)
    }

    @Test(
        arguments: [
            (#"a\"b\\c\/d\b\f\n\r\t"#, "a\"b\\c/d\u{8}\u{C}\n\r\t"), (#"\u00e9\u4e2d"#, "é中"),
            (#"\ud83d\ude00"#, "😀"), ("这是", "这是"), (#"\ud83d"#, nil), (#"\ude00"#, nil),
            (#"\ud83d\u0041"#, nil), (#"\u12"#, nil), (#"\u+123"#, nil), (#"\x"#, nil),
        ] as [(String, String?)]
    )
    func `escapes are what RFC 8259 says`(escaped: String, plain: String?) throws {
        let json = try self.parse("{\"a\":\"\(escaped)\"}")
        let read = try? json.string("a")
        #expect(read == plain)
    }

    @Test func `text that is not UTF-8 is refused (M5)`() throws {
        let json = try JSONText(Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)).root
        #expect(throws: BodyError.self) { try json.string("a") }
    }
}
