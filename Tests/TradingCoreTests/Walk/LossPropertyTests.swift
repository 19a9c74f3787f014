import Testing

@testable import TradingCore

/// Whatever is traded, and however often the process ends, the day's loss and the drawdown are what
/// a model says that keeps every trade and adds all of them up.
@Suite struct LossPropertyTests {
    static let lossMax = 4_000
    static let drawdownMillionths: Int64 = 5_000

    /// All in whole dollars and whole bitcoins, so that the model needs no decimals.
    struct Model {
        struct Trade {
            var quantity: Int
            var price: Int
            var fee: Int
        }

        var trades: [Trade] = []
        var bid = 99
        var start = 1_000_000
        var highWater = 1_000_000

        var held: Int { self.trades.reduce(0) { $0 + $1.quantity } }

        var equity: Int {
            self.trades.reduce(1_000_000) { $0 - $1.quantity * $1.price - $1.fee }
                + self.held * self.bid
        }

        var loss: Int { self.start - self.equity }

        /// In millionths, rounded up.
        var drawdown: Int64 {
            let below = max(0, self.highWater - self.equity)
            return Int64((below * 1_000_000 + self.highWater - 1) / self.highWater)
        }

        mutating func look() {
            let risen = self.equity - self.highWater
            if risen > 0, risen * 2_000 >= self.highWater { self.highWater = self.equity }
        }
    }

    struct Run {
        let rig: Rig
        var random: SeededRandom
        var model = Model()
        var breached: [Rule] = []
        var restarts = 0
        var days = 0
        private var number: Int64 = 0

        init(seed: UInt64) {
            self.random = SeededRandom(seed: seed)
            self.rig = ExposureTests.rig(
                ExposureTests.settings {
                    $0.loss.dailyLossMax = Amount(
                        raw: Int128(LossPropertyTests.lossMax) * 100_000_000
                    )
                    $0.loss.drawdownMillionths = LossPropertyTests.drawdownMillionths
                    $0.loss.onDailyLoss = .disable
                    $0.loss.onDrawdown = .disable
                    $0.quoteAgeMaxMilliseconds = 1_000_000_000
                    $0.clockSkewMaxMilliseconds = 1_000_000_000
                }
            )
        }

        mutating func step() {
            switch self.random.number(0...99) {
            case 0..<50: self.trade()
            case 50..<85: self.quote(self.random.number(60...140))
            case 85..<93: self.restart()
            case 93..<97: self.beginDay()
            default: self.acknowledge()
            }
        }

        private mutating func trade() {
            let held = self.model.held
            let isSale = held > 0 && self.random.happens(50)
            let quantity = isSale ? held : self.random.number(1...60)
            let price = self.random.number(80...120)
            let turn = self.rig.place(
                Make.terms(isSale ? .sell : .buy, "\(quantity)", at: "\(price)")
            )
            guard let intent = turn.placements.first else {
                #expect(!self.breached.isEmpty && !isSale, "\(turn.order?.refusal as Any)")
                return
            }
            #expect(self.breached.isEmpty || isSale)
            self.number += 1
            let report = Make.report(intent, venue: 1_000 + Int64(clamping: intent.orderID.raw))
            self.rig.tell(.placementAnswered(intent.orderID, .accepted(report)))
            let fee = self.random.number(0...20)
            self.rig.trade(intent, at: "\(price)", fee: "\(fee)", in: "USDT")
            let signed = isSale ? -quantity : quantity
            self.model.trades.append(Model.Trade(quantity: signed, price: price, fee: fee))
            self.look()
        }

        private mutating func quote(_ bid: Int) {
            self.model.bid = bid
            let quote = Quote(bid: Make.price("\(bid)"), ask: Make.price("\(bid + 2)"))
            self.rig.tell(.quoted(Make.bitcoin, quote))
            self.look()
        }

        private mutating func restart() {
            self.restarts += 1
            self.rig.start()
            ExposureTests.connect(self.rig)
            self.model.bid = 99
            self.look()
        }

        private mutating func beginDay() {
            self.days += 1
            self.rig.advance(milliseconds: 86_400_000 + 60_000)
            self.model.start = self.model.equity
            self.quote(self.model.bid)
        }

        private mutating func acknowledge() {
            _ = RiskBreachTests.acknowledge(self.rig)
            if self.breached.contains(.dailyLoss) { self.model.start = self.model.equity }
            if self.breached.contains(.drawdown) { self.model.highWater = self.model.equity }
            self.breached = []
            self.look()
        }

        private mutating func look() {
            self.model.look()
            if self.model.loss > LossPropertyTests.lossMax, !self.breached.contains(.dailyLoss) {
                self.breached.append(.dailyLoss)
            }
            if self.model.drawdown > LossPropertyTests.drawdownMillionths,
                !self.breached.contains(.drawdown)
            {
                self.breached.append(.drawdown)
            }
        }

        /// Whether the gateway says the same.
        func judge() -> Bool {
            guard let account = DayLossTests.account(self.rig) else { return false }
            let whole = { (number: Int) in Amount(raw: Int128(number) * 100_000_000) }
            return account.loss == whole(self.model.loss)
                && account.equity == whole(self.model.equity)
                && account.highWater == whole(self.model.highWater)
                && account.drawdownMillionths == self.model.drawdown
                && Set(DayLossTests.rules(self.rig)) == Set(self.breached)
        }
    }

    @Test func `losses are what every trade adds up to, over restarts and days`() {
        var (breaches, restarts, days) = (0, 0, 0)
        for seed in Seeds.range.prefix(60) {
            var run = Run(seed: seed)
            var broken = 0
            for step in 0..<60 {
                run.step()
                broken = max(broken, run.breached.count)
                guard run.judge() else {
                    Issue.record("seed \(seed): the model says otherwise after step \(step)")
                    break
                }
            }
            breaches += broken
            restarts += run.restarts
            days += run.days
        }
        // Runs that lose nothing, or never end, would prove nothing.
        #expect(breaches > 20 && restarts > 60 && days > 60)
    }
}
