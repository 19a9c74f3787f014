/// How an order enters the market, by the venue's names; the raw values are stored and sent.
public enum VenueOrderType: UInt8, Hashable, Sendable, CaseIterable {
    /// At a price or better.
    case limit = 2
    /// At a price, and only if it rests.
    case limitMaker = 3
    /// At whatever the book offers.
    case market = 1
    /// A market order once the price got worse.
    case stopLoss = 4
    /// A limit order once the price got worse.
    case stopLossLimit = 5
    /// A market order once the price got better.
    case takeProfit = 6
    /// A limit order once the price got better.
    case takeProfitLimit = 7

    /// The venue's word, such as `STOP_LOSS_LIMIT`.
    public var name: String {
        switch self {
        case .limit: "LIMIT"
        case .limitMaker: "LIMIT_MAKER"
        case .market: "MARKET"
        case .stopLoss: "STOP_LOSS"
        case .stopLossLimit: "STOP_LOSS_LIMIT"
        case .takeProfit: "TAKE_PROFIT"
        case .takeProfitLimit: "TAKE_PROFIT_LIMIT"
        }
    }

    /// The type of the venue's word; nil where it has none so called.
    public init?(name: String) {
        guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }

    /// Whether the order waits for a trigger.
    @inlinable
    public var isAlgorithmic: Bool {
        switch self {
        case .limit, .limitMaker, .market: false
        case .stopLoss, .stopLossLimit, .takeProfit, .takeProfitLimit: true
        }
    }

    /// Whether the order has no price of its own when it works.
    @inlinable
    public var isMarket: Bool {
        switch self {
        case .market, .stopLoss, .takeProfit: true
        case .limit, .limitMaker, .stopLossLimit, .takeProfitLimit: false
        }
    }

    /// Whether it is said how long the order stays.
    public var hasTimeInForce: Bool {
        switch self {
        case .limit, .stopLossLimit, .takeProfitLimit: true
        case .market, .limitMaker, .stopLoss, .takeProfit: false
        }
    }
}
