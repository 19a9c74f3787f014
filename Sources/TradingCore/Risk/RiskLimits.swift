/// The limits that the risk gate enforces; each default is a setting.
package struct RiskLimits: Hashable, Sendable {
    /// Symbols that may be traded; all others are refused.
    package var allowedSymbols: [Symbol]
    /// Largest value of one order, in its quote asset.
    package var orderNotionalMax: Amount
    /// Orders of ours that may be open at once on one venue.
    package var openOrdersMax: Int
    /// Held back beside a buy's notional for its fee, in millionths of the notional.
    ///
    /// Binance takes a buy's fee from what was bought unless another asset pays; the reserve
    /// covers both, so that a fee never turns a balance negative.
    package var feeReserveMillionths: Int64
    /// How much worse than the best price a market order is assumed to fill, in millionths.
    package var marketSlippageMillionths: Int64
    /// How old the best price may be that a market order is judged by, where no stream keeps it
    /// current.
    package var quoteAgeMaxMilliseconds: Int64 = 5_000
    /// How far the venue's clock may be from ours, its uncertainty included.
    package var clockSkewMaxMilliseconds: Int64 = 5_000
    /// Whether an order of unknown outcome blocks what would grow the same exposure (E3).
    package var unknownBlocks = true
    package var circuit = CircuitBreaker.Settings()
    package var rejects = RejectBreaker.Settings()

    package init(
        allowedSymbols: [Symbol],
        orderNotionalMax: Amount,
        openOrdersMax: Int = 200,
        feeReserveMillionths: Int64 = 1_000,
        marketSlippageMillionths: Int64 = 10_000
    ) {
        self.allowedSymbols = allowedSymbols
        self.orderNotionalMax = orderNotionalMax
        self.openOrdersMax = openOrdersMax
        self.feeReserveMillionths = feeReserveMillionths
        self.marketSlippageMillionths = marketSlippageMillionths
    }
}
