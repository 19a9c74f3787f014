/// Notices that somebody set the wall clock: it and the monotonic clock drift apart (M3).
struct ClockWatch: Hashable, Sendable {
    /// The wall clock less the monotonic one, when both were last believed.
    private var difference: Int64?

    /// More than clocks that are disciplined by slewing ever show between two looks.
    private static let stepMillisecondsMax: Int64 = 1_000

    /// Looks at both clocks.
    ///
    /// - Returns: By how many milliseconds the wall clock was set since the last look, where that
    ///   is more than a second.
    mutating func look(at now: Instant) -> Int64? {
        let difference = now.wall.nanoseconds - Int64(now.monotonic.nanoseconds)
        defer { self.difference = difference }
        guard let known = self.difference else { return nil }
        let step = (difference - known).divided(by: 1_000_000, rounding: .down)
        return step.magnitude > Self.stepMillisecondsMax.magnitude ? step : nil
    }
}
