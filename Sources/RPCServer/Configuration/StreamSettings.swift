import TradingAPI

extension RawSettings {
    /// Reads what subscribers can take of the server, and how silent their streams may be.
    mutating func stream() -> Broadcaster.Settings {
        var settings = Broadcaster.Settings()
        settings.subscribersMax = self.count(
            "rpc.stream.subscribers",
            default: settings.subscribersMax,
            in: 1...65_536
        )
        settings.bufferedEventsMax = self.count(
            "rpc.stream.queue_events",
            default: settings.bufferedEventsMax,
            in: 1...16_777_216
        )
        settings.bufferedBytesMax = self.count(
            "rpc.stream.queue_bytes",
            default: settings.bufferedBytesMax,
            in: 4_096...4_294_967_296
        )
        let range = SubscriptionWish.heartbeatMillisecondsRange
        settings.heartbeatMilliseconds = self.milliseconds(
            "rpc.stream.heartbeat_ms",
            default: settings.heartbeatMilliseconds,
            in: Int(range.lowerBound)...Int(range.upperBound)
        )
        return settings
    }
}
