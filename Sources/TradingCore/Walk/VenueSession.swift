/// What the gateway knows of one exchange while it is connected; none of it survives a restart.
///
/// A class because it is large, looked at by every decision and owned by one gateway, which is not
/// copied either: a decision must not copy all of it to read a price.
final class VenueSession {
    /// Where the session is between losing the stream and taking orders again.
    enum Phase: Hashable, Sendable {
        case offline(reason: String)
        case reconciling(Reconciliation)
        case ready
    }

    var phase: Phase = .offline(reason: "the user stream is not connected yet")
    /// The venue's symbols, and what its account has in them.
    let book: AccountBook
    var care: VenueCare
    var balances = BalanceWatch()
    var tradeWatch = TradeWatch()
    var history = HistoryReading()
    /// What the venue last said is free, by asset.
    var freeBalances: [Asset: Amount] = [:]
    /// Why the venue must not be traded on whatever its connection; an operator must act (S5).
    var stopReason: String?

    /// Why nothing may be traded anywhere until the journal is found to be sound.
    var journalReason: String?

    init(_ limits: RiskLimits, _ book: AccountBook) {
        self.care = VenueCare(limits)
        self.book = book
    }

    var isReady: Bool { self.isReady(self.care.clockDoubt) }

    private func isReady(_ doubt: VenueCare.ClockDoubt?) -> Bool {
        guard case .ready = self.phase else { return false }
        return self.stopReason == nil && self.journalReason == nil && doubt == nil
    }

    /// Why orders are not taken; empty when they are.
    var notReadyReasons: [String] { self.notReadyReasons(self.care.clockDoubt) }

    /// The same for who has looked up already whether the clock is in doubt.
    func notReadyReasons(_ doubt: VenueCare.ClockDoubt?) -> [String] {
        if self.isReady(doubt) { return [] }
        var reasons: [String] = []
        if let journal = self.journalReason { reasons.append(journal) }
        if let stop = self.stopReason { reasons.append(stop) }
        switch self.phase {
        case .ready: break
        case .offline(let reason): reasons.append(reason)
        case .reconciling: reasons.append("reconciling with the venue")
        }
        if let doubt {
            reasons.append(
                "the wall clock was set by \(doubt.stepMilliseconds) ms; waiting for the venue's "
                    + "time (M3)"
            )
        }
        return reasons
    }

    /// The venue's time at one of our own.
    func venueTime(at instant: Instant) -> WallTime { self.care.clock.venueTime(at: instant) }
}

/// What must be learned before orders may go out again after a start or a lost stream.
///
/// A pure list of open questions: empty means done.
struct Reconciliation: Hashable, Sendable {
    var awaitsRules = true
    var awaitsClock = true
    var awaitsAccount = true
    var awaitsOpenOrders = true
    var awaitsOrderCounts = true
    /// Orders of ours that the list of open orders did not hold; each is asked for by itself.
    var awaitedOrders: Set<OrderID> = []
    /// Readings before this one were begun before the connection was made.
    var firstRead: ReadID
    /// Asks everything that is still open again from then on.
    var retryAt: MonotonicTime

    var isComplete: Bool {
        !self.awaitsRules && !self.awaitsClock && !self.awaitsAccount && !self.awaitsOpenOrders
            && !self.awaitsOrderCounts && self.awaitedOrders.isEmpty
    }
}

/// Tells lasting differences between the account and the ledger from passing ones (E5).
///
/// REST is neither atomic nor current: a difference counts only when two readings further apart
/// than the lag bound show it and no event for the asset came between them.
struct BalanceWatch: Hashable, Sendable {
    private struct Difference: Hashable, Sendable {
        var amount: Amount
        var since: MonotonicTime
    }

    private var differences: [Asset: Difference] = [:]
    /// When the account is read next.
    var readAt = MonotonicTime(nanoseconds: 0)

    /// Whether a difference waits for its second reading.
    var isPending: Bool { !self.differences.isEmpty }

    /// Forgets what was seen of an asset: something moved it.
    mutating func noteEvent(for asset: Asset) { self.differences[asset] = nil }

    /// Takes in a reading.
    ///
    /// - Returns: The movements that are now believed, sorted by asset.
    mutating func read(
        differences found: [(Asset, Amount)],
        at now: MonotonicTime,
        lagMilliseconds: Int64
    ) -> [(Asset, Amount)] {
        var next: [Asset: Difference] = [:]
        var believed: [(Asset, Amount)] = []
        for (asset, amount) in found where !amount.isZero {
            if let earlier = self.differences[asset], earlier.amount == amount {
                if now < earlier.since.adding(milliseconds: lagMilliseconds) {
                    next[asset] = earlier
                } else {
                    believed.append((asset, amount))
                }
            } else {
                next[asset] = Difference(amount: amount, since: now)
            }
        }
        self.differences = next
        return believed.sorted { $0.0 < $1.0 }
    }
}

/// What the gateway still has to find out about, or do for, one order.
struct Chase: Hashable, Sendable {
    /// The placement was handed to the venue and has not been answered.
    var awaitsPlacement = false
    /// When the order is asked for; nil while it need not be.
    var askAt: MonotonicTime?
    var isAsking = false
    /// Answers "no such order" to questions asked after the venue's window was over (E2).
    var absences = 0
    /// When the question on its way left after the window was over.
    var isAskingPastWindow = false
    /// The venue's orders that a proof of absence explained; its trades are explained next (E2).
    var listed: Set<VenueOrderID>?
    /// How often trades stopped a proof that no listed order explained.
    var strangeTrades = 0
    /// When the order's trades are fetched; nil while none is missing.
    var fetchFillsAt: MonotonicTime?
    /// When the pending cancel is sent again; nil while it is on its way.
    var cancelAt: MonotonicTime?
    /// When the pending reduction is sent again; nil while it is on its way.
    var amendAt: MonotonicTime?
    var amendCount = 0
    /// Until when a cancelled order is replaced by the one that its amendment asked for.
    var replaceUntil: MonotonicTime?
    /// When a person is told that the outcome is still unknown; nil while it is known or told.
    var alertAt: MonotonicTime?
}

/// A call that waits for an order's fate.
struct Waiter: Hashable, Sendable {
    enum Purpose: Hashable, Sendable {
        case placement(isRepeat: Bool)
        case cancel
        case amend
        /// For the order by which the exits of an entry close a position.
        case close(OrderID, isRepeat: Bool)

        /// Whether the call repeats an earlier one under its key.
        var isRepeat: Bool {
            switch self {
            case .placement(let isRepeat), .close(_, let isRepeat): isRepeat
            case .cancel, .amend: false
            }
        }
    }

    var token: RequestToken
    var purpose: Purpose
    var deadline: MonotonicTime
}

/// An order as its venue counts it; the number is unique within its symbol only.
struct NumberedOrder: Hashable, Sendable {
    var venue: VenueID
    var symbol: Symbol
    var number: VenueOrderID

    init(_ report: OrderReport, on venue: VenueID) {
        self.venue = venue
        self.symbol = report.symbol
        self.number = report.venueOrderID
    }

    /// Nil where the venue never told the order's number.
    init?(_ order: Order) {
        guard let number = order.venueOrderID else { return nil }
        self.venue = order.intent.venue
        self.symbol = order.terms.symbol
        self.number = number
    }

    func isNumbered(_ number: VenueOrderID, of symbol: Symbol, on venue: VenueID) -> Bool {
        self.number == number && self.symbol == symbol && self.venue == venue
    }
}

/// Orders that left memory a moment ago: late messages about them need no look at the disk.
struct RecentOrders: Sendable {
    private var orders: [OrderID: Order] = [:]
    /// Oldest first; those before `first` are forgotten.
    private var ids: [OrderID] = []
    private var first = 0
    private static let countMax = 256

    subscript(orderID: OrderID) -> Order? { self.orders[orderID] }

    /// The remembered orders, newest first.
    var newestFirst: [Order] {
        self.orders.values.sorted { $0.orderID > $1.orderID }
    }

    /// Keeps an order until ``evict(keeping:)``.
    mutating func remember(_ order: Order) {
        if self.orders.updateValue(order, forKey: order.orderID) == nil {
            self.ids.append(order.orderID)
        }
    }

    /// Forgets the oldest orders beyond the bound, between two inputs: what an input needs from
    /// the disk was told before it was decided, so nothing may leave meanwhile (J6).
    ///
    /// - Parameter count: How many of the newest stay in any case: those that are not on disk.
    /// - Returns: The forgotten orders.
    mutating func evict(keeping count: Int) -> [Order] {
        var evicted: [Order] = []
        while self.orders.count > max(RecentOrders.countMax, count) {
            if let order = self.orders.removeValue(forKey: self.ids[self.first]) {
                evicted.append(order)
            }
            self.first += 1
        }
        if self.first > RecentOrders.countMax {
            self.ids.removeFirst(self.first)
            self.first = 0
        }
        return evicted
    }

    /// Drops an order that came back to life.
    mutating func forget(_ orderID: OrderID) {
        guard self.orders.removeValue(forKey: orderID) != nil,
            let index = self.ids[self.first...].firstIndex(of: orderID)
        else { return }
        self.ids.remove(at: index)
    }
}
