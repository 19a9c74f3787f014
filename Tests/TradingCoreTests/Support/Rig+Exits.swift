@testable import TradingCore

extension Make {
    /// Exits around an entry at 100.
    static func exits(
        stop: String? = "90",
        limit: String? = nil,
        profit: String? = "110"
    ) -> ExitTerms {
        ExitTerms(
            stopLoss: stop.map {
                ExitTerms.StopLoss(at: Make.price($0), limit: limit.map(Make.price))
            },
            takeProfit: profit.map(Make.price)
        )
    }
}

extension Rig {
    /// Places an entry with exits that the venue takes.
    @discardableResult
    func enter(
        _ exits: ExitTerms = Make.exits(),
        _ terms: OrderTerms = Make.terms(),
        venue number: Int64 = 1_000
    ) -> OrderIntent {
        var wish = Make.wish(terms)
        wish.exits = exits
        let turn = self.ask(.placeOrder(wish))
        guard let intent = turn.placements.first else {
            fatalError("not placed: \(turn.replies)")
        }
        self.tell(.placementAnswered(intent.orderID, .accepted(Make.report(intent, venue: number))))
        return intent
    }

    /// Fills a part of an order, or all of it.
    @discardableResult
    func fill(
        _ intent: OrderIntent,
        _ quantity: String,
        of executed: String,
        trade: Int64,
        at price: String = "100",
        fee: String = "0",
        in feeAsset: String? = nil,
        venue number: Int64 = 1_000
    ) -> Turn {
        let fill = Make.fill(trade, quantity, at: price, fee: fee, in: feeAsset)
        let isWhole = Make.quantity(executed) == intent.terms.quantity
        return self.tell(
            .orderReported(
                Make.exitReport(
                    intent,
                    isWhole ? .filled : .partiallyFilled,
                    venue: number,
                    executed: executed,
                    fills: [fill]
                )
            )
        )
    }

    /// The venue takes an exit that was placed.
    @discardableResult
    func take(_ intent: OrderIntent, venue number: Int64) -> Turn {
        self.tell(
            .placementAnswered(intent.orderID, .accepted(Make.exitReport(intent, venue: number)))
        )
    }

    @discardableResult
    func reject(_ intent: OrderIntent, _ text: String = "Filter failure: X") -> Turn {
        let error = VenueError(httpStatus: 400, code: -2010, message: text)
        return self.tell(.placementAnswered(intent.orderID, .rejected(error)))
    }

    /// The venue tells that an order ended.
    @discardableResult
    func end(
        _ intent: OrderIntent,
        _ status: VenueOrderStatus = .canceled,
        venue number: Int64
    ) -> Turn {
        self.tell(.orderReported(Make.exitReport(intent, status, venue: number)))
    }

    @discardableResult
    func quote(_ bid: String, symbol: Symbol = Make.bitcoin) -> Turn {
        let quote = Quote(bid: Make.price(bid), ask: Make.price(bid))
        return self.tell(.quoted(symbol, quote))
    }

    /// Wakes the gateway after a while.
    @discardableResult
    func wait(milliseconds: Int64 = 1_100) -> Turn {
        self.advance(milliseconds: milliseconds)
        return self.turn(.wake)
    }

    func exits(of intent: OrderIntent) -> ExitPlan? { self.gateway.state.exits[intent.orderID] }
}

extension Make {
    static func exitReport(
        _ intent: OrderIntent,
        _ status: VenueOrderStatus = .new,
        venue number: Int64,
        executed: String = "0",
        fills: [Fill] = []
    ) -> OrderReport {
        var report = Make.report(
            intent,
            status,
            venue: number,
            executed: executed,
            fills: fills
        )
        report.type = intent.terms.type.venueType
        report.stopPrice = intent.terms.type.trigger?.stopPrice ?? .zero
        return report
    }
}
