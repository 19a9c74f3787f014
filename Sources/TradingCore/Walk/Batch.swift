/// What one tick of the loop decided so far: not on disk yet, so nothing of it is visible.
///
/// The only way on is ``persisted(by:)``, which writes the events first.
package struct OpenBatch: ~Copyable {
    /// What the journal will hold.
    package private(set) var events: [Event] = []
    /// Orders that reached their final state: they leave memory, and the store keeps them.
    package private(set) var closedOrders: [Order] = []
    private var placements: [OrderIntent] = []
    private var effects: [Effect] = []
    private var immediateEffects: [ImmediateEffect] = []
    /// Whether something in the batch must not be seen before all earlier events are synced (J2).
    private var isBarrier = false

    /// Both clocks when the batch was opened: the one time of everything in it, so that folding
    /// the journal gives the same state again.
    package let instant: Instant

    package init(at instant: Instant) { self.instant = instant }

    /// Whether there is nothing to write and nothing to do.
    package var isEmpty: Bool {
        self.events.isEmpty && self.effects.isEmpty && self.placements.isEmpty
            && self.closedOrders.isEmpty && self.immediateEffects.isEmpty
    }

    /// Whether the write must reach the disk before the batch's effects go out.
    package var needsSync: Bool {
        self.isBarrier || self.events.contains { $0.durability == .syncFirst }
    }

    mutating func append(_ event: Event) { self.events.append(event) }

    mutating func append(closed order: Order) { self.closedOrders.append(order) }

    /// Sends an order that the risk gate let pass; there is no other way to send one.
    mutating func place(_ order: consuming ApprovedOrder) {
        self.placements.append(order.intent)
    }

    mutating func perform(_ effect: Effect, afterAllEarlierEvents isBarrier: Bool = false) {
        self.effects.append(effect)
        if isBarrier { self.isBarrier = true }
    }

    mutating func performAtOnce(_ effect: ImmediateEffect) {
        self.immediateEffects.append(effect)
        // Closing beats whatever opened the gate earlier in the batch: that would come after it.
        switch effect {
        case .request, .restrain, .renewStream, .alert: break
        case .closeGate(let venue): self.effects.removeAll { $0 == .openGate(venue) }
        case .engageKillSwitch: self.effects.removeAll { $0 == .liftKillSwitch }
        case .stopClosings: self.effects.removeAll { $0 == .letClosingsPass }
        }
    }

    /// Hands out what need not wait for the disk; each effect is handed out once.
    package mutating func takeImmediateEffects() -> [ImmediateEffect] {
        defer { self.immediateEffects = [] }
        return self.immediateEffects
    }

    /// Writes the batch and turns it into its durable form; a failed write leaves nothing (J1).
    ///
    /// - Parameter write: Returns only when the events are on disk, or merely handed to the
    ///   operating system where ``needsSync`` is false.
    /// - Returns: The batch's effects, within reach.
    /// - Throws: What `write` throws.
    package consuming func persisted<Failure: Error>(
        by write: (borrowing OpenBatch) throws(Failure) -> Void
    ) throws(Failure) -> DurableBatch {
        invariant(self.immediateEffects.isEmpty, "immediate effects are taken before the write")
        try write(self)
        return DurableBatch(placements: self.placements, effects: self.effects)
    }
}

/// A batch that is on disk: its effects may be seen.
package struct DurableBatch: ~Copyable {
    private let placements: [OrderIntent]
    private let effects: [Effect]

    fileprivate init(placements: [OrderIntent], effects: [Effect]) {
        self.placements = placements
        self.effects = effects
    }

    /// Lets everything out, placements first: they have waited longest.
    package consuming func release(
        place: (consuming DurablePlacement) -> Void,
        perform: (Effect) -> Void
    ) {
        for intent in self.placements { place(DurablePlacement(intent: intent)) }
        for effect in self.effects { perform(effect) }
    }
}

/// An order that passed the risk gate and is on disk; the only thing a venue accepts to place.
package struct DurablePlacement: ~Copyable {
    package let intent: OrderIntent

    /// Internal for the tests of venues; a tidy test counts its makers in production code.
    init(intent: OrderIntent) { self.intent = intent }
}
