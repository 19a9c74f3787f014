import MatchingEngine
import TradingCore

extension Exchange {
    /// `POST /api/v3/order`.
    func placeOrder(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let request = try OrderRequest(&call.parameters, self, customer)
        try call.parameters.requireAllRead()
        try self.requireOrderCapacity(customer, at: call.time)
        let id = try self.place(request, customer, at: call.time)
        customer.orderCount.add(1)
        self.commit(request.listing, at: call.time)
        defer { self.trace = nil }
        guard let record = request.listing.record(id) else { return }
        record.writePlacement(request.response, request.listing, self.trace, to: &writer)
    }

    /// `POST /api/v3/order/test`.
    func testOrder(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let withRates = try call.parameters.flag("computeCommissionRates") ?? false
        let request = try OrderRequest(&call.parameters, self, customer)
        try call.parameters.requireAllRead()
        if let refusal = self.engine.check(
            request.fields.terms,
            on: request.listing.market,
            at: call.time
        ) {
            throw APIError(refusal)
        }
        writer.beginObject()
        if withRates { self.writeOrderCommission(customer, to: &writer) }
        writer.endObject()
    }

    private func writeOrderCommission(_ customer: Customer, to writer: inout JSONWriter) {
        let rates = self.engine.ledger.rates[Int(customer.account.raw)]
        let none = CommissionRates(maker: 0, taker: 0)
        for (name, value) in [
            ("standardCommissionForOrder", rates), ("specialCommissionForOrder", none),
            ("taxCommissionForOrder", none),
        ] {
            writer.key(name)
            writer.beginObject()
            writer.key("maker")
            writer.decimal(value.maker)
            writer.key("taker")
            writer.decimal(value.taker)
            writer.endObject()
        }
        self.writeDiscount(rates, to: &writer)
    }

    func writeDiscount(_ rates: CommissionRates, to writer: inout JSONWriter) {
        writer.key("discount")
        writer.beginObject()
        writer.field("enabledForAccount", rates.paysInFeeAsset)
        writer.field("enabledForSymbol", self.feeAsset != nil)
        writer.field("discountAsset", "BNB")
        writer.key("discount")
        writer.decimal(Self.feeAssetShare)
        writer.endObject()
    }

    /// Refuses a placement beyond the limit of orders, where limits are enforced.
    func requireOrderCapacity(_ customer: Customer, at time: WallTime) throws(APIError) {
        customer.orderCount.roll(to: time)
        guard self.limits.isEnforced else { return }
        if let refusal = customer.orderCount.refusal(at: time) {
            self.limits.noteRefusal()
            throw refusal
        }
    }

    /// Sends an order to the engine and opens its record; its events are not yet applied.
    func place(
        _ request: OrderRequest,
        _ customer: Customer,
        at time: WallTime
    ) throws(APIError) -> VenueOrderID {
        let listing = request.listing
        let clientID = request.fields.clientOrderID ?? self.random.nextClientOrderID()
        try self.requireFreeClientID(clientID, customer, listing)
        switch self.engine.place(request.fields.terms, on: listing.market, at: time) {
        case .refused(let refusal):
            throw APIError(refusal)
        case .accepted(let id):
            self.openRecord(id, request.fields, clientID, customer, listing, at: time)
            self.trace = OrderTrace(order: id)
            return id
        }
    }

    func requireFreeClientID(
        _ clientID: String,
        _ customer: Customer,
        _ listing: Listing
    ) throws(APIError) {
        guard let id = customer.books[listing.market].byClientID[clientID] else { return }
        if listing.record(id)?.isOpen == true { throw .duplicateOrder }
    }

    func openRecord(
        _ id: VenueOrderID,
        _ fields: OrderFields,
        _ clientID: String,
        _ customer: Customer,
        _ listing: Listing,
        at time: WallTime
    ) {
        invariant(id.raw == Int64(listing.records.count) + 1, "orders are numbered in sequence")
        var terms = fields.terms
        if terms.quoteQuantity.isPositive {
            terms.quantity = self.quantityOfPlaced(id)
        }
        listing.records.append(
            OrderRecord(
                id: id,
                market: listing.market,
                terms: terms,
                clientOrderID: clientID,
                strategyID: fields.strategyID,
                strategyType: fields.strategyType,
                time: time,
                updateTime: time
            )
        )
        customer.books[listing.market].orders.append(id)
        customer.books[listing.market].open.append(id)
        customer.books[listing.market].byClientID[clientID] = id
    }

    /// The base quantity of a market order by quote quantity: what it traded, since the engine
    /// computed it from the book that it then met.
    private func quantityOfPlaced(_ id: VenueOrderID) -> Quantity {
        var quantity = Quantity.zero
        for event in self.engine.events {
            switch event {
            case .traded(let trade) where trade.taker.order == id: quantity += trade.quantity
            case .prevented(let match) where match.taker == id: quantity += match.takerQuantity
            default: break
            }
        }
        return quantity
    }

    // MARK: Cancels

    /// `DELETE /api/v3/order`.
    func cancelOrder(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let orderID = try call.parameters.integer("orderId")
        let original = call.parameters.text("origClientOrderId")
        let cancelID = try OrderFields.clientOrderID(&call.parameters, "newClientOrderId")
        let restriction = try Self.cancelRestriction(&call.parameters)
        try call.parameters.requireAllRead()
        guard orderID != nil || original != nil else {
            throw .bothMissing("origClientOrderId", "orderId")
        }
        guard let record = self.find(orderID, original, customer, listing), record.isOpen else {
            throw .unknownOrder
        }
        if let original, record.clientOrderID != original { throw .unknownOrder }
        if let restriction, record.status != restriction { throw .cancelRestrictions }
        try self.cancel(
            record,
            cancelID ?? self.random.nextClientOrderID(),
            listing,
            at: call.time,
            to: &writer
        )
    }

    static func cancelRestriction(
        _ parameters: inout Parameters,
        _ name: String = "cancelRestrictions"
    ) throws(APIError) -> OrderStatus? {
        switch parameters.text(name) {
        case nil: return nil
        case "ONLY_NEW": return .new
        case "ONLY_PARTIALLY_FILLED": return .partiallyFilled
        default: throw .invalidCancelRestrictions
        }
    }

    /// Cancels one open order, or the list that it belongs to, and writes the answer.
    func cancel(
        _ record: OrderRecord,
        _ cancelID: String,
        _ listing: Listing,
        at time: WallTime,
        to writer: inout JSONWriter
    ) throws(APIError) {
        if record.list >= 0, let list = self.lists.record(record.list) {
            return try self.cancelList(list, cancelID, at: time, to: &writer)
        }
        if let refusal = self.engine.cancel(record.id, on: listing.market, at: time) {
            throw APIError(-2011, refusal.text)
        }
        self.commit(listing, at: time, cancelID: cancelID)
        guard let ended = listing.record(record.id) else { return }
        ended.writeCancel(original: record.clientOrderID, listing, at: time, to: &writer)
    }

    /// `DELETE /api/v3/openOrders`; all orders get one client id.
    func cancelOpenOrders(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        try call.parameters.requireAllRead()
        let open = customer.books[listing.market].open
        guard !open.isEmpty else { throw .unknownOrder }
        let cancelID = self.random.nextClientOrderID()
        writer.beginArray()
        for id in open {
            guard let record = listing.record(id), record.isOpen else { continue }
            try self.cancel(record, cancelID, listing, at: call.time, to: &writer)
        }
        writer.endArray()
    }

    // MARK: Finding

    /// The order with that number, else with that client id, of that customer.
    func find(
        _ orderID: Int64?,
        _ clientID: String?,
        _ customer: Customer,
        _ listing: Listing
    ) -> OrderRecord? {
        if let orderID {
            guard let record = listing.record(VenueOrderID(raw: orderID)),
                record.terms.account == customer.account
            else { return nil }
            return record
        }
        guard let clientID, let id = customer.books[listing.market].byClientID[clientID]
        else { return nil }
        return listing.record(id)
    }
}
