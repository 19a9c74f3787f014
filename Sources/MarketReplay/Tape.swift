package import MatchingEngine
package import TradingCore

/// One thing that a replay does at one time.
package struct ReplayStep: Hashable {
    package let time: WallTime
    /// What happens; nil where only time passes.
    package let message: RecordedMessage?
    /// Whether the line of the file is done with it.
    package let endsLine: Bool
}

/// The rows of a CSV file as trades and quotes, held in 48 bytes each.
package struct Tape {
    /// The symbol that a column or a row names; nil where none does.
    private(set) var symbol: String?
    /// How many lines hold data; the header is none.
    private(set) var lineCount = 0
    private var rows: [Row] = []

    var stepCount: Int { self.rows.count }

    private struct Row {
        enum Kind: UInt8 {
            case nothing, buy, sell, quote
        }

        let time: Int64
        var kind: Kind
        var endsLine = false
        var price: Price = .zero
        var quantity: Quantity = .zero
        var ask: Price = .zero
        var askQuantity: Quantity = .zero
    }

    /// Reads every line of a file.
    init(_ bytes: [UInt8]) throws(TapeError) {
        var lines = CSVLines(bytes)
        guard let first = lines.next() else { throw TapeError(line: 1, reason: "it is empty") }
        let format = try TapeFormat(first, bytes)
        if format.hasHeader {
            guard let second = lines.next() else {
                throw TapeError(line: first.number + 1, reason: "there is only a header")
            }
            try self.append(second, bytes, format)
        } else {
            try self.append(first, bytes, format)
        }
        while let line = lines.next() { try self.append(line, bytes, format) }
    }

    func step(at index: Int) -> ReplayStep {
        let row = self.rows[index]
        let message: RecordedMessage?
        switch row.kind {
        case .nothing: message = nil
        case .buy, .sell:
            message = .trade(
                price: row.price,
                quantity: row.quantity,
                takerSide: row.kind == .buy ? .buy : .sell
            )
        case .quote:
            message = .ticker(
                updateID: 0,
                bid: RecordedLevel(price: row.price, quantity: row.quantity),
                ask: RecordedLevel(price: row.ask, quantity: row.askQuantity)
            )
        }
        return ReplayStep(
            time: WallTime(nanoseconds: row.time),
            message: message,
            endsLine: row.endsLine
        )
    }

    private mutating func append(
        _ line: CSVLine,
        _ bytes: [UInt8],
        _ format: TapeFormat
    ) throws(TapeError) {
        let reader = RowReader(line: line, bytes: bytes, format: format)
        guard line.cells.count == format.cellCount else {
            throw reader.malformed("\(line.cells.count) cells, not \(format.cellCount)")
        }
        if let name = try reader.symbol() {
            guard self.symbol == nil || self.symbol == name else {
                throw reader.malformed("it is of \(name), the lines above of another symbol")
            }
            self.symbol = name
        }
        // A line never leads back in time: what looks so is played at once.
        let time = max(try reader.time(.time), self.rows.last?.time ?? 0)
        if format.isKline {
            try self.appendCandle(reader, from: time)
        } else {
            try self.appendTick(reader, at: time)
        }
        self.lineCount += 1
        self.rows[self.rows.count - 1].endsLine = true
    }

    private mutating func appendTick(_ reader: RowReader, at time: Int64) throws(TapeError) {
        let before = self.rows.count
        if let bid = try reader.price(.bid), let ask = try reader.price(.ask) {
            guard bid < ask else { throw reader.malformed("its bid is not below its ask") }
            var row = Row(time: time, kind: .quote)
            row.price = bid
            row.quantity = try reader.quantity(.bidQuantity) ?? RowReader.quantityUnknown
            row.ask = ask
            row.askQuantity = try reader.quantity(.askQuantity) ?? RowReader.quantityUnknown
            self.rows.append(row)
        }
        if let price = try reader.price(.price) {
            guard let quantity = try reader.quantity(.quantity), quantity.isPositive else {
                throw reader.malformed("a trade without a quantity")
            }
            let side = try reader.takerSide() ?? self.sideByTick(price)
            self.appendTrade(price, quantity, side, at: time)
        }
        guard self.rows.count > before else {
            throw reader.malformed("it holds neither a trade nor a bid and an ask")
        }
    }

    /// Where no side is given, a trade below the one before it was sold.
    private func sideByTick(_ price: Price) -> Side {
        for row in self.rows.reversed() {
            switch row.kind {
            case .nothing: continue
            case .quote: return price <= row.price ? .sell : .buy
            case .buy: return price < row.price ? .sell : .buy
            case .sell: return price > row.price ? .buy : .sell
            }
        }
        return .buy
    }

    private mutating func appendTrade(
        _ price: Price,
        _ quantity: Quantity,
        _ takerSide: Side,
        at time: Int64
    ) {
        var row = Row(time: time, kind: takerSide == .buy ? .buy : .sell)
        row.price = price
        row.quantity = quantity
        self.rows.append(row)
    }

    /// Four trades a candle, a quarter of its volume each: open, low, high, close where it did not
    /// fall, open, high, low, close where it did.
    private mutating func appendCandle(
        _ reader: RowReader,
        from start: Int64
    ) throws(TapeError) {
        let end = max(start, try reader.time(.closeTime))
        guard let open = try reader.price(.open), let high = try reader.price(.high),
            let low = try reader.price(.low), let close = try reader.price(.close),
            let volume = try reader.quantity(.volume)
        else { throw reader.malformed("a candle with an empty cell") }
        guard low <= min(open, close), high >= max(open, close) else {
            throw reader.malformed("its low and high do not enclose its open and close")
        }
        let quarter = Quantity(raw: volume.raw / 4)
        let isFalling = close < open
        let path: [(Price, Side)] =
            isFalling
            ? [(open, .sell), (high, .buy), (low, .sell), (close, .buy)]
            : [(open, .buy), (low, .sell), (high, .buy), (close, .sell)]
        for (number, (price, side)) in path.enumerated() {
            // The last trade has what the division left over.
            let quantity = number < 3 ? quarter : Quantity(raw: volume.raw - 3 * quarter.raw)
            guard quantity.isPositive else { continue }
            let time = start + (end - start) / 3 * Int64(number)
            self.appendTrade(price, quantity, side, at: number < 3 ? time : end)
        }
        if volume.isZero { self.rows.append(Row(time: end, kind: .nothing)) }
    }
}

/// Why a line of a tape cannot be used.
struct TapeError: Error {
    let line: Int
    let reason: String
}
