/// What is compared from machine to machine: quotients of numbers of one round.
enum Ratio: String, CaseIterable {
    case healthToTCP = "health_p50_to_tcp"
    case limitToFloor = "limit_p50_to_floor"
    case limitTailToFloor = "limit_p99_to_floor"
    case limitToOwnExchange = "limit_p50_to_exchange_floor"
    case limitRateToExchange = "limit_rate_64_to_exchange"
    case limitRateGain = "limit_rate_64_to_1"
    case marketToOwnExchange = "market_p50_to_exchange_floor"
    case marketRateToExchange = "market_rate_64_to_exchange"

    var title: String {
        switch self {
        case .healthToTCP: "Health p50 / TCP p50"
        case .limitToFloor: "limit p50 / (TCP + sync + stub POST)"
        case .limitTailToFloor: "limit p99 / (TCP + sync + stub POST, p50)"
        case .limitToOwnExchange: "limit p50 / (TCP + sync + same order at the exchange alone)"
        case .limitRateToExchange: "limit orders/s at 64 / exchange alone, 7 connections"
        case .limitRateGain: "limit orders/s at 64 / at 1"
        case .marketToOwnExchange: "market p50 / (TCP + sync + same order at the exchange alone)"
        case .marketRateToExchange: "market orders/s at 64 / exchange alone, 7 connections"
        }
    }

    /// Whether a budget bounds it from below.
    var isRate: Bool {
        switch self {
        case .healthToTCP, .limitToFloor, .limitTailToFloor, .limitToOwnExchange,
            .marketToOwnExchange:
            false
        case .limitRateToExchange, .limitRateGain, .marketRateToExchange: true
        }
    }

    func value(in round: RoundResult) -> Double {
        func median(_ row: Row) -> Double { round.samples[row]?.quantile(0.5) ?? .nan }
        func rate(_ row: Row) -> Double { round.samples[row]?.perSecond ?? .nan }
        let hop = median(.tcpRoundTrip) + median(.syncedWrite)
        let floor = hop + median(.httpRoundTrip)
        return switch self {
        case .healthToTCP: median(.health) / median(.tcpRoundTrip)
        case .limitToFloor: median(.limit) / floor
        case .limitTailToFloor: (round.samples[.limit]?.quantile(0.99) ?? .nan) / floor
        case .limitToOwnExchange: median(.limit) / (hop + median(.exchangeLimit))
        case .limitRateToExchange: rate(.limitPipelined) / rate(.exchangeLimitParallel)
        case .limitRateGain: rate(.limitPipelined) / rate(.limit)
        case .marketToOwnExchange: median(.market) / (hop + median(.exchangeMarket))
        case .marketRateToExchange: rate(.marketPipelined) / rate(.exchangeMarketParallel)
        }
    }
}
