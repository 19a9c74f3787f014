import MatchingEngine
import TradingCore

extension PaperExchange {
    /// Applies what the engine said to the book, and tells of it in the order in which it happened.
    ///
    /// - Returns: The account's trades among it.
    @discardableResult
    mutating func settle(_ symbol: Symbol, at time: WallTime) -> [TradeReport] {
        let events = self.takeEngineEvents()
        var trades: [TradeReport] = []
        for event in events {
            switch event {
            case .accepted(let number, _):
                self.update(symbol, number, at: time) { _ in }
            case .traded(let trade):
                trades += self.apply(trade, on: symbol, at: time)
            case .prevented(let match):
                if match.makerQuantity.isPositive {
                    self.end(symbol, match.maker, .expired, "EXPIRED_IN_MATCH", at: time)
                }
                if match.takerQuantity.isPositive {
                    self.end(symbol, match.taker, .expired, "EXPIRED_IN_MATCH", at: time)
                }
            case .amended(let number, let quantity):
                self.update(symbol, number, at: time) { $0.quantity = quantity }
            case .ended(let number, let end):
                switch end {
                case .canceled: self.end(symbol, number, .canceled, "", at: time)
                case .expired(let reason):
                    self.end(symbol, number, .expired, reason.rawValue, at: time)
                // The prevented match has told of it already.
                case .expiredInMatch: break
                }
            case .activated(let number, _):
                self.update(symbol, number, at: time) { $0.isTriggered = true }
            // Of orders that the gateway does not place.
            case .pegged, .trailing, .listDone: break
            }
        }
        self.tellBalances(at: time)
        return trades
    }

    private mutating func apply(
        _ trade: EngineTrade,
        on symbol: Symbol,
        at time: WallTime
    ) -> [TradeReport] {
        var reports: [TradeReport] = []
        for (party, isMaker) in [(trade.taker, false), (trade.maker, true)] {
            guard let number = party.order, let order = self.book.pages[symbol]?.orders[number]
            else { continue }
            let rules = self.listings[symbol]?.rules.symbol
            let received = order.side == .buy ? rules?.baseAsset : rules?.quoteAsset
            let report = TradeReport(
                symbol: symbol,
                tradeID: trade.id,
                venueOrderID: number,
                side: order.side,
                price: trade.price,
                quantity: trade.quantity,
                quoteQuantity: trade.value,
                fee: party.commission,
                feeAsset: party.commission.isZero ? nil : received,
                isMaker: isMaker,
                time: time
            )
            self.keep(report)
            self.update(symbol, number, at: time, [report]) { order in
                order.executed += trade.quantity
                order.status =
                    order.executed == order.quantity ? .filled : .partiallyFilled
            }
            reports.append(report)
        }
        return reports
    }

    /// Ends an order other than by filling it.
    mutating func end(
        _ symbol: Symbol,
        _ number: VenueOrderID,
        _ status: VenueOrderStatus,
        _ reason: String,
        at time: WallTime
    ) {
        self.update(symbol, number, at: time) { order in
            order.status = status
            order.reason = reason
        }
    }

    /// Changes an order, and tells the user stream.
    private mutating func update(
        _ symbol: Symbol,
        _ number: VenueOrderID,
        at time: WallTime,
        _ trades: [TradeReport] = [],
        _ body: (inout PaperOrder) -> Void
    ) {
        guard var order = self.book.pages[symbol]?.orders[number] else {
            fatalError("invariant broken: the engine tells of an order that the book lacks")
        }
        body(&order)
        order.changedAt = time
        self.keep(order)
        self.touch(symbol)
        self.tell(.orderReported(order.report(trades)))
    }
}
