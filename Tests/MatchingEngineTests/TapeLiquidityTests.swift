import MatchingEngine
import Testing
import TradingCore

/// Rule M6 for files that hold trades only, or trades and the best quotes.
@Suite("Tape liquidity")
struct TapeLiquidityTests {
    struct Player {
        var floor = Floor()
        var liquidity = TapeLiquidity(market: 0)
        var milliseconds: Int64 = 0

        mutating func apply(_ message: RecordedMessage) {
            self.milliseconds += 1000
            self.liquidity.apply(
                message,
                to: &self.floor.engine,
                recorded: WallTime(milliseconds: self.milliseconds),
                at: self.floor.time
            )
            self.floor.drain()
        }

        mutating func trade(_ quantity: Int64, at price: Int64, taker: Side) {
            self.apply(.trade(price: .whole(price), quantity: .whole(quantity), takerSide: taker))
        }

        mutating func quote(_ bid: (Int64, Int64), _ ask: (Int64, Int64)) {
            self.apply(
                .ticker(
                    updateID: 0,
                    bid: .whole(bid.0, bid.1),
                    ask: .whole(ask.0, ask.1)
                )
            )
        }

        /// What our orders have traded.
        var ours: [String] {
            self.floor.trades.filter { $0.maker.order != nil || $0.taker.order != nil }
                .map { "\($0.quantity)@\($0.price)" }
        }
    }

    @Test func `a trade leaves its quantity on both sides, a tick apart, and nothing else`() {
        var player = Player()
        player.trade(3, at: 100, taker: .buy)
        #expect(player.floor.depth(.sell) == ["3@100"])
        #expect(player.floor.depth(.buy) == ["3@99.99"])
        player.trade(2, at: 90, taker: .sell)
        #expect(player.floor.depth(.sell) == ["2@90.01"])
        #expect(player.floor.depth(.buy) == ["2@90"])
    }

    @Test func `what we took stays taken until the next trade`() {
        var player = Player()
        player.trade(3, at: 100, taker: .buy)
        player.floor.place(player.floor.market(0, .buy, 2))
        #expect(player.ours == ["2@100"])
        #expect(player.floor.depth(.sell) == ["1@100"])
        player.floor.place(player.floor.market(1, .buy, 2))
        #expect(player.ours == ["2@100", "1@100"], "the rest expired")
        player.trade(1, at: 100, taker: .buy)
        #expect(player.floor.depth(.sell) == ["1@100"])
    }

    @Test func `a resting order trades once with a trade, and never with what is derived from it`()
    {
        var player = Player()
        player.trade(5, at: 105, taker: .buy)
        player.floor.place(player.floor.limit(0, .buy, 9, at: 100))
        player.trade(2, at: 100, taker: .sell)
        #expect(player.ours == ["2@100"])
        player.trade(3, at: 98, taker: .sell)
        #expect(player.ours == ["2@100", "3@100"], "through our price, at our price")
        #expect(player.floor.depth(.buy).first == "4@100")
        player.trade(1, at: 97, taker: .buy)
        #expect(player.ours.count == 3, "a trade below our bid would have met it, whoever took")
        player.trade(7, at: 101, taker: .buy)
        #expect(player.ours.count == 3)
    }

    @Test func `an order that joins a derived level waits for the quantity before it`() {
        var player = Player()
        player.trade(2, at: 100, taker: .sell)
        player.floor.place(player.floor.limit(0, .buy, 1, at: 100))
        player.trade(2, at: 100, taker: .sell)
        #expect(player.ours == [])
        player.trade(1, at: 100, taker: .sell)
        #expect(player.ours == ["1@100"])
    }

    @Test func `the market's own trades add up to the tape`() {
        var player = Player()
        player.floor.place(player.floor.limit(0, .buy, 1, at: 100))
        for (quantity, price, side) in [(4, 100, Side.sell), (2, 99, .sell), (6, 103, .buy)] {
            player.trade(Int64(quantity), at: Int64(price), taker: side)
        }
        let total = player.floor.trades.reduce(Quantity.zero) { $0 + $1.quantity }
        #expect(total == .whole(12))
    }

    @Test func `quotes replace what was derived, and show the best level only`() {
        var player = Player()
        player.trade(3, at: 100, taker: .buy)
        player.quote((99, 1), (101, 2))
        #expect(player.floor.depth(.buy) == ["1@99"])
        #expect(player.floor.depth(.sell) == ["2@101"])
        player.quote((100, 5), (102, 6))
        #expect(player.floor.depth(.buy) == ["5@100"])
        #expect(player.floor.depth(.sell) == ["6@102"])
        player.floor.place(player.floor.market(0, .buy, 1))
        player.quote((100, 5), (102, 6))
        #expect(player.floor.depth(.sell) == ["5@102"], "taken until the level changes")
        player.trade(9, at: 100, taker: .sell)
        #expect(player.floor.depth(.sell) == ["5@102"], "a trade derives nothing beside quotes")
    }

    @Test func `a quote that crosses a resting order fills it at its price`() {
        var player = Player()
        player.quote((99, 1), (105, 2))
        player.floor.place(player.floor.limit(0, .buy, 3, at: 101))
        player.quote((99, 1), (101, 2))
        #expect(player.ours == ["2@101"])
    }
}
