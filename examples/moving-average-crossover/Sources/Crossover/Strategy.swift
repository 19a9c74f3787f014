public import TradingAPI

/// What became of the strategy's orders, one after the other, as the gateway's events tell.
public enum Happening: Hashable, Sendable {
    /// An order came to be, with the number in its tag.
    case placed(orderID: UInt64, number: Int, quantity: Quantity)
    /// A trade; `received` is what it changed in the base asset, fees included.
    case traded(orderID: UInt64, quantity: Quantity, received: Amount)
    /// Nothing more comes of an order.
    case ended(orderID: UInt64)
}

/// An order that the strategy wants; the same number is the same order, however often it is asked
/// for.
public struct Intent: Hashable, Sendable {
    /// One more than that of the order before.
    public let number: Int
    /// Which way it trades.
    public let side: Side
    /// In the base asset.
    public let quantity: Quantity
}

/// Holds one lot while the trend is up and nothing while it is down; a pure value.
///
/// It knows of its orders and of what it holds from the events alone. The gateway keeps those, so
/// the strategy keeps nothing: begun anew, it takes all events once more and is where it was.
public struct Strategy: Sendable {
    /// What it trades.
    public struct Settings: Sendable {
        /// Held while the trend is up, in the base asset.
        public var lot: Quantity
        /// The symbol's quantity step: fees leave what no order can sell.
        public var step: Quantity

        /// Trades a lot.
        ///
        /// - Parameters:
        ///   - lot: Above zero, a multiple of the step.
        ///   - step: The symbol's quantity step.
        public init(lot: Quantity, step: Quantity) {
            self.lot = lot
            self.step = step
        }
    }

    private let settings: Settings
    /// The number of the newest order; 0 before the first.
    public private(set) var lastNumber = 0
    /// What its trades left, in the base asset.
    public private(set) var held = Amount.zero
    /// The order that is not over yet, and what is left of it.
    private var working: (orderID: UInt64?, number: Int, left: Quantity)?

    /// Begins with nothing.
    ///
    /// - Parameter settings: What it trades.
    public init(_ settings: Settings) { self.settings = settings }

    /// Whether an order is not over yet.
    public var isWorking: Bool { self.working != nil }

    /// Takes what became of an order.
    ///
    /// - Parameter happening: In the order of the events.
    public mutating func take(_ happening: Happening) {
        switch happening {
        case .placed(let orderID, let number, let quantity):
            self.lastNumber = max(self.lastNumber, number)
            self.working = (orderID, number, quantity)
        case .traded(let orderID, let quantity, let received):
            self.held += received
            guard var working = self.working, working.orderID == orderID else { return }
            working.left -= quantity
            self.working = working.left.isPositive ? working : nil
        case .ended(let orderID):
            if self.working?.orderID == orderID { self.working = nil }
        }
    }

    /// What to do about a trend.
    ///
    /// - Parameter trend: Nil where there is none yet: then nothing is done.
    /// - Returns: The order to place, which counts as working from now on; nil for none.
    public mutating func decide(_ trend: Crossover.Trend?) -> Intent? {
        guard self.working == nil, let trend else { return nil }
        let sellable = (self.held.quantity ?? .zero).roundedDown(to: self.settings.step)
        // What a sale leaves because of the step and of fees is no lot.
        let isInvested = sellable.raw > self.settings.lot.raw / 2
        let intent: Intent
        switch trend {
        case .up where !isInvested:
            intent = Intent(number: self.lastNumber + 1, side: .buy, quantity: self.settings.lot)
        case .down where isInvested:
            intent = Intent(number: self.lastNumber + 1, side: .sell, quantity: sellable)
        case .up, .down:
            return nil
        }
        self.working = (nil, intent.number, intent.quantity)
        return intent
    }

    /// Forgets an intent that came to nothing: there is no such order.
    ///
    /// - Parameter intent: As ``decide(_:)`` gave it.
    public mutating func drop(_ intent: Intent) {
        guard self.working?.number == intent.number, self.working?.orderID == nil else { return }
        self.working = nil
    }
}
