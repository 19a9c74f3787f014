package import MatchingEngine
import TradingCore

/// Why a recording cannot be played.
package enum RecordingError: Error, CustomStringConvertible {
    /// The file cannot be read; check its path.
    case unreadable(path: String)
    /// The gzip data or the zip archive is damaged, cut off, or not of a kind that is read.
    case damagedArchive(path: String, reason: String)
    /// A line is not a receive time, a space and a message of a known stream, or not a row.
    case malformed(path: String, line: Int, reason: String)
    /// No depth snapshot comes, so that there is no book to start from.
    case noSnapshot(path: String)
    /// The recording is of a symbol that is not listed; list it with `--symbol`.
    case unlistedSymbol(path: String, symbol: String)

    package var description: String {
        switch self {
        case .unreadable(let path): "cannot read the recording \(path)"
        case .damagedArchive(let path, let reason):
            "the recording \(path) cannot be unpacked: \(reason)"
        case .malformed(let path, let line, let reason):
            "line \(line) of the recording \(path) is malformed: \(reason)"
        case .noSnapshot(let path): "the recording \(path) has no depth snapshot"
        case .unlistedSymbol(let path, let symbol):
            "the recording \(path) is of \(symbol), which is not listed; use --symbol \(symbol)"
        }
    }
}

/// A recorded market in memory: lines of a receive time in nanoseconds and one message.
package struct Recording {
    let path: String
    /// The symbol of its streams.
    let symbol: String
    private let bytes: [UInt8]
    private let lines: [Range<Int>]

    /// How many lines there are.
    var count: Int { self.lines.count }

    /// Reads a file's unpacked bytes, and checks every line of them.
    init(_ bytes: [UInt8], path: String) throws(RecordingError) {
        self.path = path
        self.bytes = bytes
        self.lines = Self.split(bytes)
        var symbol: String?
        var hasSnapshot = false
        for index in self.lines.indices {
            let line = try Self.parse(bytes[self.lines[index]], path: path, line: index + 1)
            if let name = line.symbol, symbol == nil { symbol = name }
            if case .snapshot = line.message { hasSnapshot = true }
        }
        guard hasSnapshot, let symbol else { throw .noSnapshot(path: path) }
        self.symbol = symbol
    }

    /// A line's receive time and its message, which is nil for streams that are not played.
    func line(at index: Int) throws(RecordingError) -> Line {
        try Self.parse(self.bytes[self.lines[index]], path: self.path, line: index + 1)
    }

    struct Line {
        let time: WallTime
        let symbol: String?
        let message: RecordedMessage?
    }

    private static func split(_ bytes: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if end > start { lines.append(start..<end) }
            start = end + 1
        }
        return lines
    }

    private static func parse(
        _ line: ArraySlice<UInt8>,
        path: String,
        line number: Int
    ) throws(RecordingError) -> Line {
        func malformed(_ reason: String) -> RecordingError {
            .malformed(path: path, line: number, reason: reason)
        }
        guard let space = line.firstIndex(of: UInt8(ascii: " ")),
            let time = Int64(String(decoding: line[..<space], as: UTF8.self))
        else { throw malformed("it does not begin with a receive time and a space") }
        guard let json = JSONValue(parsing: Array(line[(space + 1)...])) else {
            throw malformed("its message is not JSON")
        }
        var parser = RecordedMessageParser()
        guard parser.parse(json) else { throw malformed(parser.reason) }
        return Line(
            time: WallTime(nanoseconds: time),
            symbol: parser.symbol,
            message: parser.message
        )
    }
}

/// A message of a market stream, live or recorded, and whose it is.
package struct MarketMessage {
    /// The symbol that it names.
    package let symbol: String
    /// What it says.
    package let message: RecordedMessage

    /// Reads one frame of Binance's combined streams; nil where it is of another kind.
    ///
    /// - Parameter frame: The text.
    /// - Throws: What cannot be read.
    package init?(frame: [UInt8]) throws(MalformedMessage) {
        guard let json = JSONValue(parsing: frame) else {
            throw MalformedMessage(reason: "it is not JSON")
        }
        var parser = RecordedMessageParser()
        guard parser.parse(json) else { throw MalformedMessage(reason: parser.reason) }
        guard let message = parser.message, let symbol = parser.symbol else { return nil }
        self.symbol = symbol
        self.message = message
    }
}

/// A message of a market stream that cannot be read.
package struct MalformedMessage: Error {
    /// A clause such as "its trade lacks a field".
    package let reason: String
}

/// Turns the JSON of one recorded line into a message.
private struct RecordedMessageParser {
    var symbol: String?
    var message: RecordedMessage?
    var reason = ""

    mutating func parse(_ json: JSONValue) -> Bool {
        if let updateID = json["lastUpdateId"]?.integer {
            guard let bids = self.levels(json["bids"]), let asks = self.levels(json["asks"])
            else { return self.fail("its snapshot lacks levels") }
            self.message = .snapshot(updateID: updateID, bids: bids, asks: asks)
            return true
        }
        guard let stream = json["stream"]?.text, let data = json["data"] else {
            return self.fail("it has neither a stream nor a snapshot")
        }
        self.symbol = data["s"]?.text
        if stream.hasSuffix("@bookTicker") { return self.parseTicker(data) }
        if stream.hasSuffix("@trade") { return self.parseTrade(data) }
        if stream.contains("@depth") { return self.parseDepth(data) }
        return true
    }

    private mutating func parseTicker(_ data: JSONValue) -> Bool {
        guard let updateID = data["u"]?.integer, let bid = self.level(data["b"], data["B"]),
            let ask = self.level(data["a"], data["A"])
        else { return self.fail("its bookTicker lacks a field") }
        self.message = .ticker(updateID: updateID, bid: bid, ask: ask)
        return true
    }

    private mutating func parseTrade(_ data: JSONValue) -> Bool {
        guard let level = self.level(data["p"], data["q"]),
            case .bool(let isBuyerMaker)? = data["m"]
        else { return self.fail("its trade lacks a field") }
        self.message = .trade(
            price: level.price,
            quantity: level.quantity,
            takerSide: isBuyerMaker ? .sell : .buy
        )
        return true
    }

    private mutating func parseDepth(_ data: JSONValue) -> Bool {
        guard let first = data["U"]?.integer, let last = data["u"]?.integer,
            let bids = self.levels(data["b"]), let asks = self.levels(data["a"])
        else { return self.fail("its depth update lacks a field") }
        self.message = .depth(first: first, last: last, bids: bids, asks: asks)
        return true
    }

    private func level(_ price: JSONValue?, _ quantity: JSONValue?) -> RecordedLevel? {
        guard let priceText = price?.text, let quantityText = quantity?.text,
            let price = try? Price(priceText), let quantity = try? Quantity(quantityText)
        else { return nil }
        return RecordedLevel(price: price, quantity: quantity)
    }

    private func levels(_ json: JSONValue?) -> [RecordedLevel]? {
        guard let elements = json?.elements else { return nil }
        var levels: [RecordedLevel] = []
        levels.reserveCapacity(elements.count)
        for element in elements {
            guard let pair = element.elements, pair.count >= 2,
                let level = self.level(pair[0], pair[1])
            else { return nil }
            levels.append(level)
        }
        return levels
    }

    private mutating func fail(_ reason: String) -> Bool {
        self.reason = reason
        return false
    }
}
