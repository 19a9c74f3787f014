import Crossover
import TradingAPI

/// Feeds the strategy with prices and events, and places what it wants.
actor Trader {
    private let client: TradingClient
    private let options: Options
    private var strategy: Strategy
    private var crossover: Crossover
    /// Whether all that happened before the start has been told.
    private var isCaughtUp = false
    private var isStopping = false
    /// Prices to let pass before the next order, after one that came to nothing.
    private var pause = 0

    /// How many prices an order that came to nothing makes the strategy wait.
    private static let pauseAfterRefusal = 20
    private static let heartbeatMilliseconds: Int64 = 500

    init(_ client: TradingClient, _ options: Options) throws {
        self.client = client
        self.options = options
        self.strategy = Strategy(
            Strategy.Settings(lot: try Quantity(options.lot), step: try Quantity(options.step))
        )
        self.crossover = Crossover(fast: options.fast, slow: options.slow)
    }

    /// Ends ``trade()`` once the call that is under way is answered.
    func stop() { self.isStopping = true }

    // MARK: Events

    /// Takes all events of this strategy's orders, from the first that ever was.
    ///
    /// The subscription goes on over restarts of the gateway by itself, without a gap.
    func follow() async throws {
        let newest = try await self.client.health().journalSequence
        let wish = SubscriptionWish(
            fromSequence: 1,
            filter: EventFilter(kinds: [.order, .fill], strategies: [self.options.name]),
            heartbeatMilliseconds: Self.heartbeatMilliseconds
        )
        for try await update in self.client.events(wish) {
            if let event = update.event { try await self.take(event) }
            if update.sequence >= newest { self.isCaughtUp = true }
        }
    }

    private func take(_ event: RemoteEvent) async throws {
        if let order = event.order, let number = Int(order.tag) {
            self.strategy.take(
                .placed(
                    orderID: event.orderID,
                    number: number,
                    quantity: try Quantity(order.quantity)
                )
            )
        }
        if let fill = event.fill {
            let quantity = try Quantity(fill.quantity)
            var received = event.side == Side.buy.name ? quantity.amount : -quantity.amount
            if self.options.symbol.hasPrefix(fill.feeAsset) { received -= try Amount(fill.fee) }
            self.strategy.take(
                .traded(orderID: event.orderID, quantity: quantity, received: received)
            )
            say("filled: order \(event.orderID), \(event.side) \(fill.quantity) at \(fill.price)")
        }
        switch event.status {
        case "REFUSED", "SIMULATED", "CANCELED", "EXPIRED", "REJECTED", "NOT_PLACED":
            self.strategy.take(.ended(orderID: event.orderID))
            say("order \(event.orderID) is \(event.status)")
        case "" where event.name == "order_resolved":
            // A person ended the doubt; only the order itself says how.
            if try await self.client.order(event.orderID).isTerminal {
                self.strategy.take(.ended(orderID: event.orderID))
            }
        default: break
        }
    }

    // MARK: Trading

    /// Looks at the price again and again, and trades.
    func trade() async throws {
        while !self.isStopping {
            if let trend = await self.trend() {
                self.pause = max(0, self.pause - 1)
                if self.isCaughtUp, self.pause == 0, let intent = self.strategy.decide(trend) {
                    try await self.place(intent)
                }
            }
            try await Task.sleep(for: self.options.interval)
        }
    }

    /// The trend with the newest price; nil where there is none, or no price.
    private func trend() async -> Crossover.Trend? {
        let positions: RemotePositions
        do {
            positions = try await self.client.positions()
        } catch {
            say("no price: \(error)")
            return nil
        }
        let position = positions.positions.first { $0.symbol == self.options.symbol }
        // The gateway tells the mark price of what it has traded only: the first lot is bought
        // without a trend, and gives the averages their prices.
        guard let position else { return .up }
        guard let price = try? Price(position.markPrice) else { return nil }
        return self.crossover.add(price)
    }

    /// Places an order, once: the key names the same order in every attempt, also after a restart
    /// of the gateway or of this program.
    private func place(_ intent: Intent) async throws {
        var wish = OrderWish.market(self.options.symbol, intent.side, intent.quantity)
        wish.idempotencyKey = "\(self.options.name)-\(intent.number)"
        wish.tag = "\(intent.number)"
        wish.strategy = self.options.name
        while true {
            do {
                let (order, isRepeat) = try await self.client.place(wish)
                say(
                    "order \(intent.number): \(order.side) \(order.quantity) is \(order.status)"
                        + (isRepeat ? ", placed before" : "")
                )
                if ["REFUSED", "SIMULATED", "REJECTED"].contains(order.status) {
                    self.pause = Self.pauseAfterRefusal
                }
                return
            } catch .refused(let refusal) {
                say("order \(intent.number) is refused: \(refusal.message)")
                self.strategy.drop(intent)
                self.pause = Self.pauseAfterRefusal
                return
            } catch .status(let status) where Self.isOurFault(status) {
                throw TradingClientError.status(status)
            } catch {
                say("order \(intent.number) has no answer yet: \(error)")
                // Begun anew, the program learns from the events whether there is an order.
                guard !self.isStopping else { return }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private static func isOurFault(_ status: Status) -> Bool {
        [.invalidArgument, .unauthenticated, .permissionDenied, .unimplemented]
            .contains(status.code)
    }
}
