import MatchingEngine
import TradingCore

extension Exchange {
    /// `PUT /api/v3/order/amend/keepPriority`.
    func amendOrder(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let orderID = try call.parameters.integer("orderId")
        let original = call.parameters.text("origClientOrderId")
        let newID = try OrderFields.clientOrderID(&call.parameters, "newClientOrderId")
        guard let quantity = try call.parameters.decimal("newQty", as: Quantity.self) else {
            throw .missing("newQty")
        }
        try call.parameters.requireAllRead()
        guard orderID != nil || original != nil else {
            throw .bothMissing("origClientOrderId", "orderId")
        }
        guard let before = self.find(orderID, original, customer, listing), before.isOpen else {
            throw APIError(-2038, EngineRefusal.unknownOrder.text)
        }
        if let original, before.clientOrderID != original { throw .wrongClientOrderID }
        let clientID = newID ?? self.random.nextClientOrderID()
        if clientID != before.clientOrderID {
            do {
                try self.requireFreeClientID(clientID, customer, listing)
            } catch {
                throw APIError(-2038, error.message)
            }
        }
        guard quantity.isPositive else { throw APIError(-2038, EngineRefusal.notionalZero.text) }
        if let refusal = self.engine.amend(
            before.id,
            to: quantity,
            on: listing.market,
            at: call.time
        ) {
            throw APIError(-2038, refusal.text)
        }
        let executionID = self.rename(before, to: clientID, quantity, customer, listing, call.time)
        self.commit(listing, at: call.time)
        guard let after = listing.record(before.id) else { return }
        call.isFree = !after.isOpen
        self.writeAmended(after, before, executionID, listing, at: call.time, to: &writer)
    }

    /// Gives the amended order its new id and quantity, and tells of it as REPLACED.
    private func rename(
        _ before: OrderRecord,
        to clientID: String,
        _ quantity: Quantity,
        _ customer: Customer,
        _ listing: Listing,
        _ time: WallTime
    ) -> Int64 {
        let executionID = self.executionID + 1
        listing.update(before.id) { record in
            record.clientOrderID = clientID
            record.terms.quantity = quantity
            record.updateTime = time
            record.amends.append(
                OrderRecord.Amendment(
                    executionID: executionID,
                    oldClientOrderID: before.clientOrderID,
                    newClientOrderID: clientID,
                    oldQuantity: before.terms.quantity,
                    newQuantity: quantity,
                    time: time
                )
            )
        }
        self.rename(before.id, from: before.clientOrderID, to: clientID, customer, listing)
        var report = ExecutionReport(.replaced)
        report.originalClientOrderID = before.clientOrderID
        self.report(report, before.id, listing, at: time)
        if before.list >= 0, clientID != before.clientOrderID,
            let list = self.lists.record(before.list)
        {
            self.send(to: customer) { list.writeEvent("UPDATED", at: time, to: &$0) }
        }
        return executionID
    }

    /// The answer to an amendment, whose names differ from every other order body's.
    private func writeAmended(
        _ after: OrderRecord,
        _ before: OrderRecord,
        _ executionID: Int64,
        _ listing: Listing,
        at time: WallTime,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("transactTime", time)
        writer.field("executionId", executionID)
        writer.key("amendedOrder")
        writer.beginObject()
        writer.field("symbol", listing.name)
        writer.field("orderId", after.id.raw)
        writer.field("orderListId", after.list)
        writer.field("origClientOrderId", before.clientOrderID)
        writer.field("clientOrderId", after.clientOrderID)
        writer.field("price", after.terms.price)
        writer.field("qty", after.terms.quantity)
        writer.field("executedQty", after.executed)
        writer.field("preventedQty", after.prevented)
        writer.field("quoteOrderQty", after.terms.quoteQuantity)
        writer.field("cumulativeQuoteQty", after.value)
        writer.field("status", after.status.rawValue)
        writer.field("timeInForce", after.terms.timeInForce.name)
        writer.field("type", after.terms.type.name)
        writer.field("side", after.terms.side.name)
        writer.field("workingTime", after.workingTime)
        writer.field("selfTradePreventionMode", after.terms.selfTradePrevention.rawValue)
        writer.endObject()
        if after.list >= 0, let list = self.lists.record(after.list) {
            writer.key("listStatus")
            list.writeQuery(to: &writer)
        }
        writer.endObject()
    }

    /// `GET /api/v3/order/amendments`.
    func amendments(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        guard let orderID = try call.parameters.integer("orderId") else {
            throw .missing("orderId")
        }
        let fromID = try call.parameters.integer("fromExecutionId") ?? 0
        let limit = try Self.limit(&call.parameters, default: 500, max: 1000)
        try call.parameters.requireAllRead()
        guard let record = self.find(orderID, nil, customer, listing) else { throw .noSuchOrder }
        writer.beginArray()
        for amendment in record.amends.filter({ $0.executionID >= fromID }).prefix(limit) {
            writer.beginObject()
            writer.field("symbol", listing.name)
            writer.field("orderId", orderID)
            writer.field("executionId", amendment.executionID)
            writer.field("origClientOrderId", amendment.oldClientOrderID)
            writer.field("newClientOrderId", amendment.newClientOrderID)
            writer.field("origQty", amendment.oldQuantity)
            writer.field("newQty", amendment.newQuantity)
            writer.field("time", amendment.time)
            writer.endObject()
        }
        writer.endArray()
    }
}
