import TradingAPI

/// The mean of the last prices, exact until it is asked for.
public struct MovingAverage: Sendable {
    private let count: Int
    private var prices: [Price] = []
    /// Where the next price goes once all places are taken.
    private var oldest = 0
    private var sum: Int128 = 0

    /// Of so many prices.
    ///
    /// - Parameter count: At least 1.
    public init(of count: Int) {
        precondition(count > 0, "an average of nothing")
        self.count = count
    }

    /// Takes the next price.
    ///
    /// - Parameter price: In the quote asset.
    /// - Returns: The mean, rounded down to 10⁻⁸; nil before there are enough prices.
    public mutating func add(_ price: Price) -> Price? {
        self.sum += Int128(price.raw)
        if self.prices.count < self.count {
            self.prices.append(price)
        } else {
            self.sum -= Int128(self.prices[self.oldest].raw)
            self.prices[self.oldest] = price
            self.oldest = (self.oldest + 1) % self.count
        }
        guard self.prices.count == self.count else { return nil }
        // A mean of prices is within a price's range.
        return Price(raw: Int64(self.sum / Int128(self.count)))
    }
}

/// Which of two averages is above, and when that changes.
public struct Crossover: Sendable {
    /// What the averages say of the trend.
    public enum Trend: Hashable, Sendable {
        /// The fast average is above the slow one.
        case up
        /// The fast average is below the slow one.
        case down
    }

    private var fast: MovingAverage
    private var slow: MovingAverage
    /// The last trend that was seen; nil before the first.
    public private(set) var trend: Trend?

    /// Compares the means of the last prices.
    ///
    /// - Parameters:
    ///   - fast: Over how many prices the fast average goes; at least 1.
    ///   - slow: Over how many the slow one goes; more than `fast`.
    public init(fast: Int, slow: Int) {
        precondition(fast < slow, "the fast average is of fewer prices")
        self.fast = MovingAverage(of: fast)
        self.slow = MovingAverage(of: slow)
    }

    /// Takes the next price.
    ///
    /// - Parameter price: In the quote asset.
    /// - Returns: The trend now; nil before there are enough prices. Averages that are equal leave
    ///   it as it was.
    public mutating func add(_ price: Price) -> Trend? {
        // Both first: each must have seen every price.
        let fast = self.fast.add(price)
        let slow = self.slow.add(price)
        guard let fast, let slow else { return self.trend }
        if fast > slow { self.trend = .up }
        if fast < slow { self.trend = .down }
        return self.trend
    }
}
