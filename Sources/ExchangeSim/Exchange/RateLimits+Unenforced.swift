extension RateLimits {
    /// What `exchangeInfo` says where nothing is enforced: limits that nobody comes near, for a
    /// client that keeps to what is listed would keep to Binance's.
    static func writeUnenforced(to writer: inout JSONWriter) {
        let windows: [(type: String, interval: String, number: Int64)] = [
            ("REQUEST_WEIGHT", "MINUTE", 1), ("ORDERS", "SECOND", 10), ("ORDERS", "DAY", 1),
            ("RAW_REQUESTS", "MINUTE", 5),
        ]
        writer.beginArray()
        for window in windows {
            writer.beginObject()
            writer.field("rateLimitType", window.type)
            writer.field("interval", window.interval)
            writer.field("intervalNum", window.number)
            writer.field("limit", Int64(1_000_000_000))
            writer.endObject()
        }
        writer.endArray()
    }
}
