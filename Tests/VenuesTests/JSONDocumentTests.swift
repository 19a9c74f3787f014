import Testing
import TradingCore

@testable import Venues

/// The reader of the messages that come with every order; stricter than Foundation's decoder,
/// which lets commas at the end of a list pass.
@Suite
struct JSONDocumentTests {
    private func object(_ text: String) throws -> JSONObject {
        try JSONDocument(Array(text.utf8)).object()
    }

    @Test(arguments: [
        "", " ", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "[1,]", "[1 2]",
        "{\"a\":1}x",
        "{\"a\":tru}", "{\"a\":nul", "{\"a\":-}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":+1}", "\"a",
        "{\"a\":\"\n\"}", "{\"a\":\"\\\"}", "{a:1}", "{1:1}",
        String(repeating: "[", count: 100_000),
    ])
    func `a text that is not JSON is refused`(_ text: String) {
        #expect(throws: BodyError.unreadable("not JSON")) { try JSONDocument(Array(text.utf8)) }
    }

    @Test func `members are found by name, whatever stands between them`() throws {
        let object = try self.object(
            #" {"x":[{"n":1},[],{}],"y":{"n":2},"n" : 3 , "s":"µ","t":true,"f":false,"z":null} "#
        )
        #expect(try object.integer("n") == 3)
        #expect(try object.text("s") == "µ")
        #expect(try object.boolean("t"))
        #expect(try object.boolean("f") == false)
        #expect(try object.optionalText("z") == nil)
        #expect(try object.optionalText("absent") == nil)
        #expect(try object.optionalObject("y")?.integer("n") == 2)
    }

    @Test func `escapes are read as Foundation reads them`() throws {
        let object = try self.object(#"{"a":"q\"\\\/\n\u00b5\ud83d\ude00","b":1}"#)
        #expect(try object.text("a") == "q\"\\/\nµ😀")
        #expect(try object.integer("b") == 1)
    }

    @Test func `decimals come exactly, and only from strings`() throws {
        let object = try self.object(#"{"a":"0.10000000","b":0.1,"c":"1e5","d":"0.123456789"}"#)
        #expect(try object.decimal("a") == Price(raw: 10_000_000))
        for name in ["b", "c", "d", "e"] {
            #expect(throws: BodyError.self) { () throws(BodyError) -> Price in
                try object.decimal(name)
            }
        }
    }

    @Test func `an error names the member and never its value`() throws {
        let object = try self.object(#"{"a":"secret","list":[{"b":1},"secret"]}"#)
        #expect(throws: BodyError.unreadable("a has another type")) { try object.integer("a") }
        #expect(throws: BodyError.unreadable("c is missing")) { try object.text("c") }
        #expect(throws: BodyError.unreadable("list.1 has another type")) {
            try object.objects("list")
        }
    }

    @Test func `text that is not UTF-8 is refused where it is asked for`() throws {
        let object = try JSONDocument(Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)).object()
        #expect(throws: BodyError.unreadable("a is bad")) { try object.text("a") }
    }
}
