import TradingAPI

/// What the gateway tells of an account, in lines for people.
struct Report {
    var lines: [String] = []

    private static let pageCount = 1_000

    init(of client: TradingClient) async throws {
        let mode = try await client.mode()
        let health = try await client.health()
        self.lines.append(
            "mode \(mode.mode), \(health.isReady ? "ready" : "not ready"), "
                + "\(health.openOrderCount) open orders, \(health.unknownOrderCount) unknown"
        )
        for balance in try await client.balances().balances {
            self.lines.append("balance \(balance.asset) \(balance.total)")
        }
        try await self.addFills(client)
        try await self.addRisk(client)
    }

    private mutating func addFills(_ client: TradingClient) async throws {
        var fees: [String: Amount] = [:]
        var count = 0
        var filter = FillFilter(countMax: Self.pageCount)
        repeat {
            let page = try await client.fills(filter)
            for entry in page.fills {
                fees[entry.fill.feeAsset, default: .zero] += try Amount(entry.fill.fee)
            }
            count += page.fills.count
            filter.before = page.nextBeforeSequence == 0 ? nil : page.nextBeforeSequence
        } while filter.before != nil
        self.lines.append("fills \(count)")
        for (asset, fee) in fees.sorted(by: { $0.key < $1.key }) {
            self.lines.append("fees \(asset) \(fee)")
        }
    }

    private mutating func addRisk(_ client: TradingClient) async throws {
        let summary = try await client.riskSummary()
        for account in summary.accounts {
            self.lines.append("day \(account.asset) lost \(account.loss), is at \(account.equity)")
        }
        for breach in try await client.breaches() where breach.acknowledgedAt == 0 {
            self.lines.append("breach \(breach.number) of \(breach.rule): \(breach.message)")
        }
        let refused = try await client.decisions(DecisionFilter(isRefusedOnly: true))
        self.lines.append("refused lately \(refused.decisions.count)")
        let changed = try await client.limits().filter(\.isChanged)
        self.lines.append("limits changed \(changed.count)")
        let held = try await client.approvals().orders
        self.lines.append("held \(held.count)")
    }
}
