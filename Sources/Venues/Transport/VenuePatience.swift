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

    /// Whether nothing of the kind may be sent now.
    func holds(_ kind: Kind, at now: MonotonicTime) -> Bool {
        switch kind {
        case .placement: now < self.placementsHeldUntil
        case .read: now < self.readsHeldUntil
        case .cancel: now < self.cancelsHeldUntil
        }
    }

    /// Takes in an answer.
    ///
    /// 429 with -1015 is about the count of new orders alone. Any other 429, and a 403 of the
    /// firewall, hold placements and reads; cancels still go out, for they are what ends a
    /// dangerous state, and successful ones weigh nothing. 418 is a ban: everything sent
    /// during it makes it longer, cancels too.
    mutating func note(_ answer: HTTPAnswer, at now: MonotonicTime) {
        guard answer.isBackoff else { return }
        let asked =
            answer.retryAfterSeconds > 0
            ? answer.retryAfterSeconds : VenuePatience.unspecifiedSeconds(answer.status)
        let seconds = min(asked, VenuePatience.secondsMax)
        let until = now.adding(milliseconds: seconds * 1_000)
        self.placementsHeldUntil = max(self.placementsHeldUntil, until)
        if answer.status == 429, answer.error?.code == -1015 { return }
        self.readsHeldUntil = max(self.readsHeldUntil, until)
        if answer.status == 418 { self.cancelsHeldUntil = max(self.cancelsHeldUntil, until) }
    }

    /// Binance's shortest ban is two minutes; its windows are of ten seconds and one minute.
    private static func unspecifiedSeconds(_ status: Int) -> Int64 {
        switch status {
        case 418: 120
        case 403: 30
        default: 10
        }
    }

    /// Binance's longest ban: three days.
    private static let secondsMax: Int64 = 3 * 24 * 60 * 60
}
