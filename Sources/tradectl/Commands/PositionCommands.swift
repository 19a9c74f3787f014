import ArgumentParser
import TradingAPI
import TradingCore

/// What an order of a position takes beside the position.
struct PositionOrderOptions: ParsableArguments {
    @Option(help: "The same key twice is one order and the same answer (default: a fresh one).")
    var key: String?
    @Option(help: "Refuse when the gateway is in another mode.") var expectMode: TradingMode?
    @Option(help: "A text of yours, carried through.") var tag: String?
    @Option(help: "The strategy whose limits bind the order too.") var strategy: String?

    func run(
        _ symbol: String,
        _ goal: PositionWish.Goal,
        _ options: GlobalOptions
    ) async throws {
        let command = RepeatableCommand(key: self.key)
        var wish = PositionWish(symbol: symbol, goal: goal)
        wish.idempotencyKey = command.key
        wish.expectedMode = self.expectMode
        wish.tag = self.tag
        wish.strategy = self.strategy
        let asked = wish
        try await command.run { try await Self.change(asked, options) }
    }

    private static func change(_ asked: PositionWish, _ options: GlobalOptions) async throws {
        let change = try await options.withClient {
            client throws(TradingClientError) in try await client.change(asked)
        }
        try options.show(change) {
            guard let order = change.order else { return change.nothingToDo?.message ?? "" }
            let repeated = change.isRepeat ? "the key was used before; this is its order\n" : ""
            return repeated + order.details
        }
        guard let order = change.order else { return }
        let outcome = Outcome(status: order.status)
        guard outcome == .done else {
            throw Failure(outcome, "order \(order.orderID) is \(order.status)")
        }
    }
}

struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sells a position, or a part of it, by a market order.",
        discussion: """
            The order does nothing but shrink the position. What other open orders of ours sell \
            already is not sold twice; a remainder that the venue takes no order of stays.
            """
    )

    @Argument(help: "Such as BTCUSDT.") var symbol: String
    @Option(help: "A share of it, such as 0.5 (default: all that can be sold).")
    var share: String?
    @Option(help: "So much of it, in the base asset.") var quantity: String?
    @OptionGroup var order: PositionOrderOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let goal: PositionWish.Goal
        switch (self.share, self.quantity) {
        case (nil, nil): goal = .close
        case (let share?, nil): goal = .closeShare(share)
        case (nil, let quantity?): goal = .closeQuantity(quantity)
        case (_, _): throw Failure(.usage, "say --share or --quantity, not both")
        }
        try await self.order.run(self.symbol, goal, self.options)
    }
}

struct Adjust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a position to a quantity by a market order.",
        discussion: """
            Open orders of ours count as filled, but for those that wait for a price. While one is \
            in flight, or its outcome unknown, nothing is done.
            """
    )

    @Argument(help: "Such as BTCUSDT.") var symbol: String
    @Argument(help: "What the position is to be, in the base asset, such as 0.5.")
    var target: String
    @OptionGroup var order: PositionOrderOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await self.order.run(self.symbol, .adjust(to: self.target), self.options)
    }
}
