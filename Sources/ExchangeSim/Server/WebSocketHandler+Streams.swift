import MarketReplay
import TradingCore

extension WebSocketHandler {
    /// Answers a control message of the market streams (section 8.1).
    func answerStreams(_ bytes: [UInt8]) {
        guard let request = JSONValue(parsing: bytes), case .object = request else {
            return self.refuse(3, "Invalid JSON", id: .null)
        }
        let id = request["id"] ?? .null
        let parameters = request["params"]?.elements ?? []
        switch request["method"]?.text {
        case "SUBSCRIBE":
            let names = parameters.compactMap(\.text)
            guard names.count == parameters.count,
                names.allSatisfy({ self.exchange.isStream($0) })
            else { return self.refuse(2, "Invalid request: invalid stream", id: id) }
            let added = Set(names).subtracting(self.streamNames).count
            guard self.streamNames.count + added <= Self.streamsMax else {
                return self.refuse(2, "Invalid request: too many streams", id: id)
            }
            self.reply(id) { $0.null() }
            for name in names { self.subscribe(to: name) }
        case "UNSUBSCRIBE":
            for name in parameters.compactMap(\.text) { self.unsubscribe(from: name) }
            self.reply(id) { $0.null() }
        case "LIST_SUBSCRIPTIONS":
            self.reply(id) { writer in
                writer.beginArray()
                for name in self.streamNames { writer.string(name) }
                writer.endArray()
            }
        case "SET_PROPERTY":
            guard parameters.first?.text == "combined" else {
                return self.refuse(0, "Invalid request: unknown property", id: id)
            }
            guard parameters.count == 2, case .bool(let isCombined) = parameters[1] else {
                return self.refuse(1, "Invalid request: wrong type", id: id)
            }
            self.isCombined = isCombined
            self.reply(id) { $0.null() }
        case "GET_PROPERTY":
            guard parameters.first?.text == "combined" else {
                return self.refuse(0, "Invalid request: unknown property", id: id)
            }
            self.reply(id) { $0.bool(self.isCombined) }
        default:
            self.refuse(2, "Invalid request: unknown method", id: id)
        }
    }

    private func reply(_ id: JSONValue, _ result: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        writer.key("result")
        result(&writer)
        writer.key("id")
        id.write(to: &writer)
        writer.endObject()
        self.send(writer.bytes)
    }

    private func refuse(_ code: Int64, _ message: String, id: JSONValue) {
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.field("code", code)
        writer.field("msg", message)
        writer.endObject()
        writer.key("id")
        id.write(to: &writer)
        writer.endObject()
        self.send(writer.bytes)
    }
}

extension Exchange {
    static let streamKinds: Set<String> = {
        var kinds: Set<String> = [
            "trade", "aggTrade", "bookTicker", "miniTicker", "ticker", "ticker_1h", "ticker_4h",
            "ticker_1d", "avgPrice", "blockTrade", "referencePrice",
        ]
        for depth in ["depth", "depth5", "depth10", "depth20"] {
            for cadence in ["", "@100ms", "@1000ms"] { kinds.insert(depth + cadence) }
        }
        for interval in CandleInterval.allCases {
            for zone in ["", "@+08:00"] { kinds.insert("kline_\(interval.rawValue)\(zone)") }
        }
        return kinds
    }()

    /// Whether a name is that of a market stream which exists here.
    func isStream(_ name: String) -> Bool {
        if name == "!miniTicker@arr" || self.listenKeys.customer(of: name) != nil { return true }
        if TickerWindow.allCases.contains(where: { name == "!ticker_\($0.rawValue)@arr" }) {
            return true
        }
        guard let at = name.firstIndex(of: "@") else { return false }
        let symbol = name[..<at]
        return Self.streamKinds.contains(String(name[name.index(after: at)...]))
            && self.listings.contains { $0.name.lowercased() == symbol }
    }
}
