@testable import TradingCore

/// Binance's way to count: windows that are aligned to its clock, where too much is refused.
///
/// Written apart from the code under test, so that a mistake is not mirrored.
struct WindowModel {
    let lengthMilliseconds: Int64
    let countMax: Int
    private var number: Int64 = -1
    private(set) var count = 0
    private(set) var refusals = 0

    init(lengthMilliseconds: Int64, countMax: Int) {
        self.lengthMilliseconds = lengthMilliseconds
        self.countMax = countMax
    }

    /// Something arrives; false is a 429.
    mutating func arrive(_ amount: Int, counting counted: Int, at milliseconds: Int64) -> Bool {
        let number = milliseconds / self.lengthMilliseconds
        if number != self.number {
            self.number = number
            self.count = 0
        }
        guard self.count + amount <= self.countMax else {
            self.refusals += 1
            return false
        }
        self.count += counted
        return true
    }
}
