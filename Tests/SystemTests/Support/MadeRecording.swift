import Foundation

/// A recording of a market that nobody traded: a walk of the price, with its depth, its quotes and
/// its trades, the same for the same seed.
struct MadeRecording {
    private var state: UInt64
    private var lines: [String] = []
    private var updateID = 100
    private var time = 1_700_000_000_000_000_000
    /// In cents.
    private var bid = 6_000_000
    private var ask = 6_000_002

    /// Writes a file.
    static func write(to path: String, lines: Int, seed: UInt64) throws {
        var made = MadeRecording(state: seed)
        made.snapshot()
        while made.lines.count < lines { made.step() }
        try made.lines.joined(separator: "\n").write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
    }

    private init(state: UInt64) { self.state = state }

    private mutating func draw(_ count: Int) -> Int {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(self.state >> 33) % count
    }

    private static func price(_ cents: Int) -> String {
        "\(cents / 100)." + String(cents % 100 + 100).dropFirst()
    }

    /// Up to two and a half, in thousandths.
    private mutating func quantity() -> String {
        let thousandths = self.draw(2_500) + 1
        return "\(thousandths / 1_000)." + String(thousandths % 1_000 + 1_000).dropFirst()
    }

    private mutating func say(_ json: String) {
        self.time += (self.draw(300) + 1) * 1_000_000
        self.lines.append("\(self.time) \(json)")
    }

    private mutating func say(_ stream: String, _ data: String) {
        self.say(#"{"stream":"btcusdt@\#(stream)","data":\#(data)}"#)
    }

    private mutating func snapshot() {
        let bids = (0..<40).map { #"["\#(Self.price(self.bid - $0 * 2))","1.5"]"# }
        let asks = (0..<40).map { #"["\#(Self.price(self.ask + $0 * 2))","1.5"]"# }
        self.say(
            #"{"lastUpdateId":\#(self.updateID),"bids":[\#(bids.joined(separator: ","))],"#
                + #""asks":[\#(asks.joined(separator: ","))]}"#
        )
        self.ticker()
    }

    private mutating func ticker() {
        self.updateID += 1
        let (bid, ask) = (Self.price(self.bid), Self.price(self.ask))
        let (below, above) = (self.quantity(), self.quantity())
        self.say(
            "bookTicker",
            #"{"u":\#(self.updateID),"s":"BTCUSDT","b":"\#(bid)","B":"\#(below)","a":"\#(ask)","#
                + #""A":"\#(above)"}"#
        )
    }

    private mutating func step() {
        switch self.draw(5) {
        case 0:
            let isSold = self.draw(2) == 0
            let price = Self.price(isSold ? self.bid : self.ask)
            let quantity = self.quantity()
            self.say(
                "trade",
                #"{"e":"trade","s":"BTCUSDT","p":"\#(price)","q":"\#(quantity)","m":\#(isSold)}"#
            )
        case 1:
            let move = (self.draw(7) - 3) * 2
            self.bid += move
            self.ask += move
            self.ticker()
        case 2: self.ticker()
        default: self.depth()
        }
    }

    private mutating func depth() {
        let first = self.updateID + 1
        self.updateID += 1 + self.draw(3)
        let distance = self.draw(30) * 2
        let side = self.draw(2)
        let price = Self.price(side == 0 ? self.bid - distance : self.ask + distance)
        let quantity = self.draw(6) == 0 ? "0.000" : self.quantity()
        let level = #"["\#(price)","\#(quantity)"]"#
        self.say(
            "depth@100ms",
            #"{"e":"depthUpdate","s":"BTCUSDT","U":\#(first),"u":\#(self.updateID),"#
                + #""b":[\#(side == 0 ? level : "")],"a":[\#(side == 1 ? level : "")]}"#
        )
    }
}
