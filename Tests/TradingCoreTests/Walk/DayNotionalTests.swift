import Testing

@testable import TradingCore

/// What a day keeps of what strategies placed, and for how many (B6).
@Suite struct DayNotionalTests {
    static let dollar = DailyCapTests.dollar
    static let day = UTCDay(number: 10)

    /// An order of a strategy, so many milliseconds after the day's start.
    static func intent(_ strategy: String, at milliseconds: Int64) -> OrderIntent {
        var intent = Make.intent()
        intent.strategy = strategy
        intent.timestamp = WallTime(milliseconds: self.day.number * 86_400_000 + milliseconds)
        return intent
    }

    static func notional(_ text: String) -> Notional { Notional(Make.amount(text)) }

    static func placed(_ notional: DayNotional, _ strategy: String) -> String {
        "\(notional.placed(in: self.dollar, by: strategy, on: self.day))"
    }

    /// A day on which a thousand strategies placed 100 each, one after the other.
    static func full() -> DayNotional {
        var notional = DayNotional(day: self.day)
        for number in 0..<DayNotional.strategiesMax {
            notional.add(
                self.notional("100"),
                of: self.intent("\(number)", at: Int64(number))
            )
        }
        return notional
    }

    @Test func `of a thousand strategies the one that was silent for the longest makes room`() {
        var notional = Self.full()
        notional.add(Self.notional("1"), of: Self.intent("0", at: 5_000))
        notional.add(Self.notional("1"), of: Self.intent("new", at: 5_001))
        #expect(notional.strategies.count == DayNotional.strategiesMax)
        #expect(notional.strategies["1"] == nil)
        #expect(Self.placed(notional, "0") == "101" && Self.placed(notional, "new") == "1")
        // The venue's count forgets nothing.
        #expect(notional.placed[Self.dollar] == Self.notional("100002"))
    }

    @Test func `an order of before a strategy was forgotten gives it nothing back`() {
        var notional = Self.full()
        notional.add(Self.notional("1"), of: Self.intent("new", at: 5_000))
        let (hundred, fifty) = (Self.notional("100"), Self.notional("50"))
        notional.replace(hundred, with: .zero, of: Self.intent("0", at: 0))
        #expect(notional.strategies["0"] == nil)
        notional.add(fifty, of: Self.intent("0", at: 5_001))
        notional.replace(hundred, with: .zero, of: Self.intent("0", at: 0))
        #expect(Self.placed(notional, "0") == "50")
        notional.replace(fifty, with: .zero, of: Self.intent("0", at: 5_001))
        #expect(Self.placed(notional, "0") == "0")
    }

    @Test func `a new day forgets every strategy, and none begins backwards (M3)`() {
        var notional = Self.full()
        notional.add(Self.notional("7"), of: Self.intent("0", at: 86_399_999))
        #expect(Self.placed(notional, "0") == "107")
        notional.add(Self.notional("1"), of: Self.intent("new", at: 86_400_000))
        #expect(notional.day == UTCDay(number: 11))
        #expect(Array(notional.strategies.keys) == ["new"])
        // What is placed by a clock that was set back counts on the day that began.
        notional.add(Self.notional("1"), of: Self.intent("new", at: 86_399_999))
        #expect(notional.day == UTCDay(number: 11))
        let placed = notional.placed(in: Self.dollar, by: "new", on: UTCDay(number: 11))
        #expect(placed == Self.notional("2"))
    }

    @Test func `the snapshot of an older version counts nothing of strategies yet`() {
        // As it is read: the sum of all is there.
        var notional = DayNotional(day: Self.day, placed: [Self.dollar: Self.notional("100")])
        let hundred = Self.notional("100")
        notional.replace(hundred, with: Self.notional("30"), of: Self.intent("grid", at: 0))
        #expect(Self.placed(notional, "grid") == "0")
        #expect(notional.placed[Self.dollar] == Self.notional("30"))
        notional.add(hundred, of: Self.intent("grid", at: 1))
        #expect(Self.placed(notional, "grid") == "100")
    }
}
