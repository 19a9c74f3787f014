import TradingCore

/// An order of the paper account as its book keeps it.
struct PaperOrder: Hashable, Sendable {
    var symbol: Symbol
    var number: VenueOrderID
    /// The gateway's name; a cancel does not change it.
    var clientID: String
    var side: Side
    var type: OrderType
    var quantity: Quantity
    var status = VenueOrderStatus.new
    var executed = Quantity.zero
    var placedAt: WallTime
    var changedAt: WallTime
    /// Why it expired; empty for all others.
    var reason = ""
    /// Whether the price came that it waited for; false for what waits for none.
    var isTriggered = false

    /// Whether it waits for a price.
    var isArmed: Bool { self.type.trigger != nil && !self.isTriggered }

    /// What the venue says of it.
    func report(_ trades: [TradeReport] = []) -> OrderReport {
        var report = OrderReport(
            symbol: self.symbol,
            venueOrderID: self.number,
            ownerID: self.clientID,
            side: self.side,
            quantity: self.quantity,
            price: self.type.limitPrice ?? .zero,
            status: self.status,
            executedQuantity: self.executed,
            trades: trades,
            time: self.changedAt,
            reason: self.reason
        )
        report.type = self.type.venueType
        report.stopPrice = self.type.trigger?.stopPrice ?? .zero
        return report
    }
}

/// What one step of the paper venue changed; written as a whole or not at all.
struct PaperChange: Hashable, Sendable {
    var orders: [PaperOrder] = []
    var trades: [TradeReport] = []
    /// What the account holds of each asset then, locked or not.
    var balances: [Asset: Amount] = [:]

    var isEmpty: Bool { self.orders.isEmpty && self.trades.isEmpty && self.balances.isEmpty }
}

/// The paper account as its log tells it.
struct PaperBook: Hashable, Sendable {
    /// The orders and trades of one symbol.
    struct Page: Hashable, Sendable {
        var orders: [VenueOrderID: PaperOrder] = [:]
        var trades: [TradeReport] = []
        var lastOrder: Int64 = 0
        var lastTrade = TradeID(raw: 0)
        private var numbers: [String: VenueOrderID] = [:]

        func order(named name: String) -> PaperOrder? {
            self.numbers[name].flatMap { self.orders[$0] }
        }

        /// Open orders, oldest first.
        var open: [PaperOrder] {
            self.orders.values.filter { !$0.status.isTerminal }
                .sorted { $0.number.raw < $1.number.raw }
        }

        mutating func keep(_ order: PaperOrder) {
            self.orders[order.number] = order
            self.numbers[order.clientID] = order.number
            self.lastOrder = max(self.lastOrder, order.number.raw)
        }

        mutating func keep(_ trade: TradeReport) {
            self.trades.append(trade)
            self.lastTrade = max(self.lastTrade, trade.tradeID)
        }

        /// Forgets the oldest orders that have ended, and the oldest trades, in large steps.
        mutating func trim(toOrders ordersMax: Int, trades tradesMax: Int) {
            if self.orders.count > 2 * ordersMax {
                let ended = self.orders.values.filter(\.status.isTerminal)
                    .sorted { $0.number.raw < $1.number.raw }
                for order in ended.dropLast(ordersMax) {
                    self.orders[order.number] = nil
                    self.numbers[order.clientID] = nil
                }
            }
            if self.trades.count > 2 * tradesMax {
                self.trades.removeFirst(self.trades.count - tradesMax)
            }
        }
    }

    /// Drawn when the book is begun: a ledger of the gateway belongs to one account (S5).
    var accountID: Int64
    var pages: [Symbol: Page] = [:]
    var balances: [Asset: Amount] = [:]

    /// What is kept of each symbol; the gateway asks for what is newer than the last it saw.
    static let ordersMax = 10_000
    static let tradesMax = 20_000

    mutating func apply(_ change: PaperChange) {
        for order in change.orders { self.pages[order.symbol, default: Page()].keep(order) }
        for trade in change.trades { self.pages[trade.symbol, default: Page()].keep(trade) }
        self.balances.merge(change.balances) { $1 }
        for symbol in Set(change.orders.map(\.symbol)) {
            self.pages[symbol]?.trim(toOrders: Self.ordersMax, trades: Self.tradesMax)
        }
    }

    /// The change that makes this book out of an empty one.
    var whole: PaperChange {
        var change = PaperChange()
        for (_, page) in self.pages.sorted(by: { $0.key < $1.key }) {
            change.orders += page.orders.values.sorted { $0.number.raw < $1.number.raw }
            change.trades += page.trades
        }
        change.balances = self.balances
        return change
    }
}
