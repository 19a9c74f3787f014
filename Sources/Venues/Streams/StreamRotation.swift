import TradingCore

/// What the shell of the user stream is to do; connections are named by numbers.
enum RotationAction: Hashable, Sendable {
    case open(Int)
    case close(Int)
    case deliver(VenueInput)
}

/// Keeps a user stream open although the venue ends every connection after a day.
///
/// Before that, or when the venue announces that it is about to, a second connection is made and
/// subscribed, and only then is the first one let go: no event falls between them, and those that
/// come on both are counted once (E4). Pure: time comes in as a value.
struct StreamRotation: Hashable, Sendable {
    private struct Retiring: Hashable, Sendable {
        var connection: Int
        var until: MonotonicTime
    }

    private let timing: StreamTiming
    private var active: Int?
    private var isOpen = false
    private var successor: Int?
    private var retiring: Retiring?
    private var rotateAt: MonotonicTime?
    private var lastConnection = 0

    init(timing: StreamTiming) { self.timing = timing }

    /// When ``tick(at:)`` has something to do.
    var wakeAt: MonotonicTime? {
        let rotateAt = self.successor == nil ? self.rotateAt : nil
        return [rotateAt, self.retiring?.until].compactMap(\.self).min()
    }

    mutating func start() -> [RotationAction] {
        guard self.active == nil else { return [] }
        return [.open(self.makeActive())]
    }

    /// Takes what a connection brought.
    mutating func receive(
        _ input: VenueInput,
        from connection: Int,
        at now: MonotonicTime
    ) -> [RotationAction] {
        switch input {
        case .streamOpened: self.opened(connection, input, at: now)
        case .streamLost: self.lost(connection, input)
        default: [.deliver(input)]
        }
    }

    /// The venue announced the end of a connection that still works.
    mutating func ending(_ connection: Int) -> [RotationAction] {
        guard connection == self.active, self.isOpen, self.successor == nil else { return [] }
        return [.open(self.makeSuccessor())]
    }

    /// The stream brings nothing although it should: a new one takes its place.
    mutating func renew(_ reason: String) -> [RotationAction] {
        guard self.active != nil else { return [] }
        var actions = self.connections.map { RotationAction.close($0) }
        self.successor = nil
        self.retiring = nil
        actions.append(.deliver(.streamLost(reason)))
        actions.append(.open(self.makeActive()))
        return actions
    }

    mutating func tick(at now: MonotonicTime) -> [RotationAction] {
        var actions: [RotationAction] = []
        if let retiring = self.retiring, retiring.until <= now {
            self.retiring = nil
            actions.append(.close(retiring.connection))
        }
        if let rotateAt = self.rotateAt, rotateAt <= now, self.successor == nil {
            actions.append(.open(self.makeSuccessor()))
        }
        return actions
    }

    private mutating func opened(
        _ connection: Int,
        _ input: VenueInput,
        at now: MonotonicTime
    ) -> [RotationAction] {
        switch connection {
        case self.active:
            self.isOpen = true
            self.rotateAt = now.adding(milliseconds: self.timing.rotateAfterMilliseconds)
            return [.deliver(input)]
        case self.successor:
            var actions: [RotationAction] = []
            if let retiring = self.retiring { actions.append(.close(retiring.connection)) }
            self.retiring = self.active.map { active in
                let until = now.adding(milliseconds: self.timing.overlapMilliseconds)
                return Retiring(connection: active, until: until)
            }
            self.active = connection
            self.successor = nil
            self.rotateAt = now.adding(milliseconds: self.timing.rotateAfterMilliseconds)
            return actions
        default:
            return []
        }
    }

    private mutating func lost(_ connection: Int, _ input: VenueInput) -> [RotationAction] {
        switch connection {
        case self.active:
            self.isOpen = false
            self.rotateAt = nil
            guard let successor = self.successor else { return [.deliver(input)] }
            // The next one is on its way already; what it opens with is the end of this gap.
            self.active = successor
            self.successor = nil
            return [.close(connection), .deliver(input)]
        case self.retiring?.connection:
            self.retiring = nil
            return [.close(connection)]
        default:
            // A successor goes on trying by itself.
            return []
        }
    }

    private var connections: [Int] {
        [self.active, self.successor, self.retiring?.connection].compactMap(\.self)
    }

    private mutating func makeActive() -> Int {
        self.lastConnection += 1
        self.active = self.lastConnection
        self.isOpen = false
        self.rotateAt = nil
        return self.lastConnection
    }

    private mutating func makeSuccessor() -> Int {
        self.lastConnection += 1
        self.successor = self.lastConnection
        return self.lastConnection
    }
}
