import TradingCore

/// A line of a CSV file: where its cells lie.
struct CSVLine {
    /// Counts from one, empty lines included.
    let number: Int
    let cells: [Range<Int>]
}

/// Walks over the lines of a file; empty lines are passed over, quoting is not known.
struct CSVLines {
    private let bytes: [UInt8]
    private var position = 0
    private var number = 0
    /// Lines of ours have 12 cells at most; one of millions is cut off where it is refused anyway.
    private static let cellsMax = 64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // The mark that some editors put before UTF-8.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { self.position = 3 }
    }

    mutating func next() -> CSVLine? {
        while self.position < self.bytes.count {
            let start = self.position
            var end = start
            while end < self.bytes.count, self.bytes[end] != UInt8(ascii: "\n") { end += 1 }
            self.position = end + 1
            self.number += 1
            if end > start, self.bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            if end > start { return CSVLine(number: self.number, cells: self.cells(start..<end)) }
        }
        return nil
    }

    private func cells(_ line: Range<Int>) -> [Range<Int>] {
        var cells: [Range<Int>] = []
        var start = line.lowerBound
        for index in line where self.bytes[index] == UInt8(ascii: ",") {
            cells.append(start..<index)
            start = index + 1
            if cells.count == Self.cellsMax { return cells }
        }
        cells.append(start..<line.upperBound)
        return cells
    }
}

/// Which cell of a line means what.
struct TapeFormat {
    enum Column: Hashable {
        case time, symbol, price, quantity, side, isBuyerMaker
        case bid, bidQuantity, ask, askQuantity
        case open, high, low, close, volume, closeTime
    }

    private let positions: [Column: Int]
    let cellCount: Int
    let hasHeader: Bool

    var isKline: Bool { self.positions[.open] != nil }

    func position(of column: Column) -> Int? { self.positions[column] }

    /// Tells the format by the first line: by its names, or else by its count of cells.
    init(_ line: CSVLine, _ bytes: [UInt8]) throws(TapeError) {
        let cells = line.cells.map { String(decoding: bytes[$0], as: UTF8.self) }
        self.cellCount = cells.count
        self.hasHeader = cells.first?.utf8.first.map { !Self.isNumeric($0) } ?? true
        if self.hasHeader {
            self.positions = try Self.named(cells, line.number)
        } else {
            self.positions = try Self.counted(cells, line.number)
        }
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }

    private static func named(_ cells: [String], _ line: Int) throws(TapeError) -> [Column: Int] {
        var positions: [Column: Int] = [:]
        for (index, cell) in cells.enumerated() {
            let name = cell.lowercased().filter { $0 != "_" && $0 != " " && $0 != "\"" }
            guard let column = Self.names[name] else { continue }
            guard positions.updateValue(index, forKey: column) == nil else {
                throw TapeError(line: line, reason: "two columns are named as \(cell)")
            }
        }
        let candle: [Column] = [.time, .open, .high, .low, .close, .volume, .closeTime]
        let isCandle = candle.allSatisfy { positions[$0] != nil }
        let isTrade = [.time, .price, .quantity].allSatisfy { positions[$0] != nil }
        let isQuote = [.time, .bid, .ask].allSatisfy { positions[$0] != nil }
        guard isCandle || isTrade || isQuote else {
            throw TapeError(
                line: line,
                reason: "the header names no time with price and quantity, with bid and ask, "
                    + "or with a candle"
            )
        }
        return positions
    }

    private static func counted(
        _ cells: [String],
        _ line: Int
    ) throws(TapeError) -> [Column: Int] {
        func isFlag(_ index: Int) -> Bool { RowReader.flag(cells[index]) != nil }
        switch cells.count {
        case 12:
            return [
                .time: 0, .open: 1, .high: 2, .low: 3, .close: 4, .volume: 5, .closeTime: 6,
            ]
        case 8: return [.price: 1, .quantity: 2, .time: 5, .isBuyerMaker: 6]
        case 7 where isFlag(5): return [.price: 1, .quantity: 2, .time: 4, .isBuyerMaker: 5]
        case 7: return [.price: 1, .quantity: 2, .time: 5, .isBuyerMaker: 6]
        case 6: return [.price: 1, .quantity: 2, .time: 4, .isBuyerMaker: 5]
        case 5: return [.time: 0, .bid: 1, .bidQuantity: 2, .ask: 3, .askQuantity: 4]
        case 4: return [.time: 0, .price: 1, .quantity: 2, .side: 3]
        case 3: return [.time: 0, .price: 1, .quantity: 2]
        default:
            throw TapeError(line: line, reason: "\(cells.count) cells are no known format")
        }
    }

    /// The names of columns, in lower case and without underscores.
    private static let names: [String: Column] = [
        "time": .time, "timestamp": .time, "transacttime": .time, "opentime": .time,
        "symbol": .symbol, "price": .price, "quantity": .quantity, "qty": .quantity,
        "size": .quantity, "side": .side, "isbuyermaker": .isBuyerMaker,
        "bid": .bid, "bidprice": .bid, "bidquantity": .bidQuantity, "bidqty": .bidQuantity,
        "bidsize": .bidQuantity, "ask": .ask, "askprice": .ask, "askquantity": .askQuantity,
        "askqty": .askQuantity, "asksize": .askQuantity, "open": .open, "high": .high,
        "low": .low, "close": .close, "volume": .volume, "closetime": .closeTime,
    ]
}

/// Reads the cells of one line.
struct RowReader {
    let line: CSVLine
    let bytes: [UInt8]
    let format: TapeFormat

    /// What a quote without quantities offers: one of the base asset.
    static let quantityUnknown = Quantity(raw: 100_000_000)
    /// A thousand million: more is a damaged file, and sums of it could overflow.
    private static let valueMax: Int64 = 1_000_000_000 * 100_000_000

    func malformed(_ reason: String) -> TapeError {
        TapeError(line: self.line.number, reason: reason)
    }

    /// A cell's bytes; nil where the column is not there or the cell is empty.
    private func cell(_ column: TapeFormat.Column) -> Range<Int>? {
        guard let position = self.format.position(of: column) else { return nil }
        let range = self.line.cells[position]
        return range.isEmpty ? nil : range
    }

    private func text(_ column: TapeFormat.Column) -> String? {
        self.cell(column).map { String(decoding: self.bytes[$0], as: UTF8.self) }
    }

    func symbol() throws(TapeError) -> String? { self.text(.symbol) }

    /// A time since the epoch in nanoseconds; seconds, milliseconds, microseconds and nanoseconds
    /// are told apart by their size.
    func time(_ column: TapeFormat.Column) throws(TapeError) -> Int64 {
        guard let text = self.text(column), let value = Int64(text), value >= 0 else {
            throw self.malformed("its time is not a whole number")
        }
        let factor: Int64 =
            switch value {
            case ..<100_000_000_000: 1_000_000_000
            case ..<100_000_000_000_000: 1_000_000
            case ..<100_000_000_000_000_000: 1_000
            default: 1
            }
        let (nanoseconds, isTooLarge) = value.multipliedReportingOverflow(by: factor)
        guard !isTooLarge else { throw self.malformed("its time is beyond the year 2262") }
        return nanoseconds
    }

    func price(_ column: TapeFormat.Column) throws(TapeError) -> Price? {
        guard let raw = try self.decimal(column) else { return nil }
        guard raw > 0 else { throw self.malformed("a price is not positive") }
        return Price(raw: raw)
    }

    func quantity(_ column: TapeFormat.Column) throws(TapeError) -> Quantity? {
        guard let raw = try self.decimal(column) else { return nil }
        guard raw >= 0 else { throw self.malformed("a quantity is negative") }
        return Quantity(raw: raw)
    }

    /// Who took, where a column tells.
    func takerSide() throws(TapeError) -> Side? {
        if let text = self.text(.isBuyerMaker) {
            guard let isBuyerMaker = Self.flag(text) else {
                throw self.malformed("\(text.prefix(20)) is neither true nor false")
            }
            return isBuyerMaker ? .sell : .buy
        }
        guard let text = self.text(.side) else { return nil }
        switch text.lowercased() {
        case "buy", "b": return .buy
        case "sell", "s": return .sell
        default: throw self.malformed("its side is neither buy nor sell")
        }
    }

    static func flag(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    private func decimal(_ column: TapeFormat.Column) throws(TapeError) -> Int64? {
        guard let cell = self.cell(column) else { return nil }
        do throws(DecimalError) {
            let raw = try Price(parsing: self.bytes.span.extracting(cell)).raw
            guard raw <= Self.valueMax else { throw .outOfRange }
            return raw
        } catch {
            let text = String(decoding: self.bytes[cell].prefix(20), as: UTF8.self)
            throw self.malformed("\(text) is not a number with at most 8 digits after its point")
        }
    }
}
