import TradingCore

extension BinanceBody {
    /// One row of `rateLimits`: a limit, and what is counted against it where the row says so.
    struct RateLimitRow: Hashable, Sendable {
        var limit: RateLimit
        var count: RateCount?
    }

    /// The rows of `exchangeInfo` and of `rateLimit/order`; rows of a kind that is new are left
    /// out, for nobody knows what they count.
    static func rateLimits(_ rows: [JSONValue]) throws(BodyError) -> [RateLimitRow] {
        var limits: [RateLimitRow] = []
        for row in rows {
            guard let kind = self.kind(try row.string("rateLimitType")) else { continue }
            let unit = try self.milliseconds(in: try row.string("interval"))
            let number = try row.integer("intervalNum")
            guard (1...1_000).contains(number) else {
                throw .unreadable("intervalNum is out of range")
            }
            let limit = RateLimit(
                kind,
                intervalMilliseconds: unit * number,
                countMax: Int(try row.integer("limit"))
            )
            let count = try row.optionalInteger("count").map { count in
                RateCount(
                    kind,
                    intervalMilliseconds: limit.intervalMilliseconds,
                    count: Int(count)
                )
            }
            limits.append(RateLimitRow(limit: limit, count: count))
        }
        return limits
    }

    private static func kind(_ text: String) -> RateLimit.Kind? {
        switch text {
        case "REQUEST_WEIGHT": .weight
        case "RAW_REQUESTS": .requests
        case "ORDERS": .orders
        default: nil
        }
    }

    private static func milliseconds(in interval: String) throws(BodyError) -> Int64 {
        switch interval {
        case "SECOND": 1_000
        case "MINUTE": 60_000
        case "HOUR": 3_600_000
        case "DAY": 86_400_000
        default: throw .unknownWord(field: "interval", interval)
        }
    }
}

extension RateLimit {
    /// The header that tells the count, such as `X-MBX-USED-WEIGHT-1M`; nil where none does.
    var headerName: String? {
        let prefix =
            switch self.kind {
            case .weight: "X-MBX-USED-WEIGHT-"
            case .orders: "X-MBX-ORDER-COUNT-"
            case .requests: ""
            }
        guard !prefix.isEmpty else { return nil }
        let units: [(Int64, String)] = [
            (86_400_000, "D"), (3_600_000, "H"), (60_000, "M"), (1_000, "S"),
        ]
        guard let (unit, letter) = units.first(where: { self.intervalMilliseconds % $0.0 == 0 })
        else { return nil }
        return prefix + String(self.intervalMilliseconds / unit) + letter
    }
}
