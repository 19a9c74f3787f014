import ArgumentParser
import TradingAPI
import TradingCore

struct Place: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Places an order: a market order, or a limit order with --limit.",
        discussion: """
            With --stop-price the order waits for that price: as a market order, or as a limit \
            order with --limit. It is a stop loss unless --type says take_profit. With --type \
            limit_maker it rests at its limit, or is rejected where it would trade at once. With \
            --stop-loss, --take-profit or both, what is bought is sold again at those prices.
            """
    )

    @Argument(help: "Such as BTCUSDT.") var symbol: String
    @Argument(help: "buy or sell.") var side: Side
    @Argument(help: "In the base asset, such as 0.5; none with --quote-quantity.")
    var quantity: String?
    @Option(help: "Market orders: how much of the quote asset to spend, or to bring in.")
    var quoteQuantity: String?
    @Option(help: "The limit price.") var limit: String?
    @Option(help: "What the order waits for before it works.") var stopPrice: String?
    @Option(
        help: ArgumentHelp(
            "Such as limit_maker, stop_loss or take_profit_limit (default: what the prices say)."
        )
    )
    var type: VenueOrderType?
    @Option(help: "Sell what is bought once the price fell to this.") var stopLoss: String?
    @Option(help: "With --stop-loss: sell for no less than this.") var stopLossLimit: String?
    @Option(help: "Sell what is bought at this price or better.") var takeProfit: String?
    @Option(help: "Limit orders: GTC, IOC or FOK (default: GTC).") var tif: TimeInForce?
    @Option(help: "The same key twice is one order and the same answer (default: a fresh one).")
    var key: String?
    @Option(help: "Refuse when the gateway is in another mode.") var expectMode: TradingMode?
    @Option(help: "A text of yours, carried through.") var tag: String?
    @Option(help: "The strategy whose limits bind the order too.") var strategy: String?
    @Flag(help: "Place it once more where it is proven that it never reached the venue.")
    var resubmitIfAbsent = false
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let command = RepeatableCommand(key: self.key)
        let wish = try self.wish(command.key)
        try await command.run { try await self.place(wish) }
    }

    /// The order that is asked for, as far as it can be judged here.
    private func wish(_ key: String) throws(Failure) -> OrderWish {
        guard (self.quantity != nil) != (self.quoteQuantity != nil) else {
            throw Failure(.usage, "say a quantity or --quote-quantity")
        }
        var wish = OrderWish(symbol: self.symbol, side: self.side, quantity: self.quantity ?? "")
        wish.quoteQuantity = self.quoteQuantity
        wish.limitPrice = self.limit
        wish.stopPrice = self.stopPrice
        wish.type = self.limitedType
        try self.check(wish.impliedType)
        wish.timeInForce = self.tif
        wish.idempotencyKey = key
        wish.expectedMode = self.expectMode
        wish.tag = self.tag
        wish.strategy = self.strategy
        wish.resubmitsIfAbsent = self.resubmitIfAbsent
        guard self.stopLossLimit == nil || self.stopLoss != nil else {
            throw Failure(.usage, "--stop-loss-limit goes with --stop-loss")
        }
        wish.stopLossPrice = self.stopLoss
        wish.stopLossLimit = self.stopLossLimit
        wish.takeProfitPrice = self.takeProfit
        return wish
    }

    private func place(_ wish: OrderWish) async throws {
        let (order, isRepeat) = try await self.options.withClient {
            client throws(TradingClientError) in try await client.place(wish)
        }
        try self.options.show(order) {
            (isRepeat ? "the key was used before; this is its order\n" : "") + order.details
        }
        let outcome = Outcome(status: order.status)
        guard outcome == .done else {
            throw Failure(outcome, "order \(order.orderID) is \(order.status)")
        }
    }
}

extension Place {
    /// The type that was named, as a limit order where a limit is given.
    private var limitedType: VenueOrderType? {
        guard self.limit != nil else { return self.type }
        switch self.type {
        case .stopLoss: return .stopLossLimit
        case .takeProfit: return .takeProfitLimit
        default: return self.type
        }
    }

    /// What the type needs must be said, and nothing that it does not have.
    private func check(_ type: VenueOrderType) throws(Failure) {
        let parts = [
            ("--limit", self.limit != nil, !type.isMarket),
            ("--stop-price", self.stopPrice != nil, type.isAlgorithmic),
        ]
        for (option, isGiven, isNeeded) in parts where isGiven != isNeeded {
            let verb = isNeeded ? "needs" : "does not take"
            throw Failure(.usage, "a \(type.name) order \(verb) \(option)")
        }
        if self.quoteQuantity != nil, type != .market {
            throw Failure(.usage, "--quote-quantity does not go with a \(type.name) order")
        }
        if self.tif != nil, !type.hasTimeInForce {
            let advice = self.limit == nil ? ": it goes with --limit" : ""
            throw Failure(.usage, "--tif does not go with a \(type.name) order\(advice)")
        }
    }
}

struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cancels one order, or all of ours with --all."
    )

    @Argument(help: "The order's number.") var order: UInt64?
    @Flag(help: "Every open order of ours.") var all = false
    @Option(help: "With --all: this symbol only.") var symbol: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        guard (self.order != nil) != self.all else {
            throw Failure(.usage, "name one order, or say --all")
        }
        guard let orderID = self.order else {
            let symbol = self.symbol
            let ids = try await self.options.withClient {
                client throws(TradingClientError) in try await client.cancelAll(symbol: symbol)
            }
            try self.options.show(ids) {
                ids.isEmpty
                    ? "no open orders"
                    : "cancel sent for \(ids.map(String.init).joined(separator: ", "))"
            }
            return
        }
        let order = try await self.options.withClient {
            client throws(TradingClientError) in try await client.cancel(orderID)
        }
        try self.options.show(order) { order.details }
        if order.status == "UNKNOWN" || order.isCancelPending {
            throw Failure(.unknown, "the cancel of order \(orderID) is not confirmed yet")
        }
    }
}

struct Amend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Changes the quantity of an open order, or the price of a limit order.",
        discussion: """
            A smaller quantity alone keeps the order and its place in the queue. Anything else \
            cancels it and, once its end is proven, places a new order for what is left; an order \
            that waits for a price takes nothing but a smaller quantity.
            """
    )

    @Argument(help: "The order's number.") var order: UInt64
    @Option(help: "The whole new quantity, what is filled included.") var quantity: String?
    @Option(help: "The new limit price.") var limit: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        guard self.quantity != nil || self.limit != nil else {
            throw Failure(.usage, "say --quantity, --limit or both")
        }
        let command = self
        let order = try await self.options.withClient {
            client throws(TradingClientError) in
            try await client.amend(
                command.order,
                quantity: command.quantity,
                price: command.limit
            )
        }
        try self.options.show(order) { order.details }
        if order.isAmendPending {
            throw Failure(.unknown, "the amendment of order \(self.order) is not confirmed yet")
        }
        let outcome = Outcome(status: order.status)
        guard outcome == .done else {
            throw Failure(outcome, "order \(order.orderID) is \(order.status)")
        }
    }
}

struct ListOrders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orders",
        abstract: "Lists open orders, or all with --all, newest first."
    )

    @Flag(help: "Finished orders too.") var all = false
    @Option(help: "This symbol only.") var symbol: String?
    @Option(help: "How many at most, up to 1000.") var limit: UInt32 = 100
    @Option(help: "Orders below this number only.") var before: UInt64 = 0
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let command = self
        let orders = try await self.options.withClient {
            client throws(TradingClientError) in
            try await client.orders(
                includesClosed: command.all,
                symbol: command.symbol,
                countMax: command.limit,
                before: command.before
            )
        }
        try self.options.show(orders) {
            var table = Table(header: RemoteOrder.tableHeader)
            for order in orders { table.add(order.tableRow) }
            return table.isEmpty ? "no orders" : table.text
        }
    }
}
