import TradingCore

/// What one day brought, as the journal tells it: for people and for programs.
package struct DailyReport: Hashable, Sendable, Encodable {
    /// Orders by what became of them on that day; one may be counted at several places.
    package struct Orders: Hashable, Sendable, Encodable {
        package var submitted = 0
        package var refused = 0
        package var simulated = 0
        package var filled = 0
        package var canceled = 0
        package var expired = 0
        package var rejected = 0
        package var notPlaced = 0
    }

    /// How often an order's fate was unknown, and what became of the doubt.
    package struct Doubt: Hashable, Sendable, Encodable {
        /// Orders whose outcome became unknown.
        package var began = 0
        /// Ended by evidence.
        package var foundOut = 0
        /// Ended by a person's word.
        package var resolvedByPerson = 0
        /// Still in doubt at the end of the day, whenever the doubt began.
        package var unresolvedOrders: [UInt64] = []
        /// Those as a share of the orders that were submitted, to six digits; the number to watch.
        package var unresolvedShare = "0.000000"
    }

    /// A balance that the account had and the ledger did not explain.
    package struct Discrepancy: Hashable, Sendable, Encodable {
        package var time: String
        package var sequence: UInt64
        package var venue: String
        package var asset: String
        package var delta: String
    }

    /// Something that the gateway or a person did.
    package struct Action: Hashable, Sendable, Encodable {
        package var time: String
        package var sequence: UInt64
        /// The event, such as `kill_changed`.
        package var kind: String
        package var detail: String
    }

    /// What our fills left at the end of the day, remainders that no venue takes included.
    package struct Holding: Hashable, Sendable, Encodable {
        package var venue: String
        package var symbol: String
        /// In the base asset; negative where more was sold than bought.
        package var quantity: String
        /// Of what is held; empty where nothing is.
        package var averagePrice: String
        /// Since the first fill, in the quote asset, before fees.
        package var realizedProfit: String
    }

    package struct Total: Hashable, Sendable, Encodable {
        package var asset: String
        package var amount: String
    }

    /// In UTC, such as 2026-11-21.
    package let day: String
    package internal(set) var eventCount = 0
    package internal(set) var orders = Orders()
    package internal(set) var fillCount = 0
    /// What was traded, by quote asset.
    package internal(set) var notional: [Total] = []
    package internal(set) var fees: [Total] = []
    package internal(set) var doubt = Doubt()
    /// Those that are not zero, by venue and symbol.
    package internal(set) var positions: [Holding] = []
    package internal(set) var discrepancies: [Discrepancy] = []
    package internal(set) var actions: [Action] = []

    init(day: String) { self.day = day }

    /// The report for people.
    package var text: String {
        let orders = self.orders
        var lines = [
            "\(self.day) (UTC): \(self.eventCount) events",
            "orders: \(orders.submitted) submitted, \(orders.refused) refused, "
                + "\(orders.simulated) simulated, \(orders.filled) filled, "
                + "\(orders.canceled) canceled, \(orders.expired) expired, "
                + "\(orders.rejected) rejected, \(orders.notPlaced) not placed",
            "fills: \(self.fillCount), traded \(Self.list(self.notional)), "
                + "fees \(Self.list(self.fees))",
            "outcomes unknown: \(self.doubt.began), found out \(self.doubt.foundOut), "
                + "resolved by a person \(self.doubt.resolvedByPerson), unresolved "
                + "\(self.doubt.unresolvedOrders.count) (share \(self.doubt.unresolvedShare))",
        ]
        for orderID in self.doubt.unresolvedOrders {
            lines.append("  unresolved: order \(orderID)")
        }
        lines.append("positions at the end of the day: \(self.positions.count)")
        for held in self.positions {
            lines.append(
                "  \(held.venue) \(held.symbol) \(held.quantity) at \(held.averagePrice)"
            )
        }
        lines.append("discrepancies: \(self.discrepancies.count)")
        for found in self.discrepancies {
            lines.append("  \(found.time) \(found.venue) \(found.asset) \(found.delta)")
        }
        lines.append("actions: \(self.actions.count)")
        for action in self.actions {
            lines.append("  \(action.time) \(action.kind) \(action.detail)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func list(_ totals: [Total]) -> String {
        totals.isEmpty
            ? "nothing" : totals.map { "\($0.amount) \($0.asset)" }.joined(separator: ", ")
    }
}
