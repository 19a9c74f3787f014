import Testing

@testable import TradingCore

@Suite struct IdentifierTests {
    @Test(arguments: [
        "", "A", "BTCUSDT", "ABCDEFGH", "ABCDEFGHI", "1000SATSUSDT", "ABCDEFGHIJKLMNOP",
        "ABCDEFGHIJKLMNOPQRSTUVWX", "币安人生USDT", "é", "…",
    ])
    func `a name of up to 24 bytes comes back as it was`(name: String) {
        #expect(Symbol(name).name == name)
        #expect("\(Asset(name))" == name)
        #expect(Symbol(name) == Symbol(name))
        #expect(Symbol(name).hashValue == Symbol(name).hashValue)
        #expect(Symbol(name) != Symbol(name + "X") && Symbol(name) != Symbol("X" + name))
    }

    @Test(arguments: [
        ("ABCDEFGHIJKLMNOPQRSTUVWXY", "ABCDEFGHIJKLMNOPQRSTU…"),
        ("ABCDEFGHIJKLMNOPQRST币安", "ABCDEFGHIJKLMNOPQRST…"),
        (String(repeating: "A", count: 100_000), "AAAAAAAAAAAAAAAAAAAAA…"),
    ])
    func `a longer name is cut between characters, and no shorter one is equal to it`(
        name: String,
        cut: String
    ) {
        #expect(Symbol(name).name == cut)
        #expect(Symbol(name) != Symbol(String(cut.dropLast())))
    }

    @Test func `a zero byte ends a name`() {
        #expect(Symbol("BTC\u{0}USDT") == Symbol("BTC"))
    }

    @Test func `names are in the order of their texts`() {
        let names = ["", "A", "AB", "ABCDEFGH", "ABCDEFGHI", "ABCDEFGI", "B", "a", "é"]
        #expect(names.map { Symbol($0) }.sorted().map(\.name) == names)
    }
}
