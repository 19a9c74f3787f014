package import TradingCore

/// A calendar day in UTC.
package struct Day: Hashable, Sendable, Comparable {
    /// Days since 1970-01-01.
    package let number: Int64

    package init(number: Int64) { self.number = number }

    /// The day that a time belongs to.
    package init(of time: WallTime) {
        self.number = time.nanoseconds.divided(by: Self.nanoseconds, rounding: .down)
    }

    /// Reads `2026-11-21`; nil where it is no day of the calendar.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.count == 3, let year = Int64(parts[0]),
            let month = Int64(parts[1]), let day = Int64(parts[2])
        else { return nil }
        // Years begin in March, so that leap days are last; the calendar repeats in 400 years.
        let shiftedYear = month <= 2 ? year - 1 : year
        let marchMonth = (month + 9) % 12
        let days =
            365 * shiftedYear + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
            + (153 * marchMonth + 2) / 5 + day - 1
        self.number = days - 719_468
        guard self.text == text else { return nil }
    }

    private static let nanoseconds: Int64 = 86_400_000_000_000

    /// Such as `2026-11-21`.
    package var text: String {
        String(WallTime(nanoseconds: self.number * Self.nanoseconds).text.prefix(10))
    }

    package var previous: Day { Day(number: self.number - 1) }

    package static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}
