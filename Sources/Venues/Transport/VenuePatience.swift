import TradingCore

/// Remembers what the venue asked us not to send, and until when.
///
/// A venue that is asked on regardless answers 418 and bans the address, for longer each time.
struct VenuePatience: Hashable, Sendable {
    /// What is to be sent.
    enum Kind: Hashable, Sendable {
        case placement
        case read
        case cancel
    }

    private var placementsHeldUntil = MonotonicTime(nanoseconds: 0)
    private var readsHeldUntil = MonotonicTime(nanoseconds: 0)
    private var cancelsHeldUntil = MonotonicTime(nanoseconds: 0)

    /// Nothing is held.
    init() {}

    /// Goes on waiting where a process before this one was told to.
    init(continuing restraint: VenueRestraint?, at now: Instant) {
        guard let restraint, now.wall < restraint.until else { return }
        let wait = restraint.until.nanoseconds - now.wall.nanoseconds
        let until = now.monotonic.adding(
            milliseconds: min(wait / 1_000_000 + 1, VenuePatience.secondsMax * 1_000)
        )
        self.placementsHeldUntil = until
        if restraint.scope >= .allButCancels { self.readsHeldUntil = until }
        if restraint.scope >= .everything { self.cancelsHeldUntil = until }
    }

    /// Until when nothing of the kind may be sent; nil where it may be now.
    func heldUntil(_ kind: Kind, at now: MonotonicTime) -> MonotonicTime? {
        let until =
            switch kind {
            case .placement: self.placementsHeldUntil
            case .read: self.readsHeldUntil
            case .cancel: self.cancelsHeldUntil
            }
        return now < until ? until : nil
    }

    /// Whether nothing of the kind may be sent now.
    func holds(_ kind: Kind, at now: MonotonicTime) -> Bool {
        self.heldUntil(kind, at: now) != nil
    }

    /// Takes in an answer.
    ///
    /// 429 with -1015 is about the count of new orders alone. Any other 429, and a 403 of the
    /// firewall, hold placements and reads; cancels still go out, for they are what ends a
    /// dangerous state, and successful ones weigh nothing. 418 is a ban: everything sent
    /// during it makes it longer, cancels too.
    mutating func note(_ answer: HTTPAnswer, at now: MonotonicTime) {
        guard let seconds = VenuePatience.seconds(askedBy: answer) else { return }
        let until = now.adding(milliseconds: seconds * 1_000)
        self.placementsHeldUntil = max(self.placementsHeldUntil, until)
        if answer.status == 429, answer.error?.code == VenuePatience.tooManyOrders { return }
        self.readsHeldUntil = max(self.readsHeldUntil, until)
        if answer.status == 418 { self.cancelsHeldUntil = max(self.cancelsHeldUntil, until) }
    }

    /// How long the answer asks to wait; nil where it does not.
    static func seconds(askedBy answer: HTTPAnswer) -> Int64? {
        guard answer.isBackoff else { return nil }
        let asked =
            answer.retryAfterSeconds > 0
            ? answer.retryAfterSeconds : VenuePatience.unspecifiedSeconds(answer.status)
        return min(asked, VenuePatience.secondsMax)
    }

    /// Binance's shortest ban is two minutes; its windows are of ten seconds and one minute.
    private static func unspecifiedSeconds(_ status: Int) -> Int64 {
        switch status {
        case 418: 120
        case 403: 30
        default: 10
        }
    }

    /// Binance's code for more new orders than the account may place.
    static let tooManyOrders = -1015

    /// Binance's longest ban: three days.
    private static let secondsMax: Int64 = 3 * 24 * 60 * 60
}
