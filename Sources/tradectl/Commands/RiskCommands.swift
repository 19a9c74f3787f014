import ArgumentParser
import TradingAPI
import TradingCore

struct Risk: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what the risk gate decided, what it measures, and what was broken.",
        subcommands: [
            Summary.self, Decisions.self, Breaches.self, Acknowledge.self, Disable.self,
        ],
        defaultSubcommand: Summary.self
    )

    struct Summary: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is held and done now, against the limits."
        )

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let summary = try await self.options.withClient {
                client throws(TradingClientError) in try await client.riskSummary()
            }
            try self.options.show(summary) { Self.text(summary) }
        }

        private static func text(_ summary: RemoteRiskSummary) -> String {
            let kill =
                summary.killLevel.isEmpty
                ? "released" : "ENGAGED at level \(summary.killLevel): \(summary.killReason)"
            var lines = ["mode \(summary.mode), kill switch \(kill)"]
            lines += summary.notReadyReasons.map { "not ready: \($0)" }
            if summary.isTradingDisabled { lines.append("TRADING IS DISABLED until acknowledged:") }
            lines += summary.breaches.map { "breach \($0.number), \($0.rule): \($0.message)" }
            lines += summary.alerts.map { "ALERT \($0.kind): \($0.message)" }
            var gauges = Table(header: ["LIMIT", "OF", "NOW", "AT MOST", "USED"])
            for gauge in summary.gauges {
                let limit = gauge.limit.isEmpty ? "off" : gauge.limit
                gauges.add([
                    gauge.name, gauge.scope, shown(gauge.actual), limit, shown(gauge.share),
                ])
            }
            lines.append(gauges.text)
            guard !summary.accounts.isEmpty else { return lines.joined(separator: "\n") }
            var accounts = Table(header: [
                "DAY OF", "SINCE", "BEGAN WITH", "EQUITY", "LOST", "HIGHEST", "DRAWDOWN",
                "REALIZED",
            ])
            for account in summary.accounts {
                accounts.add([
                    account.asset, shownTime(account.dayStart), account.startEquity,
                    shown(account.equity), shown(account.loss), shown(account.highWater),
                    shown(account.drawdown), account.realizedProfit,
                ])
            }
            return (lines + [accounts.text]).joined(separator: "\n")
        }
    }

    struct Decisions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what the gate decided on orders, newest first, from the journal."
        )

        @Option(help: "A time such as 2026-11-21T10:00:00Z, or a span such as 90s, 15m, 2h, 7d.")
        var since: String?
        @Option(help: "This symbol only.") var symbol: String?
        @Option(help: "Refused by this rule only, such as order_notional.") var rule: String?
        @Flag(help: "Refused ones only.") var refused = false
        @Option(help: "How many at most.") var limit: Int = 100
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            guard self.limit > 0 else { throw Failure(.usage, "--limit: expected 1 or more") }
            var filter = DecisionFilter(
                since: try wallTime(self.since, "--since"),
                symbol: self.symbol.map(Symbol.init),
                rule: self.rule,
                isRefusedOnly: self.refused,
                countMax: self.limit
            )
            let limit = self.limit
            let found = try await self.options.withClient {
                client throws(TradingClientError) in
                var found: [RemoteDecision] = []
                repeat {
                    filter.countMax = min(limit - found.count, 1_000)
                    let page = try await client.decisions(filter)
                    found += page.decisions
                    filter.before = page.nextBeforeSequence == 0 ? nil : page.nextBeforeSequence
                } while filter.before != nil && found.count < limit
                return found
            }
            try self.options.show(found) { Self.table(of: found) }
        }

        private static func table(of decisions: [RemoteDecision]) -> String {
            var table = Table(header: [
                "TIME", "ORDER", "VERDICT", "SYMBOL", "SIDE", "QUANTITY", "PRICE", "BY", "RULE",
                "LIMIT", "ACTUAL",
            ])
            for decision in decisions {
                let refusal = decision.refusal
                table.add([
                    shownTime(decision.time), String(decision.orderID), decision.verdict,
                    decision.symbol, decision.side, decision.quantity, shown(decision.price),
                    decision.principal, refusal?.rule ?? "-", refusal?.limit ?? "",
                    refusal?.actual ?? "",
                ])
            }
            return table.isEmpty ? "no decisions" : table.text
        }
    }

    struct Breaches: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows which limits on losses and failures were broken, oldest first."
        )

        @Flag(help: "Those only that nobody has acknowledged.") var open = false
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let all = try await self.options.withClient {
                client throws(TradingClientError) in try await client.breaches()
            }
            let breaches = all.filter { !self.open || $0.acknowledgedAt == 0 }
            try self.options.show(breaches) { Risk.table(of: breaches) }
        }
    }

    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ack",
            abstract: "Lets trading go on after a breach; losses count from now on."
        )

        @Argument(help: "The breach's number; without it, all that are not acknowledged.")
        var breach: UInt64?
        @Option(help: "Why; recorded.") var reason: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let command = self
            let left = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.acknowledgeBreach(command.breach, reason: command.reason)
            }
            try self.options.show(left) {
                left.isEmpty ? "no breach holds orders back" : Risk.table(of: left)
            }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuses new orders that do not only reduce, until it is acknowledged."
        )

        @Option(help: "Of this strategy alone.") var strategy: String?
        @Option(help: "Why; recorded.") var reason: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let command = self
            let open = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.disableTrading(
                    strategy: command.strategy ?? "",
                    reason: command.reason
                )
            }
            try self.options.show(open) { Risk.table(of: open) }
        }
    }

    private static func table(of breaches: [RemoteBreach]) -> String {
        var table = Table(header: [
            "BREACH", "TIME", "RULE", "STRATEGY", "LIMIT", "ACTUAL", "ACTION", "ACKNOWLEDGED",
        ])
        for breach in breaches {
            let acknowledged =
                "\(shownTime(breach.acknowledgedAt)) by \(breach.acknowledgedBy): "
                + breach.acknowledgementReason
            table.add([
                String(breach.number), shownTime(breach.time), breach.rule,
                shown(breach.strategy), breach.limit, breach.actual, breach.action,
                breach.acknowledgedAt == 0 ? "-" : acknowledged,
            ])
        }
        return table.isEmpty ? "no breaches" : table.text
    }
}
