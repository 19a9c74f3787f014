/// What a start still has to read of a venue's orders since the journal's last placement: orders of
/// ours that the journal lacks show a restored backup or a second copy, also where all of them have
/// ended and no list of open orders holds one (J5, S5).
struct HistoryReading: Hashable, Sendable {
    /// From when on, by the venue's clock.
    let since: WallTime
    private(set) var unread: Set<Symbol>
    /// Those of `unread` that were asked for and not answered.
    private var asked: Set<Symbol> = []
    private let symbols: [Symbol]
    /// When everything is read once more, while orders go out: the first reading may have lagged
    /// behind (E5).
    private(set) var repeatAt: MonotonicTime?
    private var isRepeat = false

    /// Nothing to read: a store that was made just now misses no order.
    init() { self.init(of: [], since: WallTime(nanoseconds: 0)) }

    init(of symbols: [Symbol], since: WallTime) {
        self.since = since
        self.unread = Set(symbols)
        self.symbols = symbols
    }

    /// Whether orders need not wait for it any more.
    var isComplete: Bool { self.unread.isEmpty || self.isRepeat }

    /// Begins the second reading when it is time, or goes on with it.
    mutating func repeatWhenDue(at now: MonotonicTime) {
        guard let repeatAt = self.repeatAt, repeatAt <= now else { return }
        self.repeatAt = nil
        if !self.isRepeat { self.unread = Set(self.symbols) }
        self.isRepeat = true
    }

    /// What is to be asked now; a question on its way is not repeated, for each symbol's list may
    /// have many pages.
    mutating func takeQuestions() -> [VenueRequest] {
        let symbols = self.unread.subtracting(self.asked).sorted()
        self.asked.formUnion(symbols)
        return symbols.map { .allOrders($0, since: self.since) }
    }

    /// Crosses a symbol off where its orders were listed from early enough.
    ///
    /// - Parameters:
    ///   - symbol: The symbol that was asked for.
    ///   - since: From when on.
    ///   - isAnswered: Whether a list came back.
    ///   - later: When the second reading may begin, or goes on after a failure.
    mutating func note(
        _ symbol: Symbol,
        since: WallTime,
        isAnswered: Bool,
        later: MonotonicTime
    ) {
        guard self.unread.contains(symbol), since == self.since || isAnswered && since < self.since
        else { return }
        self.asked.remove(symbol)
        if isAnswered { self.unread.remove(symbol) }
        let isWaiting = self.isRepeat ? !isAnswered : self.unread.isEmpty
        if isWaiting { self.repeatAt = later }
    }
}

extension Gateway {
    /// Puts on the list what a start must read before the venue's gate opens.
    mutating func prepareHistory(of venue: VenueID) {
        let history = HistoryReading(of: self.symbols(of: venue), since: self.historyStart(venue))
        self.withSession(venue) { $0.history = history }
    }

    /// The journal is a beginning of what happened, so that whatever it lacks came later.
    ///
    /// Where it knows no placement, the wall clock says when the store was made, a day to be sure.
    private func historyStart(_ venue: VenueID) -> WallTime {
        let margin = self.settings.timing.historyMarginMilliseconds
        let start =
            self.state.lastPlacements[venue]?.adding(milliseconds: -margin)
            ?? self.state.createdAt.adding(milliseconds: -86_400_000)
        return max(start, WallTime(nanoseconds: 0))
    }

    mutating func askForHistory(of venue: VenueID, into batch: inout OpenBatch) {
        for request in self.withSession(venue, { $0.history.takeQuestions() }) {
            batch.performAtOnce(.request(venue, request))
        }
    }

    mutating func historyAnswered(
        _ symbol: Symbol,
        since: WallTime,
        _ answer: VenueAnswer,
        from venue: VenueID,
        into batch: inout OpenBatch
    ) {
        let isAnswered = if case .orders = answer { true } else { false }
        let lag = self.settings.timing.balanceLagMilliseconds
        let later = batch.instant.monotonic.adding(milliseconds: lag)
        self.withSession(venue) { session in
            session.history.note(symbol, since: since, isAnswered: isAnswered, later: later)
        }
        self.advanceReconciliation(venue, into: &batch) { _ in }
    }
}
