/// What the orders of one token's name are held to, beside the limits that bind all.
public struct TokenLimits: Hashable, Sendable {
    /// Orders in any interval of the configuration's `limits.order_rate_interval_ms`; 1 to 10,000,
    /// nil for no limit of its own.
    public var orderRateMax: Int?
    /// Largest value of one order, in its quote asset; above zero, nil for no limit of its own.
    public var orderNotionalMax: Amount?

    package static let orderRateRange = OrderRate.countRange

    /// Makes limits; without arguments there are none.
    public init(orderRateMax: Int? = nil, orderNotionalMax: Amount? = nil) {
        self.orderRateMax = orderRateMax
        self.orderNotionalMax = orderNotionalMax
    }

    /// Both held to: of each limit the stricter.
    func joined(with other: TokenLimits) -> TokenLimits {
        TokenLimits(
            orderRateMax: RiskLimits.stricter(self.orderRateMax, other.orderRateMax),
            orderNotionalMax: RiskLimits.stricter(self.orderNotionalMax, other.orderNotionalMax)
        )
    }
}

extension TokenList {
    /// What the good tokens of each name hold its orders to; names without a limit are not in it.
    static func limits(of tokens: [AccessToken]) -> [Principal: TokenLimits] {
        var limits: [Principal: TokenLimits] = [:]
        for token in tokens where !token.isRevoked && token.limits != TokenLimits() {
            limits[token.principal] =
                limits[token.principal]?.joined(with: token.limits) ?? token.limits
        }
        return limits
    }

    /// What a caller's orders are held to.
    package func limits(of principal: Principal) -> TokenLimits {
        self.limits[principal] ?? TokenLimits()
    }
}

extension Gateway {
    /// How many orders a caller's token allows in a while; nil where it does not say.
    func tokenRate(of principal: Principal) -> OrderRate? {
        self.rate(of: self.state.tokens.limits(of: principal))
    }

    /// How many orders a token allows in a while; nil where it does not say.
    func rate(of limits: TokenLimits) -> OrderRate? {
        limits.orderRateMax.map { countMax in
            OrderRate(
                countMax: countMax,
                intervalMilliseconds: self.settings.limits.orderRateIntervalMilliseconds
            )
        }
    }
}
