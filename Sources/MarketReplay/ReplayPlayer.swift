package import TradingCore

/// Walks through a recording at its own speed, or as it is told.
package struct ReplayPlayer {
    /// What is played.
    package let source: ReplaySource
    /// How fast.
    package let speed: ReplaySpeed
    /// How many lines were played.
    package private(set) var line = 0
    /// The receive time of the last line played, or of the first line before that.
    package private(set) var time: WallTime
    private let firstTime: WallTime
    private var nextStep = 0

    /// Stands before the first line.
    package init(_ source: ReplaySource, speed: ReplaySpeed) throws(RecordingError) {
        self.source = source
        self.speed = speed
        self.firstTime = try source.step(at: 0).time
        self.time = self.firstTime
    }

    /// Whether nothing is left.
    package var isAtEnd: Bool { self.nextStep == self.source.stepCount }

    /// Takes the next step.
    ///
    /// - Returns: What it is; nil at the end.
    package mutating func next() throws(RecordingError) -> ReplayStep? {
        guard !self.isAtEnd else { return nil }
        let step = try self.source.step(at: self.nextStep)
        self.nextStep += 1
        if step.endsLine { self.line += 1 }
        self.time = step.time
        return step
    }

    /// Takes the next step where it is due.
    ///
    /// - Parameter elapsed: How long it has been played, in nanoseconds of the player's time.
    /// - Returns: What it is; nil where it is not due, at the end, and where it cannot be read.
    package mutating func next(after elapsed: Int64) -> ReplayStep? {
        var played = elapsed
        if case .fast(let factor) = self.speed {
            let (product, isTooLarge) = elapsed.multipliedReportingOverflow(by: factor)
            played = isTooLarge ? .max : product
        }
        guard !self.isAtEnd, let step = try? self.source.step(at: self.nextStep),
            step.time.nanoseconds - self.firstTime.nanoseconds <= played
        else { return nil }
        return (try? self.next()).flatMap(\.self)
    }
}
