@testable import TradingCore

/// What an account may come to hold, told by trying every order as filled or not.
///
/// Written apart from the code under test: it keeps single orders, no sums, and finds the worst
/// case by looking at each side's fills in full.
struct ExposureModel {
    struct Entry {
        var intent: OrderIntent
        var venueNumber: Int64
        var filled = 0
        /// In the venue's smallest steps.
        var total: Int
        /// The gateway does not know whether the venue took it.
        var isUnknown: Bool
        var isDone = false

        var rest: Int { self.isDone ? 0 : self.total - self.filled }
    }

    /// One step is 0.01 of a base asset.
    static let stepsPerUnit = 100
    /// The ask of every symbol, which stays.
    static let ask = 101

    var entries: [Entry] = []

    /// What was bought less what was sold, in steps.
    func held(_ symbol: Symbol) -> Int {
        self.entries.filter { $0.intent.terms.symbol == symbol }.reduce(0) { sum, entry in
            sum + (entry.intent.terms.side == .buy ? entry.filled : -entry.filled)
        }
    }

    /// The largest holding, whatever its sign, that fills of the open orders can lead to.
    ///
    /// - Parameters:
    ///   - symbol: Whose orders.
    ///   - steps: What one more order would buy, or, negative, sell.
    /// - Returns: The holding in steps.
    func worst(_ symbol: Symbol, adding steps: Int = 0) -> Int {
        var highest = self.held(symbol) + max(steps, 0)
        var lowest = self.held(symbol) + min(steps, 0)
        for entry in self.entries where entry.intent.terms.symbol == symbol {
            if entry.intent.terms.side == .buy {
                highest += entry.rest
            } else {
                lowest -= entry.rest
            }
        }
        return max(abs(highest), abs(lowest))
    }

    /// Whether an order can do nothing but shrink what is held.
    func isReducing(_ symbol: Symbol, _ steps: Int) -> Bool {
        let held = self.held(symbol)
        let isAgainst = held > 0 ? steps < 0 : steps > 0
        let pending = self.entries
            .filter { entry in
                entry.intent.terms.symbol == symbol
                    && (entry.intent.terms.side == .buy) == (steps > 0)
            }
            .reduce(0) { $0 + $1.rest }
        return isAgainst && abs(steps) + pending <= abs(held)
    }
}
