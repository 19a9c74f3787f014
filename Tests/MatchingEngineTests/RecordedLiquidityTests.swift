import MatchingEngine
import Testing
import TradingCore

/// Rule M6: simulated queues.
@Suite("Recorded liquidity")
struct RecordedLiquidityTests {
    /// A floor whose book follows messages; it begins with bids 5@100, 9@99 and asks 4@102.
    struct Tape {
        var floor = Floor()
        var liquidity = RecordedLiquidity(market: 0)
        var milliseconds: Int64 = 0
        var updateID: Int64 = 10

        init() {
            self.apply(
                .snapshot(
                    updateID: 10,
                    bids: [.whole(100, 5), .whole(99, 9)],
                    asks: [.whole(102, 4)]
                )
            )
        }

        mutating func apply(_ message: RecordedMessage, after milliseconds: Int64 = 10) {
            self.milliseconds += milliseconds
            self.liquidity.apply(
                message,
                to: &self.floor.engine,
                recorded: WallTime(milliseconds: self.milliseconds),
                at: self.floor.time
            )
            self.floor.drain()
        }

        /// A depth update of one level.
        mutating func depth(_ side: Side, _ price: Int64, _ quantity: Int64) {
            self.updateID += 1
            self.apply(
                .depth(
                    first: self.updateID,
                    last: self.updateID,
                    bids: side == .buy ? [.whole(price, quantity)] : [],
                    asks: side == .sell ? [.whole(price, quantity)] : []
                )
            )
        }

        mutating func trade(_ quantity: Int64, at price: Int64, taker: Side) {
            self.apply(
                .trade(price: .whole(price), quantity: .whole(quantity), takerSide: taker),
                after: 1000
            )
        }

        /// What our orders have traded.
        var ours: [String] {
            self.floor.trades.filter { $0.maker.order != nil || $0.taker.order != nil }
                .map { "\($0.quantity)@\($0.price)" }
        }
    }

    @Test func `a taker fills at the recorded prices, and what it took stays taken`() {
        var tape = Tape()
        tape.floor.place(tape.floor.market(0, .buy, 1))
        #expect(tape.ours == ["1@102"])
        #expect(tape.floor.depth(.sell) == ["3@102"])
        // The same quantity told again is no change of the level.
        tape.apply(.ticker(updateID: 11, bid: .whole(100, 5), ask: .whole(102, 4)))
        #expect(tape.floor.depth(.sell) == ["3@102"])
        tape.depth(.sell, 102, 6)
        #expect(tape.floor.depth(.sell) == ["6@102"])
    }

    @Test func `a resting order waits for the recorded quantity before it`() {
        var tape = Tape()
        tape.floor.place(tape.floor.limit(0, .buy, 2, at: 100))
        tape.trade(3, at: 100, taker: .sell)
        #expect(tape.ours == [])
        tape.trade(3, at: 100, taker: .sell)
        #expect(tape.ours == ["1@100"])
        tape.trade(3, at: 100, taker: .sell)
        #expect(tape.ours == ["1@100", "1@100"])
    }

    @Test func `quantity that joins later queues behind us, quantity that leaves lets us up`() {
        var tape = Tape()
        tape.floor.place(tape.floor.limit(0, .buy, 1, at: 100))
        tape.depth(.buy, 100, 50)
        tape.depth(.buy, 100, 2)
        tape.milliseconds += 1000
        tape.trade(2, at: 100, taker: .sell)
        #expect(tape.ours == [])
        tape.trade(1, at: 100, taker: .sell)
        #expect(tape.ours == ["1@100"])
    }

    @Test func `a quote that announces a trade moves the queue once`() {
        var tape = Tape()
        tape.floor.place(tape.floor.limit(0, .buy, 1, at: 100))
        tape.apply(.ticker(updateID: 11, bid: .whole(99, 9), ask: .whole(102, 4)))
        tape.apply(.trade(price: .whole(100), quantity: .whole(5), takerSide: .sell), after: 5)
        #expect(tape.ours == [], "the five that traded were all before us")
        tape.trade(1, at: 100, taker: .sell)
        #expect(tape.ours == ["1@100"])
    }

    @Test func `a recorded trade through our price fills us at our price`() {
        var tape = Tape()
        tape.floor.place(tape.floor.limit(0, .buy, 1, at: 101))
        tape.trade(1, at: 100, taker: .sell)
        #expect(tape.ours == ["1@101"])
    }

    @Test func `a recorded quote that crosses us fills us at our price`() {
        var tape = Tape()
        tape.floor.place(tape.floor.limit(0, .buy, 3, at: 101))
        tape.depth(.sell, 101, 2)
        #expect(tape.ours == ["2@101"])
        #expect(tape.floor.depth(.buy) == ["1@101", "5@100", "9@99"])
    }

    @Test func `an update older than the ticker brings back nothing that the ticker took away`() {
        var tape = Tape()
        tape.apply(.ticker(updateID: 20, bid: .whole(99, 9), ask: .whole(102, 4)))
        #expect(tape.floor.depth(.buy) == ["9@99"])
        tape.apply(.depth(first: 11, last: 15, bids: [.whole(100, 7)], asks: []))
        #expect(tape.floor.depth(.buy) == ["9@99"])
        #expect(tape.liquidity.gaps == 0)
        tape.apply(.depth(first: 30, last: 31, bids: [.whole(100, 7)], asks: []))
        #expect(tape.floor.depth(.buy) == ["7@100", "9@99"])
        #expect(tape.liquidity.gaps == 1)
    }
}

extension RecordedLevel {
    static func whole(_ price: Int64, _ quantity: Int64) -> RecordedLevel {
        RecordedLevel(price: .whole(price), quantity: .whole(quantity))
    }
}
