import TradingCore

/// Decides whether a request may leave now: by the weights and the number of requests that the
/// venue takes from an address, and by what it asked us not to send.
///
/// Pure: times come in as values. New orders are counted by the gateway itself, which must refuse
/// those that the venue would not take (`OrderBudget`).
struct Governor: Hashable, Sendable {
    /// Who is served when not everybody can be.
    enum Urgency: Hashable, Sendable, CaseIterable {
        /// Ends what is dangerous: may use everything that is left.
        case cancel
        /// Finds out about an order that may be at work: may use everything that is left.
        case inquiry
        /// Leaves the reserve to cancels and inquiries.
        case placement
        /// Leaves the reserve, and a share for placements.
        case read
    }

    /// What was sent and has not been answered.
    struct Charge: Hashable, Sendable {
        fileprivate var charges: [RateWindow.Charge]
    }

    private var windows: [RateWindow]
    private var patience: VenuePatience

    /// What Binance publishes; its own answer to `exchangeInfo` replaces it.
    static let publishedLimits = [
        RateLimit(.weight, intervalMilliseconds: 60_000, countMax: 6_000),
        RateLimit(.requests, intervalMilliseconds: 300_000, countMax: 61_000),
    ]

    /// - Parameter patience: What a process before this one was asked not to send.
    init(patience: VenuePatience = VenuePatience()) {
        self.windows = Self.publishedLimits.map(RateWindow.init)
        self.patience = patience
    }

    /// When a request may leave; nil for now.
    ///
    /// - Parameters:
    ///   - urgency: Whose request it is.
    ///   - weight: What it counts at most.
    ///   - now: Both of our clocks.
    ///   - times: Between which times it is at the venue.
    /// - Returns: When to ask again: there may still be no room then.
    mutating func heldUntil(
        _ urgency: Urgency,
        weight: Int,
        at now: Instant,
        venue times: ClosedRange<WallTime>
    ) -> MonotonicTime? {
        if let time = self.patience.heldUntil(urgency.kind, at: now.monotonic) { return time }
        var until: MonotonicTime?
        for index in self.windows.indices {
            self.windows[index].roll(to: times)
            let window = self.windows[index]
            let amount = window.limit.kind == .weight ? weight : 1
            guard !window.hasRoom(for: amount, reserve: urgency.reserve(of: window.limit)) else {
                continue
            }
            let wait = max(1, window.end.milliseconds - times.lowerBound.milliseconds)
            until = max(until ?? now.monotonic, now.monotonic.adding(milliseconds: wait))
        }
        return until
    }

    /// Counts a request that is being sent, after ``heldUntil(_:weight:at:venue:)`` let it.
    mutating func send(weight: Int) -> Charge {
        Charge(
            charges: self.windows.indices.map { index in
                let amount = self.windows[index].limit.kind == .weight ? weight : 1
                return self.windows[index].charge(amount)
            }
        )
    }

    /// A request was answered, or given up.
    mutating func complete(
        _ charge: Charge,
        _ answer: HTTPAnswer?,
        at now: Instant,
        venue times: ClosedRange<WallTime>
    ) {
        for (index, charge) in charge.charges.enumerated() {
            let limit = self.windows[index].limit
            let count = answer?.counts.first { $0.isOf(limit) }?.count
            self.windows[index].complete(charge, at: times, count: count)
        }
        if let answer { self.patience.note(answer, at: now.monotonic) }
    }

    /// What answers are asked to tell the counts of.
    var limits: [RateLimit] { self.windows.map(\.limit) }

    /// Takes in what `exchangeInfo` says; limits of a kind that is not counted here are left out.
    mutating func learn(_ limits: [RateLimit]) {
        for limit in limits where limit.kind != .orders {
            let index = self.windows.firstIndex { window in
                window.limit.kind == limit.kind
                    && window.limit.intervalMilliseconds == limit.intervalMilliseconds
            }
            // Charges on their way name windows by their place: what is new goes to the end.
            if let index {
                self.windows[index].setCountMax(limit.countMax)
            } else if self.windows.count < Self.windowsMax {
                self.windows.append(RateWindow(limit))
            }
        }
    }

    /// Binance has two; a server gone wrong must not fill our memory.
    private static let windowsMax = 8

    /// Until when the venue asked for patience with a kind of request; nil where it did not.
    func restraint(of urgency: Urgency, at now: MonotonicTime) -> MonotonicTime? {
        self.patience.heldUntil(urgency.kind, at: now)
    }
}

extension Governor.Urgency {
    fileprivate var kind: VenuePatience.Kind {
        switch self {
        case .cancel: .cancel
        case .placement: .placement
        case .inquiry, .read: .read
        }
    }

    /// How much of a limit is left untouched: a fifth for cancels and inquiries, a tenth more for
    /// placements.
    ///
    /// Of 6,000 a minute that is 1,200: the cancels of every order that an account may have open
    /// and the questions about a few hundred of unknown outcome.
    fileprivate func reserve(of limit: RateLimit) -> Int {
        switch self {
        case .cancel, .inquiry: 0
        case .placement: limit.countMax / 5
        case .read: limit.countMax / 5 + limit.countMax / 10
        }
    }
}
