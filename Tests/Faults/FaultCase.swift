import SystemTestSupport

/// One line of the result.
struct FaultCase: Sendable {
    var name: String
    /// How long an order of this case may be UNKNOWN.
    var bound = Duration.seconds(9)
    /// Whether it runs only with all the others, because it takes long.
    var isSlow = false
    var setup: Desk.Setup
    var body: @Sendable (Trial) async throws -> Void

    /// What a gateway on this desk is set to: the design's windows, a shorter margin.
    static var standardSetup: Desk.Setup {
        var setup = Desk.Setup()
        setup.balances = ["BTC=100", "ETH=100", "USDT=10000000"]
        setup.timing = Self.timing(marginMilliseconds: 1_000)
        return setup
    }

    /// The settings for an exchange whose reads lag behind by less than the margin; a clock of its
    /// own that is set back adds to the lag.
    static func timing(marginMilliseconds: Int) -> String {
        "receive_window_ms: 2000, absence_margin_ms: \(marginMilliseconds), "
            + "inquiry_interval_ms: 200, balance_interval_ms: 1000, "
            + "balance_lag_ms: \(marginMilliseconds + 5_000)"
    }
}

/// How a case ended.
struct Outcome: Sendable {
    var name: String
    var ordersPlaced = 0
    var unknownCount = 0
    var resolution = Duration.zero
    var findings: [String] = []
    var notes: [String] = []
    var took = Duration.zero

    var hasPassed: Bool { self.findings.isEmpty }
}
