import MatchingEngine
import TradingCore

extension Exchange {
    /// Applies what the engine said to the records, and tells everybody who listens.
    ///
    /// - Parameters:
    ///   - listing: The market on which the engine acted.
    ///   - time: The time of the whole transaction.
    ///   - cancelID: The client id that cancelled orders get; each keeps its own where nil.
    func commit(_ listing: Listing, at time: WallTime, cancelID: String? = nil) {
        self.transaction += 1
        self.apply(listing, at: time, cancelID: cancelID)
        if self.hasHouseTraded {
            self.hasHouseTraded = false
            self.liquidity?.didTrade(self, listing)
            self.apply(listing, at: time, cancelID: nil)
            self.hasHouseTraded = false
        }
        for customer in self.touched { self.sendPosition(of: customer, on: listing, at: time) }
        self.touched.removeAll(keepingCapacity: true)
        listing.feed.publish(self, listing, at: time)
    }

    private func apply(_ listing: Listing, at time: WallTime, cancelID: String?) {
        // The buffer is taken out, so that nothing here sees a half-applied one.
        var events: [EngineEvent] = []
        swap(&events, &self.engine.events)
        for event in events { self.apply(event, listing, at: time, cancelID: cancelID) }
        if self.engine.events.isEmpty {
            events.removeAll(keepingCapacity: true)
            swap(&events, &self.engine.events)
        }
    }

    private func apply(
        _ event: EngineEvent,
        _ listing: Listing,
        at time: WallTime,
        cancelID: String?
    ) {
        switch event {
        case .accepted(let id, let state):
            self.accept(id, state, listing, at: time)
        case .traded(let trade):
            self.apply(trade, listing, at: time)
        case .prevented(let match):
            self.apply(match, listing, at: time)
        case .activated(let id, let state):
            listing.update(id) { record in
                if state == .resting { record.workingTime = time }
                record.status = .new
                record.updateTime = time
            }
            self.report(ExecutionReport(.new), id, listing, at: time)
        case .pegged(let id, let price):
            listing.update(id) { $0.peggedPrice = price }
        case .trailing(let id):
            listing.update(id) { $0.trailingTime = time }
        case .amended(let id, let quantity):
            listing.update(id) { record in
                record.terms.quantity = quantity
                record.updateTime = time
            }
        case .ended(let id, let end):
            self.end(id, end, listing, at: time, cancelID: cancelID)
        case .listDone(let id):
            self.finishList(id, at: time)
        }
    }

    private func accept(
        _ id: VenueOrderID,
        _ state: BookOrder.State,
        _ listing: Listing,
        at time: WallTime
    ) {
        listing.update(id) { record in
            record.workingTime = state == .resting ? time : nil
            record.status = state == .pending ? .pendingNew : .new
        }
        self.report(ExecutionReport(.new), id, listing, at: time)
        if state == .resting { self.scheduleFills(id, listing, at: time) }
    }

    // MARK: Trades

    private func apply(_ trade: EngineTrade, _ listing: Listing, at time: WallTime) {
        self.applySide(trade, isMaker: false, listing, at: time)
        self.applySide(trade, isMaker: true, listing, at: time)
        let isBuyerMaker = trade.takerSide == .sell
        let published = PublicTrade(
            id: trade.id,
            price: trade.price,
            quantity: trade.quantity,
            value: trade.value,
            time: time,
            isBuyerMaker: isBuyerMaker
        )
        listing.remember(published, transaction: self.transaction)
        listing.feed.publish(published, self, listing)
    }

    private func applySide(
        _ trade: EngineTrade,
        isMaker: Bool,
        _ listing: Listing,
        at time: WallTime
    ) {
        let party = isMaker ? trade.maker : trade.taker
        guard let id = party.order, let customer = self.customer(of: party.account) else {
            // The other side gets the execution ids in between.
            _ = self.nextExecutionID()
            self.hasHouseTraded = true
            return
        }
        let isBuyer = (trade.takerSide == .buy) != isMaker
        let assets = listing.rules.symbol
        var isFirstFill = false
        var list: Int64 = -1
        listing.update(id) { record in
            record.executed += trade.quantity
            record.value += trade.value
            record.updateTime = time
            let isDone = record.executed + record.prevented == record.terms.quantity
            record.status = isDone ? .filled : .partiallyFilled
            isFirstFill = !record.isFillCounted
            record.isFillCounted = true
            list = record.list
        }
        if isFirstFill {
            customer.orderCount.roll(to: time)
            customer.orderCount.add(isMaker ? -5 : -1)
        }
        let fill = AccountTrade(
            id: trade.id,
            order: id,
            list: list,
            price: trade.price,
            quantity: trade.quantity,
            value: trade.value,
            commission: party.commission,
            commissionAsset: party.commissionAsset.map { self.engine.ledger.assets[$0.raw].name }
                ?? (isBuyer ? assets.baseAsset : assets.quoteAsset).name,
            time: time,
            isBuyer: isBuyer,
            isMaker: isMaker
        )
        customer.books[listing.market].trades.append(fill)
        if party.commissionAsset != nil { customer.paidInFeeAsset = true }
        if self.trace?.order == id, !isMaker { self.trace?.fills.append(fill) }
        if listing.record(id)?.isOpen == false { self.close(id, customer, listing) }
        self.report(ExecutionReport(fill), id, listing, at: time)
    }

    private func apply(_ match: PreventedMatch, _ listing: Listing, at time: WallTime) {
        listing.prevented.append((match, time))
        if self.trace?.order == match.taker { self.trace?.prevented.append(match) }
        for isMaker in [false, true] {
            let quantity = isMaker ? match.makerQuantity : match.takerQuantity
            guard quantity.isPositive else { continue }
            let id = isMaker ? match.maker : match.taker
            listing.update(id) { record in
                record.prevented += quantity
                record.lastPreventedID = match.id
                record.updateTime = time
                let isGone = record.executed + record.prevented == record.terms.quantity
                if isGone { record.status = .expiredInMatch }
            }
            if listing.record(id)?.isOpen == false, let customer = self.customer(of: match.account)
            {
                self.close(id, customer, listing)
            }
            self.report(
                ExecutionReport(match, isMaker: isMaker),
                id,
                listing,
                at: time
            )
        }
    }

    // MARK: Ends

    private func end(
        _ id: VenueOrderID,
        _ end: OrderEnd,
        _ listing: Listing,
        at time: WallTime,
        cancelID: String?
    ) {
        guard let before = listing.record(id),
            let customer = self.customer(of: before.terms.account)
        else { return }
        switch end {
        case .expiredInMatch:
            // The prevented match has told of it already.
            return
        case .expired(let reason):
            listing.update(id) { record in
                record.status = .expired
                record.expiryReason = reason
                record.updateTime = time
            }
            self.close(id, customer, listing)
            self.report(ExecutionReport(.expired), id, listing, at: time)
        case .canceled:
            let newID = cancelID ?? before.clientOrderID
            listing.update(id) { record in
                record.status = .canceled
                record.clientOrderID = newID
                record.updateTime = time
            }
            self.close(id, customer, listing)
            self.rename(id, from: before.clientOrderID, to: newID, customer, listing)
            var report = ExecutionReport(.canceled)
            report.originalClientOrderID = before.clientOrderID
            self.report(report, id, listing, at: time)
        }
    }

    /// Gives an order another client id; the old one no longer finds it (section 4.6).
    func rename(
        _ id: VenueOrderID,
        from old: String,
        to new: String,
        _ customer: Customer,
        _ listing: Listing
    ) {
        if customer.books[listing.market].byClientID[old] == id {
            customer.books[listing.market].byClientID[old] = nil
        }
        customer.books[listing.market].byClientID[new] = id
    }

    private func close(_ id: VenueOrderID, _ customer: Customer, _ listing: Listing) {
        customer.books[listing.market].open.removeAll { $0 == id }
    }

    // MARK: Reports

    /// Sends an execution report to the order's owner, and notes that balances may have changed.
    func report(
        _ report: ExecutionReport,
        _ id: VenueOrderID,
        _ listing: Listing,
        at time: WallTime
    ) {
        let executionID = self.nextExecutionID()
        guard let record = listing.record(id),
            let customer = self.customer(of: record.terms.account)
        else { return }
        customer.updateTime = time
        if !self.touched.contains(where: { $0 === customer }) { self.touched.append(customer) }
        self.send(to: customer) {
            report.write(record, listing, executionID: executionID, at: time, to: &$0)
        }
    }

    private func sendPosition(of customer: Customer, on listing: Listing, at time: WallTime) {
        guard !customer.subscriptions.isEmpty else { return }
        var assets = [listing.base, listing.quote]
        if let fees = self.feeAsset, !assets.contains(fees), customer.paidInFeeAsset {
            assets.append(fees)
        }
        customer.paidInFeeAsset = false
        self.sendPosition(of: customer, assets: assets, at: time)
    }

    /// Sends `outboundAccountPosition` for some assets.
    func sendPosition(of customer: Customer, assets: [AssetIndex], at time: WallTime) {
        self.send(to: customer) { writer in
            writer.beginObject()
            writer.field("e", "outboundAccountPosition")
            writer.field("E", time)
            writer.field("u", time)
            writer.key("B")
            writer.beginArray()
            for asset in assets {
                let balance = self.engine.ledger[customer.account, asset]
                writer.beginObject()
                writer.field("a", self.engine.ledger.assets[asset.raw].name)
                writer.field("f", balance.free)
                writer.field("l", balance.locked)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }

    /// Sends an event on the user data streams of a customer, as the faults in force let it.
    func send(
        to customer: Customer,
        where condition: (UserSubscription) -> Bool = { _ in true },
        _ write: (inout JSONWriter) -> Void
    ) {
        guard !customer.subscriptions.isEmpty else { return }
        let fate = self.eventFaults.next()
        guard fate.copies > 0 else { return }
        for subscription in customer.subscriptions
        where !subscription.isSilenced && condition(subscription) {
            subscription.connection.deliver(subscription.text(write), fate)
        }
    }
}
