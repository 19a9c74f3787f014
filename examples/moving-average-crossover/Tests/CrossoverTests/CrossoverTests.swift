import Crossover
import Testing
import TradingAPI

struct CrossoverTests {
    private func price(_ text: String) throws -> Price { try Price(text) }

    @Test func `an average begins with its last price and forgets the oldest`() throws {
        var average = MovingAverage(of: 3)
        let prices = try ["1", "2", "6", "0.5", "0.00000001"].map(self.price)
        let means = prices.map { average.add($0)?.description }
        #expect(means == [nil, nil, "3", "2.83333333", "2.16666667"])
    }

    @Test func `the trend turns where the averages cross, and equal ones leave it`() throws {
        var crossover = Crossover(fast: 1, slow: 2)
        let trends = try ["10", "11", "11", "12", "9", "9", "10"].map { text in
            crossover.add(try self.price(text))
        }
        #expect(trends == [nil, .up, .up, .up, .down, .down, .up])
    }
}

struct StrategyTests {
    private let settings: Strategy.Settings

    init() throws {
        self.settings = Strategy.Settings(
            lot: try Quantity("0.01"),
            step: try Quantity("0.00001")
        )
    }

    /// A strategy that bought its lot as order 7, with a fee in the base asset.
    private func invested() throws -> Strategy {
        var strategy = Strategy(self.settings)
        strategy.take(.placed(orderID: 7, number: 1, quantity: self.settings.lot))
        strategy.take(
            .traded(
                orderID: 7,
                quantity: self.settings.lot,
                received: try Amount("0.00998999")
            )
        )
        return strategy
    }

    @Test func `without a trend nothing is done`() {
        var strategy = Strategy(self.settings)
        #expect(strategy.decide(nil) == nil)
    }

    @Test func `a lot is bought once, and not again while the order works`() {
        var strategy = Strategy(self.settings)
        let intent = strategy.decide(.up)
        #expect(intent?.number == 1 && intent?.side == .buy)
        #expect(intent?.quantity == self.settings.lot)
        #expect(strategy.decide(.up) == nil && strategy.decide(.down) == nil)
    }

    @Test func `what fees and the step leave is sold`() throws {
        var strategy = try self.invested()
        #expect(strategy.decide(.up) == nil)
        let intent = strategy.decide(.down)
        #expect(intent?.number == 2 && intent?.side == .sell)
        #expect(intent?.quantity == (try Quantity("0.00998")))
    }

    @Test func `events taken once more lead to the same place`() throws {
        var (one, other) = (try self.invested(), try self.invested())
        #expect(one.decide(.down) == other.decide(.down))
        #expect(one.held == other.held && one.lastNumber == 1)
    }

    @Test func `an order that ended early makes room for the next one`() throws {
        var strategy = Strategy(self.settings)
        strategy.take(.placed(orderID: 3, number: 1, quantity: self.settings.lot))
        strategy.take(
            .traded(orderID: 3, quantity: try Quantity("0.002"), received: try Amount("0.002"))
        )
        #expect(strategy.isWorking && strategy.decide(.up) == nil)
        strategy.take(.ended(orderID: 3))
        #expect(strategy.decide(.up)?.number == 2)
    }

    @Test func `an intent that came to nothing keeps its number`() {
        var strategy = Strategy(self.settings)
        let intent = strategy.decide(.up)
        if let intent { strategy.drop(intent) }
        #expect(strategy.decide(.up) == intent)
    }

    @Test func `an intent that became an order is not dropped`() {
        var strategy = Strategy(self.settings)
        let intent = strategy.decide(.up)
        strategy.take(.placed(orderID: 9, number: 1, quantity: self.settings.lot))
        if let intent { strategy.drop(intent) }
        #expect(strategy.isWorking)
    }
}
