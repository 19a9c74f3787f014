/// How the gateway is set up; constant while it runs, but for limits that a person changes.
package struct GatewaySettings: Hashable, Sendable {
    /// The mode of a store that has none yet.
    package var initialMode: TradingMode
    /// Without it, live is refused and a store left in live starts in monitor.
    package var allowsLiveTrading: Bool
    /// Whether live may be entered with a key that may withdraw.
    package var allowsWithdrawingKeys = false
    /// Exchanges that have a connection.
    package var exchanges: [VenueID]
    /// The exchange whose rules, prices and balances monitor and dry run use.
    package var marketVenue: VenueID
    /// Handed on by every decision.
    package var sharedLimits: Shared<RiskLimits>
    package var timing: Timing
    package var restartPolicy = RestartPolicy.resume
    package var balanceTolerance = BalanceTolerance()
    package var approvals = ApprovalSettings()
    /// How much may be placed on an exchange in one day, by quote asset (B5).
    ///
    /// Where an exchange has caps, orders in other quote assets may only reduce positions.
    package var dailyNotionalCaps: ByVenue<[Asset: Amount]> = [:]
    /// What is set up for single strategies, by name (B6).
    package var strategies: [String: StrategySettings] = [:]

    /// Every duration that decides something; each relation is asserted in ``validated()``.
    package struct Timing: Hashable, Sendable {
        /// A placement's `recvWindow` (S1).
        package var receiveWindowMilliseconds: Int64 = 2_000
        /// How long after the window absence may be proven (E2).
        package var absenceMarginMilliseconds: Int64 = 10_000
        /// Between two questions about an order of unknown outcome.
        package var inquiryIntervalMilliseconds: Int64 = 500
        /// Answers "no such order" that a proof of absence needs (E2).
        package var absencesMin = 3
        /// Between two attempts of a cancel or a read that failed.
        package var retryIntervalMilliseconds: Int64 = 500
        /// How long the stream may take to bring the trades that a report counts.
        package var fillGraceMilliseconds: Int64 = 250
        /// How long a call waits for an order's fate where its caller sets no deadline.
        package var replyTimeoutMilliseconds: Int64 = 10_000
        /// An answer leaves this long before the caller's deadline.
        package var replyMarginMilliseconds: Int64 = 100
        /// Between two readings of the account (E5).
        package var balanceIntervalMilliseconds: Int64 = 60_000
        /// How long the user stream may take to bring what REST shows already.
        package var streamGraceMilliseconds: Int64 = 10_000
        /// How long an order's outcome may be unknown before a person is alerted, who may then
        /// resolve it (E6).
        package var unknownAlertMilliseconds: Int64 = 60_000
        /// How often a reduction is sent before it counts as failed.
        package var amendsMax = 10
        /// How many orders may fail to close one position before a person must look (K4).
        package var closingFailuresMax = 5
        /// How far apart two readings must show the same difference to be believed (E5).
        package var balanceLagMilliseconds: Int64 = 10_000

        /// How long before the journal's last placement a start begins to read the venue's orders:
        /// more than a venue's clock is ever set back by (S5).
        package var historyMarginMilliseconds: Int64 = 60_000

        package init() {}
    }

    package init(
        initialMode: TradingMode,
        allowsLiveTrading: Bool,
        exchanges: [VenueID],
        marketVenue: VenueID,
        limits: RiskLimits,
        timing: Timing = Timing()
    ) {
        self.initialMode = initialMode
        self.allowsLiveTrading = allowsLiveTrading
        self.exchanges = exchanges
        self.marketVenue = marketVenue
        self.sharedLimits = Shared(limits)
        self.timing = timing
    }

    package var limits: RiskLimits {
        _read { yield self.sharedLimits.value }
        set { self.sharedLimits.value = newValue }
    }

    /// The exchange whose rules and prices an order of the venue is judged by.
    @inline(__always)
    func ruleVenue(for venue: VenueID) -> VenueID {
        venue.isExchange ? venue : self.marketVenue
    }
}
