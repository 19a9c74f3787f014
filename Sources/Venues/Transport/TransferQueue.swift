import TradingCore

/// What waits for a connection to the venue: cancels first, then placements, then questions about
/// orders of ours, then all other reads.
///
/// The kill switch must never queue behind work: cancels may use every slot, placements leave one
/// free for them, and reads leave half of the slots to both.
struct TransferQueue {
    /// The bounds of the queue and of what is on its way.
    struct Bounds: Hashable, Sendable {
        /// How many requests may be on their way at a time; at least 2.
        var slots: Int
        /// How many of each kind may wait.
        ///
        /// An account may have a few hundred open orders: a full queue means a caller run wild.
        var waitingMax = 4_096

        var placementsMax: Int { self.slots - 1 }
        var readsMax: Int { max(1, self.slots / 2) }
    }

    /// The next thing to send.
    enum Item: Hashable, Sendable {
        case cancel(ReadProgress)
        case placement(OrderIntent)
        case read(ReadProgress)
    }

    /// What is on its way now.
    struct Active: Hashable, Sendable {
        var cancels = 0
        var placements = 0
        var reads = 0

        var count: Int { self.cancels + self.placements + self.reads }
    }

    private let bounds: Bounds
    private var cancels = BoundedQueue<ReadProgress>()
    private var placements = BoundedQueue<OrderIntent>()
    private var inquiries = BoundedQueue<ReadProgress>()
    private var reads = BoundedQueue<ReadProgress>()

    init(_ bounds: Bounds) {
        invariant(bounds.slots >= 2, "a cancel needs a slot that placements cannot take")
        self.bounds = bounds
    }

    var isEmpty: Bool {
        self.cancels.isEmpty && self.placements.isEmpty && self.inquiries.isEmpty
            && self.reads.isEmpty
    }

    var hasCancels: Bool { !self.cancels.isEmpty }

    /// Queues a placement, or says no where the queue is full.
    mutating func add(_ intent: OrderIntent) -> Bool {
        self.placements.append(intent, countMax: self.bounds.waitingMax)
    }

    /// Queues a read or a cancel, or says no where the queue is full.
    mutating func add(_ request: VenueRequest) -> Bool {
        let progress = ReadProgress(request)
        switch request.urgency {
        case .cancel:
            return self.cancels.append(progress, countMax: self.bounds.waitingMax)
        case .inquiry:
            return self.inquiries.append(progress, countMax: self.bounds.waitingMax)
        case .read, .placement:
            return self.reads.append(progress, countMax: self.bounds.waitingMax)
        }
    }

    /// Takes back a read whose next page must wait; it is the first of its kind again.
    mutating func putBack(_ progress: ReadProgress) {
        switch progress.request.urgency {
        case .cancel: self.cancels.prepend(progress)
        case .inquiry: self.inquiries.prepend(progress)
        case .read, .placement: self.reads.prepend(progress)
        }
    }

    /// Takes the most urgent item for which a slot is free.
    ///
    /// - Parameters:
    ///   - active: What is on its way.
    ///   - mayLeave: Whether the venue's budget has room for a weight; not asked for placements,
    ///     which do not wait for it.
    /// - Returns: Nil where nothing waits that may leave.
    mutating func next(
        beside active: Active,
        mayLeave: (Governor.Urgency, _ weight: Int) -> Bool = { _, _ in true }
    ) -> Item? {
        guard active.count < self.bounds.slots else { return nil }
        if let cancel = self.cancels.popFirst(where: mayLeave) { return .cancel(cancel) }
        if active.placements < self.bounds.placementsMax,
            let intent = self.placements.popFirst()
        {
            return .placement(intent)
        }
        guard active.reads < self.bounds.readsMax else { return nil }
        let read =
            self.inquiries.popFirst(where: mayLeave) ?? self.reads.popFirst(where: mayLeave)
        return read.map(Item.read)
    }

    /// Takes the oldest placements whose window is over: they must not wait for a slot to say so.
    mutating func removeExpiredPlacements(at venueTime: WallTime) -> [OrderIntent] {
        var expired: [OrderIntent] = []
        while let first = self.placements.first, first.isWindowOver(at: venueTime) {
            expired.append(first)
            _ = self.placements.popFirst()
        }
        return expired
    }

    /// Empties the queue of all but cancels, which still go out while the gateway stops.
    mutating func removeAllButCancels() -> (placements: [OrderIntent], reads: [VenueRequest]) {
        var dropped: (placements: [OrderIntent], reads: [VenueRequest]) = ([], [])
        while let intent = self.placements.popFirst() { dropped.placements.append(intent) }
        while let read = self.inquiries.popFirst() { dropped.reads.append(read.request) }
        while let read = self.reads.popFirst() { dropped.reads.append(read.request) }
        return dropped
    }
}

extension OrderIntent {
    /// Whether the venue would not take the request any more; it counts whole milliseconds (S1).
    func isWindowOver(at venueTime: WallTime) -> Bool {
        venueTime.milliseconds
            >= self.timestamp.milliseconds + self.receiveWindowMilliseconds
    }
}

/// A first-in-first-out queue whose front is taken in constant time.
private struct BoundedQueue<Element> {
    private var elements: [Element] = []
    private var start = 0

    var count: Int { self.elements.count - self.start }
    var isEmpty: Bool { self.count == 0 }
    var first: Element? { self.isEmpty ? nil : self.elements[self.start] }

    mutating func append(_ element: Element, countMax: Int) -> Bool {
        guard self.count < countMax else { return false }
        self.elements.append(element)
        return true
    }

    mutating func prepend(_ element: Element) {
        if self.start > 0 {
            self.start -= 1
            self.elements[self.start] = element
        } else {
            self.elements.insert(element, at: 0)
        }
    }

    mutating func popFirst() -> Element? {
        guard let element = self.first else { return nil }
        self.start += 1
        if self.start == self.elements.count {
            self.elements.removeAll(keepingCapacity: true)
            self.start = 0
        } else if self.start >= 1_024 {
            self.elements.removeFirst(self.start)
            self.start = 0
        }
        return element
    }
}

extension BoundedQueue where Element == ReadProgress {
    /// The first, where its weight may leave: what is behind it waits with it, in its order.
    mutating func popFirst(where mayLeave: (Governor.Urgency, Int) -> Bool) -> ReadProgress? {
        guard let request = self.first?.request,
            mayLeave(request.urgency, request.weight)
        else { return nil }
        return self.popFirst()
    }
}
