import TradingCore

/// What was traded from one time on: prices, quantities, and the trades' numbers.
struct Candle {
    /// Milliseconds since the epoch.
    let openTime: Int64
    var open: Price
    var high: Price
    var low: Price
    var close: Price
    var volume: Amount = .zero
    var value: Amount = .zero
    var takerBuyVolume: Amount = .zero
    var takerBuyValue: Amount = .zero
    var count: Int64 = 0
    var firstID: Int64 = -1
    var lastID: Int64 = -1
    var lastQuantity: Quantity = .zero

    /// A candle without a trade, at the price where the one before it ended.
    init(flatAt price: Price, openTime: Int64) {
        self.openTime = openTime
        (self.open, self.high, self.low, self.close) = (price, price, price, price)
    }

    mutating func add(_ trade: PublicTrade) {
        if self.count == 0 {
            (self.open, self.high, self.low) = (trade.price, trade.price, trade.price)
            self.firstID = trade.id.raw
        }
        self.high = max(self.high, trade.price)
        self.low = min(self.low, trade.price)
        self.close = trade.price
        self.volume += trade.quantity.amount
        self.value += trade.value
        if !trade.isBuyerMaker {
            self.takerBuyVolume += trade.quantity.amount
            self.takerBuyValue += trade.value
        }
        self.count += 1
        self.lastID = trade.id.raw
        self.lastQuantity = trade.quantity
    }

    /// Adds a later candle.
    mutating func add(_ later: Candle) {
        guard later.count > 0 else { return }
        if self.count == 0 {
            (self.open, self.high, self.low) = (later.open, later.high, later.low)
            self.firstID = later.firstID
        }
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.value += later.value
        self.takerBuyVolume += later.takerBuyVolume
        self.takerBuyValue += later.takerBuyValue
        self.count += later.count
        self.lastID = later.lastID
        self.lastQuantity = later.lastQuantity
    }
}

/// The length of a candle; raw values are the venue's names.
enum CandleInterval: String, CaseIterable {
    case second = "1s"
    case minute = "1m"
    case minutes3 = "3m"
    case minutes5 = "5m"
    case minutes15 = "15m"
    case minutes30 = "30m"
    case hour = "1h"
    case hours2 = "2h"
    case hours4 = "4h"
    case hours6 = "6h"
    case hours8 = "8h"
    case hours12 = "12h"
    case day = "1d"
    case days3 = "3d"
    case week = "1w"
    case month = "1M"

    /// The length in milliseconds; nil for the month, whose length varies.
    private var milliseconds: Int64? {
        let minute: Int64 = 60_000
        switch self {
        case .second: return 1000
        case .minute: return minute
        case .minutes3: return 3 * minute
        case .minutes5: return 5 * minute
        case .minutes15: return 15 * minute
        case .minutes30: return 30 * minute
        case .hour: return 60 * minute
        case .hours2: return 120 * minute
        case .hours4: return 240 * minute
        case .hours6: return 360 * minute
        case .hours8: return 480 * minute
        case .hours12: return 720 * minute
        case .day: return 1440 * minute
        case .days3: return 3 * 1440 * minute
        case .week: return 7 * 1440 * minute
        case .month: return nil
        }
    }

    /// Where the candle of a time begins, in a time zone so many milliseconds east of UTC.
    func start(of time: Int64, zone: Int64) -> Int64 {
        let local = time + zone
        guard let length = self.milliseconds else {
            let day = Self.floor(local, 86_400_000) / 86_400_000
            return (day - Self.dayOfMonth(day)) * 86_400_000 - zone
        }
        // The epoch was a Thursday, weeks begin on Mondays.
        let origin: Int64 = self == .week ? 4 * 86_400_000 : 0
        return Self.floor(local - origin, length) + origin - zone
    }

    /// Where the next candle begins.
    func end(ofCandleAt start: Int64, zone: Int64) -> Int64 {
        if let length = self.milliseconds { return start + length }
        return self.start(of: start + 32 * 86_400_000, zone: zone)
    }

    private static func floor(_ value: Int64, _ step: Int64) -> Int64 {
        let rest = value % step
        return rest < 0 ? value - rest - step : value - rest
    }

    /// The day of the month, from zero, of a day since the epoch in the Gregorian calendar.
    private static func dayOfMonth(_ day: Int64) -> Int64 {
        // Counted from 1 March of year 0, in eras of 400 years, so that leap days come last.
        let shifted = day + 719_468
        let dayOfEra = shifted - Self.floor(shifted, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return dayOfYear - (153 * month + 2) / 5
    }
}

/// The candles of one symbol, kept by second and by minute; longer ones are added up.
struct CandleStore {
    private var seconds: [Candle] = []
    private var minutes: [Candle] = []

    private static let secondsMax = 3_600
    private static let minutesMax = 44_640

    mutating func add(_ trade: PublicTrade) {
        Self.add(trade, .second, to: &self.seconds, max: Self.secondsMax)
        Self.add(trade, .minute, to: &self.minutes, max: Self.minutesMax)
    }

    private static func add(
        _ trade: PublicTrade,
        _ interval: CandleInterval,
        to candles: inout [Candle],
        max: Int
    ) {
        let start = interval.start(of: trade.time.milliseconds, zone: 0)
        if candles.last?.openTime != start {
            candles.append(Candle(flatAt: trade.price, openTime: start))
            if candles.count > 2 * max { candles.removeFirst(candles.count - max) }
        }
        candles[candles.count - 1].add(trade)
    }

    /// The candles of an interval from the first trade to a time, with flat ones in between.
    func candles(
        _ interval: CandleInterval,
        from first: Int64?,
        to last: Int64,
        zone: Int64,
        limit: Int
    ) -> [Candle] {
        let parts = interval == .second ? self.seconds : self.minutes
        guard let oldest = parts.first else { return [] }
        var start = interval.start(of: max(first ?? .min, oldest.openTime), zone: zone)
        if let first, start < first { start = interval.end(ofCandleAt: start, zone: zone) }
        var index = parts.firstIndex { $0.openTime >= start } ?? parts.count
        var price = index > 0 ? parts[index - 1].close : oldest.open
        var result: [Candle] = []
        while start <= last {
            let end = interval.end(ofCandleAt: start, zone: zone)
            var candle = Candle(flatAt: price, openTime: start)
            while index < parts.count, parts[index].openTime < end {
                candle.add(parts[index])
                index += 1
            }
            price = candle.close
            result.append(candle)
            // From a beginning the oldest are wanted, without one the newest.
            if first != nil, result.count == limit { break }
            if result.count >= 2 * limit { result.removeFirst(result.count - limit) }
            start = end
        }
        return first == nil ? Array(result.suffix(limit)) : result
    }

    /// Everything traded from a time on; nil where nothing ever was.
    func total(since start: Int64, before openPrice: Price) -> Candle? {
        guard !self.minutes.isEmpty else { return nil }
        let index = self.minutes.firstIndex { $0.openTime >= start } ?? self.minutes.count
        let price = index > 0 ? self.minutes[index - 1].close : openPrice
        var total = Candle(flatAt: price, openTime: start)
        for candle in self.minutes[index...] { total.add(candle) }
        return total
    }
}

/// Trades of one taker at one price, as the aggregate stream shows them.
struct AggregateTrade {
    let id: Int64
    let price: Price
    var quantity: Quantity
    let firstID: Int64
    var lastID: Int64
    let time: WallTime
    let isBuyerMaker: Bool
    /// The transaction in which it happened.
    let transaction: Int64

    func writeFields(to writer: inout JSONWriter) {
        writer.field("a", self.id)
        writer.field("p", self.price)
        writer.field("q", self.quantity)
        writer.field("f", self.firstID)
        writer.field("l", self.lastID)
        writer.field("T", self.time)
        writer.field("m", self.isBuyerMaker)
        writer.field("M", true)
    }
}
