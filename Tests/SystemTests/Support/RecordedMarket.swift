import CZlib
import Foundation
import TradingCore

/// The market of a recording at a line, rebuilt here from the recording alone.
struct RecordedMarket {
    private let lines: [Substring]
    private(set) var lineIndex = 0
    private var bids: [Price: Quantity] = [:]
    private var asks: [Price: Quantity] = [:]
    private var hasSnapshot = false
    private var lastUpdateID: Int64 = 0
    private var ticker: Ticker?
    /// Prices of the trades since the last call of ``forgetTrades()``.
    private(set) var tradePrices: Set<Price> = []

    /// The best quote, which is told at once while depth comes every 100 ms.
    private struct Ticker {
        var updateID: Int64
        var bid: Price
        var bidQuantity: Quantity
        var ask: Price
        var askQuantity: Quantity
    }

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    init(path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let isPacked = data.starts(with: [0x1F, 0x8B])
        let text = String(decoding: isPacked ? try Self.inflate(data) : data, as: UTF8.self)
        self.lines = text.split(separator: "\n")
    }

    mutating func forgetTrades() { self.tradePrices = [] }

    /// Plays up to and including a line, counted from 1.
    mutating func advance(toLine line: Int) throws {
        while self.lineIndex < min(line, self.lines.count) {
            try self.play(self.lines[self.lineIndex])
            self.lineIndex += 1
        }
    }

    /// Whether somebody offered at the price.
    func offers(_ price: Price, to side: Side) -> Bool {
        switch side {
        case .buy: self.asks[price] != nil
        case .sell: self.bids[price] != nil
        }
    }

    /// The prices around one, to explain why it is not offered.
    func surroundings(of price: Price) -> String {
        let bids = self.bids.keys.sorted(by: >).prefix(5).map(\.description)
        let asks = self.asks.keys.sorted().prefix(5).map(\.description)
        return "line \(self.lineIndex), bids \(bids), asks \(asks)"
    }

    var quote: (bid: Price, ask: Price)? {
        self.ticker.map { ($0.bid, $0.ask) }
    }

    private mutating func play(_ line: Substring) throws {
        guard let space = line.firstIndex(of: " "),
            let object = try JSONSerialization.jsonObject(
                with: Data(line[line.index(after: space)...].utf8)
            ) as? [String: Any]
        else { throw Malformed(description: "line \(self.lineIndex + 1)") }
        if let last = object["lastUpdateId"] as? Int64 {
            self.bids = try Self.levels(object["bids"])
            self.asks = try Self.levels(object["asks"])
            self.lastUpdateID = last
            self.hasSnapshot = true
            return
        }
        guard let data = object["data"] as? [String: Any] else { return }
        if data["e"] as? String == "trade", let text = data["p"] as? String {
            self.tradePrices.insert(try Price(text))
        } else if data["e"] as? String == "depthUpdate" {
            try self.apply(data)
        } else if let bid = data["b"] as? String, let bidQuantity = data["B"] as? String,
            let ask = data["a"] as? String, let askQuantity = data["A"] as? String,
            let updateID = data["u"] as? Int64
        {
            self.ticker = Ticker(
                updateID: updateID,
                bid: try Price(bid),
                bidQuantity: try Quantity(bidQuantity),
                ask: try Price(ask),
                askQuantity: try Quantity(askQuantity)
            )
            self.applyTicker()
        }
    }

    private mutating func apply(_ update: [String: Any]) throws {
        guard self.hasSnapshot, let last = update["u"] as? Int64, last > self.lastUpdateID else {
            return
        }
        self.lastUpdateID = last
        for (price, quantity) in try Self.levels(update["b"]) {
            self.bids[price] = quantity.isZero ? nil : quantity
        }
        for (price, quantity) in try Self.levels(update["a"]) {
            self.asks[price] = quantity.isZero ? nil : quantity
        }
        self.applyTicker()
    }

    /// What is better than the best quote is gone; the quote itself is there.
    private mutating func applyTicker() {
        guard let ticker = self.ticker, ticker.updateID >= self.lastUpdateID else { return }
        self.bids = self.bids.filter { $0.key < ticker.bid }
        self.asks = self.asks.filter { $0.key > ticker.ask }
        self.bids[ticker.bid] = ticker.bidQuantity
        self.asks[ticker.ask] = ticker.askQuantity
    }

    private static func levels(_ value: Any?) throws -> [Price: Quantity] {
        var levels: [Price: Quantity] = [:]
        for row in value as? [[String]] ?? [] where row.count == 2 {
            levels[try Price(row[0])] = try Quantity(row[1])
        }
        return levels
    }

    /// Unpacks gzip.
    private static func inflate(_ data: Data) throws -> Data {
        var stream = unsafe z_stream()
        let windowOfGzip: Int32 = 15 + 16
        guard unsafe CZlib_inflateInit2(&stream, windowOfGzip) == Z_OK else {
            throw Malformed(description: "zlib does not start")
        }
        defer { unsafe inflateEnd(&stream) }
        var output = Data()
        var input = Array(data)
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        try unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe stream.next_in = source.baseAddress
            unsafe stream.avail_in = UInt32(source.count)
            var status = Z_OK
            while status == Z_OK {
                status = unsafe chunk.withUnsafeMutableBufferPointer { target in
                    unsafe stream.next_out = target.baseAddress
                    unsafe stream.avail_out = UInt32(target.count)
                    return unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
                }
                output.append(contentsOf: chunk[..<(chunk.count - Int(unsafe stream.avail_out))])
            }
            guard status == Z_STREAM_END else { throw Malformed(description: "not gzip") }
        }
        return output
    }
}
