import Foundation
import TradingAPI

/// Columns of text, aligned for people.
struct Table {
    private var rows: [[String]]

    init(header: [String]) { self.rows = [header] }

    mutating func add(_ row: [String]) { self.rows.append(row) }

    var isEmpty: Bool { self.rows.count == 1 }

    var text: String {
        let columns = self.rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            self.rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return self.rows.map { row in
            let cells = row.indices.map { column in
                row[column].padding(toLength: widths[column], withPad: " ", startingAt: 0)
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

/// The time of day in UTC, or a dash for none.
func shownTime(_ nanoseconds: Int64) -> String {
    guard nanoseconds > 0 else { return "-" }
    let date = Date(timeIntervalSince1970: Double(nanoseconds) / 1_000_000_000)
    return date.formatted(.iso8601)
}

/// A text, or a dash for an empty one.
func shown(_ text: String) -> String { text.isEmpty ? "-" : text }

extension RemoteOrder {
    static var tableHeader: [String] {
        [
            "ORDER", "SYMBOL", "SIDE", "TYPE", "QUANTITY", "PRICE", "STATUS", "FILLED",
            "AVERAGE", "MODE",
        ]
    }

    var tableRow: [String] {
        let pending = self.isCancelPending ? " (cancelling)" : ""
        let status = self.isAmendPending ? "\(self.status) (amending)" : self.status + pending
        return [
            String(self.orderID), self.symbol, self.side,
            self.timeInForce.isEmpty ? self.type : "\(self.type) \(self.timeInForce)",
            self.quantity, self.shownPrice, status, self.filledQuantity,
            shown(self.averagePrice), self.mode,
        ]
    }

    /// The limit price and, behind an `@`, what the order waits for.
    private var shownPrice: String {
        let limit = self.price.isEmpty ? "" : self.price + " "
        return self.stopPrice.isEmpty ? shown(self.price) : limit + "@ " + self.stopPrice
    }

    /// How the exits stand, and what they are still to sell.
    private var exitsText: String {
        var text = "exits \(self.exitsStatus)"
        if self.exitsQuantity != "0" {
            text +=
                ": \(self.exitsQuantity) to sell, \(self.exitsCoveredQuantity) of it at the venue"
        }
        return self.exitsProblem.isEmpty ? text : text + "; \(self.exitsProblem)"
    }

    /// The order's row, why it went wrong where it did, and its fills.
    var details: String {
        var table = Table(header: Self.tableHeader)
        table.add(self.tableRow)
        var parts = [table.text]
        if self.status == "SIMULATED" {
            parts.append(self.reason.isEmpty ? "[MONITOR] checked, nothing sent" : self.reason)
        } else if !self.reason.isEmpty {
            parts.append("reason: \(self.reason)")
        }
        if !self.quoteQuantity.isEmpty {
            parts.append("for \(self.quoteQuantity) of the quote asset")
        }
        if !self.originalQuantity.isEmpty {
            parts.append("clipped from \(self.originalQuantity) to \(self.quantity)")
        }
        if !self.stopLossPrice.isEmpty {
            let limit = self.stopLossLimit.isEmpty ? "" : " for at least \(self.stopLossLimit)"
            parts.append("stop loss at \(self.stopLossPrice)\(limit)")
        }
        if !self.takeProfitPrice.isEmpty { parts.append("take profit at \(self.takeProfitPrice)") }
        if !self.exitsStatus.isEmpty { parts.append(self.exitsText) }
        if self.entryOrderID != 0 { parts.append("exit of order \(self.entryOrderID)") }
        if self.predecessorOrderID != 0 {
            parts.append("in the place of order \(self.predecessorOrderID)")
        }
        if self.successorOrderID != 0 {
            parts.append("order \(self.successorOrderID) is in its place")
        }
        if let refusal = self.refusal {
            let verb = self.status == "REFUSED" ? "refused" : "held"
            parts.append(
                "\(verb) by \(refusal.rule): \(refusal.message)\n"
                    + "  limit  \(refusal.limit)\n  actual \(refusal.actual)"
                    + (refusal.permitted.isEmpty ? "" : "\n  would pass: \(refusal.permitted)")
            )
        }
        if !self.fills.isEmpty {
            var fills = Table(header: ["TRADE", "PRICE", "QUANTITY", "FEE", "ROLE", "TIME"])
            for fill in self.fills {
                fills.add([
                    String(fill.tradeID), fill.price, fill.quantity,
                    "\(fill.fee) \(fill.feeAsset)", fill.isMaker ? "maker" : "taker",
                    shownTime(fill.time),
                ])
            }
            parts.append(fills.text)
        }
        return parts.joined(separator: "\n")
    }
}
