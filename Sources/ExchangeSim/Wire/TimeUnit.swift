import TradingCore

/// The unit in which a caller is told times (section 2.5).
enum TimeUnit: Hashable {
    case milliseconds, microseconds

    /// Reads a header or a parameter, in upper or lower case; nothing stands for milliseconds.
    init(name: String?) throws(APIError) {
        switch name {
        case nil, "MILLISECOND", "millisecond": self = .milliseconds
        case "MICROSECOND", "microsecond": self = .microseconds
        default: throw .invalidTimeUnit
        }
    }
}

extension JSONWriter {
    /// A time in the unit of this writer.
    mutating func time(_ time: WallTime) {
        switch self.timeUnit {
        case .milliseconds: self.integer(time.milliseconds)
        case .microseconds: self.integer(time.microseconds)
        }
    }

    mutating func field(_ name: String, _ value: WallTime) {
        self.key(name)
        self.time(value)
    }

    /// A time that may not have come yet, which the venue writes as −1.
    mutating func field(_ name: String, _ value: WallTime?) {
        self.key(name)
        if let value { self.time(value) } else { self.integer(-1) }
    }

    /// The first instant of a millisecond.
    mutating func start(ofMillisecond millisecond: Int64) {
        self.integer(self.timeUnit == .milliseconds ? millisecond : millisecond * 1000)
    }

    /// The last instant of a millisecond.
    mutating func end(ofMillisecond millisecond: Int64) {
        self.integer(self.timeUnit == .milliseconds ? millisecond : millisecond * 1000 + 999)
    }
}

extension WallTime {
    /// Whole microseconds since the epoch, rounded down.
    var microseconds: Int64 { self.nanoseconds.divided(by: 1000, rounding: .down) }
}

/// One message to many, written once for each unit of time that somebody asked for.
struct Rendering {
    private var milliseconds: [UInt8]?
    private var microseconds: [UInt8]?

    mutating func text(
        in unit: TimeUnit,
        _ write: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        if let known = unit == .milliseconds ? self.milliseconds : self.microseconds {
            return known
        }
        var writer = JSONWriter(timeUnit: unit)
        write(&writer)
        if unit == .milliseconds {
            self.milliseconds = writer.bytes
        } else {
            self.microseconds = writer.bytes
        }
        return writer.bytes
    }
}
