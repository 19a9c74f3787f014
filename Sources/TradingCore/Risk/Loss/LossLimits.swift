/// Limits on losses and failures, and what breaking each of them does; nil switches one off.
package struct LossLimits: Hashable, Sendable {
    /// Largest loss of a day in one quote asset.
    package var dailyLossMax: Amount?
    /// Largest loss of a day, in millionths of the equity at the day's start.
    package var dailyLossMillionths: Int64?
    package var onDailyLoss = BreachAction.killBlock
    /// How far equity may be below its highest, in millionths of that.
    package var drawdownMillionths: Int64?
    package var onDrawdown = BreachAction.killBlock
    /// So many orders in a row that failed are too many.
    package var failuresMax: Int?
    package var onFailures = BreachAction.disable
    /// How much worse than the best price at its decision an order may fill, in millionths.
    package var slippageMillionths: Int64?
    package var onSlippage = BreachAction.disable
    /// When a day begins, in minutes after midnight UTC.
    package var dayStartMinutes: Int64 = 0

    package init() {}

    /// Whether anything asks for equity.
    package var needsEquity: Bool { self.limitsDay || self.drawdownMillionths != nil }

    /// Whether the loss of a day is limited.
    package var limitsDay: Bool { self.dailyLossMax != nil || self.dailyLossMillionths != nil }

    /// Largest loss of a day that began with an equity, the stricter of amount and share.
    package func dailyLossMax(of startEquity: Amount) -> Amount? {
        let share = self.dailyLossMillionths.map { millionths in
            max(startEquity, .zero).scaled(by: millionths, over: 1_000_000, rounding: .down)
        }
        guard let share, let amount = self.dailyLossMax else { return share ?? self.dailyLossMax }
        return min(share, amount)
    }

    /// Millionths as a share, such as `0.02`.
    package static func share(_ millionths: Int64) -> String {
        Amount(raw: Int128(millionths) * 100).description
    }
}
