import MarketReplay
import MatchingEngine
import TradingCore

/// Others who rest liquidity around a price that walks at random, and who trade.
///
/// Every quantity follows from the seed and the price, so that a still market is the same again
/// after its liquidity was taken and put back.
final class SeededMarket: LiquiditySource {
    let intervalMilliseconds: Int64?
    private let seed: UInt64
    private var random: SeededGenerator
    private var grids: [Grid]
    private var isRefilling = false

    /// Prices of one symbol at which liquidity rests: whole multiples of a spacing.
    private struct Grid {
        let listing: Listing
        let spacing: Int64
        /// The spacing's multiple that is the best ask; the best bid is the one before.
        var center: Int64
    }

    private static let levelsASide: Int64 = 60

    init(
        _ symbols: [SymbolConfiguration],
        _ listings: [Listing],
        seed: UInt64,
        intervalMilliseconds: Int64
    ) {
        self.seed = seed
        self.random = SeededGenerator(seed: seed ^ 0xA5A5_A5A5)
        self.intervalMilliseconds = intervalMilliseconds == 0 ? nil : intervalMilliseconds
        self.grids = zip(symbols, listings).map { symbol, listing in
            // A fifty-thousandth of the price between levels: 1.2 at 60,000.
            let tick = symbol.rules.symbol.tickSize.raw
            let spacing = max(tick, symbol.opening.raw / 50_000 / tick * tick)
            return Grid(
                listing: listing,
                spacing: spacing,
                center: symbol.opening.raw / spacing + 1
            )
        }
    }

    /// Rests the first liquidity.
    func open(_ exchange: Exchange) {
        for index in self.grids.indices {
            self.refill(index, exchange, canCross: true)
            exchange.commit(self.grids[index].listing, at: exchange.now)
        }
    }

    func step(_ exchange: Exchange) {
        for index in self.grids.indices {
            self.walk(index, exchange)
            if self.random.next(in: 0...1) == 0 { self.take(index, exchange) }
            exchange.commit(self.grids[index].listing, at: exchange.now)
        }
    }

    func didTrade(_ exchange: Exchange, _ listing: Listing) {
        guard !self.isRefilling,
            let index = self.grids.firstIndex(where: { $0.listing === listing })
        else { return }
        self.refill(index, exchange, canCross: false)
    }

    /// Moves the price by at most two levels.
    private func walk(_ index: Int, _ exchange: Exchange) {
        let grid = self.grids[index]
        let lowest = Self.levelsASide + 2
        self.grids[index].center = max(lowest, grid.center + self.random.next(in: -2...2))
        self.withdraw(index, exchange)
        self.refill(index, exchange, canCross: true)
    }

    /// Lets somebody take up to three levels.
    private func take(_ index: Int, _ exchange: Exchange) {
        let grid = self.grids[index]
        let side: Side = self.random.next(in: 0...1) == 0 ? .buy : .sell
        let market = exchange.market(grid.listing)
        guard let best = market.book.best(side.opposite) else { return }
        let share = self.random.next(in: 10...250)
        let rules = grid.listing.rules.symbol
        let (product, overflow) = best.visible.raw.multipliedReportingOverflow(by: share)
        guard !overflow else { return }
        let quantity = Quantity(raw: product / 100).roundedDown(to: rules.stepSize)
        guard quantity.isPositive else { return }
        let reach = side == .buy ? 2 * grid.spacing : -2 * grid.spacing
        exchange.engine.houseTakes(
            side,
            quantity,
            limit: Price(raw: best.price.raw + reach),
            on: grid.listing.market,
            at: exchange.now
        )
    }

    /// Takes back the liquidity that stands on the wrong side of the price, or far from it.
    private func withdraw(_ index: Int, _ exchange: Exchange) {
        let grid = self.grids[index]
        for side in Side.allCases {
            for level in exchange.market(grid.listing).book.levels(side)
            where level.anonymous.isPositive {
                let place = level.price.raw / grid.spacing
                let isNear =
                    side == .buy
                    ? (grid.center - Self.levelsASide..<grid.center).contains(place)
                    : (grid.center..<grid.center + Self.levelsASide).contains(place)
                guard !isNear else { continue }
                exchange.engine.quote(
                    LevelKey(side: side, price: level.price),
                    .zero,
                    on: grid.listing.market,
                    at: exchange.now
                )
            }
        }
    }

    /// Rests liquidity at every price of the grid that lacks it.
    private func refill(_ index: Int, _ exchange: Exchange, canCross: Bool) {
        self.isRefilling = true
        defer { self.isRefilling = false }
        let grid = self.grids[index]
        for distance in 0..<Self.levelsASide {
            for side in Side.allCases {
                let place = side == .buy ? grid.center - 1 - distance : grid.center + distance
                self.rest(side, place, grid, exchange, canCross: canCross)
            }
        }
    }

    private func rest(
        _ side: Side,
        _ place: Int64,
        _ grid: Grid,
        _ exchange: Exchange,
        canCross: Bool
    ) {
        let key = LevelKey(side: side, price: Price(raw: place * grid.spacing))
        let quantity = self.quantity(at: place, side, grid)
        let book = exchange.market(grid.listing).book
        if book.level(key)?.anonymous == quantity { return }
        if let best = book.best(side.opposite) {
            let crosses = side == .buy ? best.price <= key.price : best.price >= key.price
            guard canCross || !crosses else { return }
        }
        exchange.engine.quote(key, quantity, on: grid.listing.market, at: exchange.now)
    }

    /// What rests at a place: worth between 6,000 and 24,000 of the quote asset's units where a
    /// price is in the thousands, at least some steps everywhere.
    private func quantity(at place: Int64, _ side: Side, _ grid: Grid) -> Quantity {
        let salt = UInt64(bitPattern: place) &* 2 + (side == .buy ? 0 : 1)
        var generator = SeededGenerator(seed: self.seed &* 0x9E37 &+ salt)
        let value = Int128(generator.next(in: 6_000...24_000)) * 10_000_000_000_000_000
        let price = Int128(max(1, place * grid.spacing))
        let step = grid.listing.rules.symbol.stepSize
        let raw = Int64(clamping: value / price)
        return max(Quantity(raw: raw).roundedDown(to: step), Quantity(raw: step.raw * 10))
    }
}
