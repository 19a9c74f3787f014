extension Gateway {
    /// Begins to run on the store: takes a new epoch and settles what a crash left open.
    ///
    /// - Parameters:
    ///   - prefix: Random, of ``ClientOrderIDScheme/partLength``; used where the store is new.
    ///   - epoch: Random, of the same length; drawn anew at every start (S4).
    ///   - version: The program's.
    ///   - batch: Takes what follows; it must be persisted before anything else is decided.
    package mutating func start(
        prefix: String,
        epoch: String,
        version: String,
        into batch: inout OpenBatch
    ) {
        invariant(
            prefix.count == ClientOrderIDScheme.partLength
                && epoch.count == ClientOrderIDScheme.partLength,
            "prefix and epoch have \(ClientOrderIDScheme.partLength) characters"
        )
        invariant(
            (prefix + epoch).utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            },
            "prefix and epoch hold lower-case letters and digits, so that names can be read back"
        )
        if self.state.clientIDPrefix.isEmpty {
            self.record(.storeCreated(clientIDPrefix: prefix), into: &batch)
        } else {
            for venue in self.settings.exchanges { self.prepareHistory(of: venue) }
        }
        self.record(.started(epoch: epoch, version: version), into: &batch)
        self.scheme = ClientOrderIDScheme(prefix: self.state.clientIDPrefix, epoch: epoch)
        self.startedAt = batch.instant.wall
        self.settleMode(into: &batch)
        self.settleStrategyModes(into: &batch)
        for order in self.state.ordersByAge { self.resume(order, into: &batch) }
        self.resumeApprovals(at: batch.instant)
        self.resumeSessions(at: batch.instant)
        self.resumeRates(at: batch.instant)
        self.exitDesk.touched = Set(self.state.exits.plans.keys)
        self.engageGates(into: &batch)
        self.resumeRestraints(into: &batch)
        self.resumeKill(into: &batch)
        self.applyRestartPolicy(into: &batch)
        for alert in self.unreachableAlerts { batch.performAtOnce(.alert(alert)) }
    }

    /// Ends the run on the store in order; nothing is decided after it.
    package mutating func stop(into batch: inout OpenBatch) {
        self.record(.stopped, into: &batch)
    }

    /// The journal's mode beats the configuration; live without permission becomes monitor (M1).
    private mutating func settleMode(into batch: inout OpenBatch) {
        let wanted = self.state.modes.installation?.mode ?? self.settings.initialMode
        if let refusal = Refusal(self.unmetBySettings(entering: wanted)) {
            self.changeMode(
                to: .monitor,
                by: Principal("gateway"),
                reason: refusal.message,
                into: &batch
            )
        } else if self.state.modes.installation == nil {
            self.changeMode(
                to: wanted,
                by: Principal("gateway"),
                reason: "first start",
                into: &batch
            )
        }
    }

    /// The same for strategies: one whose mode cannot be entered any more goes no further than
    /// monitor (M1, B6).
    private mutating func settleStrategyModes(into batch: inout OpenBatch) {
        let wanted = self.settings.strategies.compactMapValues(\.initialMode)
            .merging(self.state.modes.ofStrategies.mapValues(\.mode)) { _, recorded in recorded }
        for (strategy, mode) in wanted.sorted(by: { $0.key < $1.key }) {
            // Live goes as far as the installation, whose mode was judged.
            let entered = mode == .live ? self.mode : mode
            if let refusal = Refusal(self.unmetBySettings(entering: entered)) {
                self.changeMode(
                    to: .monitor,
                    of: strategy,
                    by: Principal("gateway"),
                    reason: refusal.message,
                    into: &batch
                )
            } else if self.state.modes.ofStrategies[strategy] == nil {
                self.changeMode(
                    to: mode,
                    of: strategy,
                    by: Principal("gateway"),
                    reason: "first start",
                    into: &batch
                )
            }
        }
    }

    /// An order that was on its way when the process ended has an unknown fate, not a failed one.
    private mutating func resume(_ order: Order, into batch: inout OpenBatch) {
        let orderID = order.orderID
        if order.status == .submitting {
            let change: OrderChange =
                order.intent.venue.isExchange
                ? .outcomeUnknown(reason: "the gateway ended before the venue's answer was known")
                : .notPlaced(reason: "the gateway ended before the request was built")
            self.record(.orderChanged(orderID, change), into: &batch)
        }
        if case .replacement = order.pendingAmend {
            let reason = "the gateway ended before the order's end was known; nothing replaces it"
            self.record(.orderChanged(orderID, .amendFailed(reason: reason)), into: &batch)
        }
        guard let order = self.state.orders[orderID], order.status != .held else { return }
        var chase = Chase()
        if order.pendingAmend != nil { chase.amendAt = batch.instant.monotonic }
        if order.pendingCancel != nil { chase.cancelAt = batch.instant.monotonic }
        if order.hasMissingFills { chase.fetchFillsAt = batch.instant.monotonic }
        if order.status == .unknown {
            chase.askAt = batch.instant.monotonic
            chase.alertAt = self.alertTime(at: batch.instant)
        }
        self.chases[orderID] = chase
    }

    /// Gates start closed and open when their venue's session is ready.
    private mutating func engageGates(into batch: inout OpenBatch) {
        for venue in self.settings.exchanges { batch.performAtOnce(.closeGate(venue)) }
    }
}
