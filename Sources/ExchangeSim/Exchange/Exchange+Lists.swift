import MatchingEngine
import TradingCore

/// The order lists that one may send.
enum ListKind {
    case oco, legacyOCO, oto, otoco, opo, opoco

    /// Whether the first order works alone, and the others wait for it.
    var hasWorkingOrder: Bool {
        switch self {
        case .oco, .legacyOCO: false
        case .oto, .otoco, .opo, .opoco: true
        }
    }

    /// Whether the others sell what the first one buys.
    var sellsProceeds: Bool { self == .opo || self == .opoco }
}

extension Exchange {
    /// `POST /api/v3/orderList/oco`, `/oto`, `/otoco`, `/opo`, `/opoco` and the old `/order/oco`.
    func placeList(
        _ kind: ListKind,
        _ call: inout APICall,
        _ writer: inout JSONWriter
    ) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let listClientID = try OrderFields.clientOrderID(&call.parameters, "listClientOrderId")
        let prevention = try OrderFields.preventionMode(
            &call.parameters,
            default: self.configuration.selfTradePrevention
        )
        let response = try OrderFields.response(&call.parameters, default: .result)
        var reader = ListReader(account: customer.account, prevention: prevention)
        let orders = try reader.read(kind, &call.parameters)
        try call.parameters.requireAllRead()
        try self.requireOrderCapacity(customer, at: call.time)
        let clientIDs = orders.map { $0.clientOrderID ?? self.random.nextClientOrderID() }
        for clientID in clientIDs {
            try self.requireFreeClientID(clientID, customer, listing)
        }
        let isOTO = kind.hasWorkingOrder
        let placement = self.engine.placeList(
            NewOrderList(
                working: isOTO ? orders.first?.terms : nil,
                legs: orders.dropFirst(isOTO ? 1 : 0).map(\.terms),
                sellsProceeds: kind.sellsProceeds
            ),
            on: listing.market,
            at: call.time
        )
        guard case .accepted(let id, let numbers) = placement else {
            if case .refused(let refusal) = placement { throw APIError(refusal) }
            return
        }
        for (number, (fields, clientID)) in zip(numbers, zip(orders, clientIDs)) {
            self.openRecord(number, fields, clientID, customer, listing, at: call.time)
            listing.update(number) { $0.list = id }
        }
        let record = OrderListRecord(
            id: id,
            listing: listing,
            customer: customer,
            isOTO: isOTO,
            clientID: listClientID ?? self.random.nextClientOrderID(),
            time: call.time,
            orders: numbers
        )
        self.lists.append(record)
        customer.orderCount.add(Int64(numbers.count))
        let time = call.time
        self.send(to: customer) { record.writeEvent("EXEC_STARTED", at: time, to: &$0) }
        if let first = numbers.first { self.trace = OrderTrace(order: first) }
        self.commit(listing, at: call.time)
        defer { self.trace = nil }
        self.write(record, response, at: call.time, to: &writer)
    }

    /// The answer to a placed list: legs that wait for the working order are shown waiting, even
    /// where it was filled at once.
    private func write(
        _ list: OrderListRecord,
        _ response: ResponseType,
        at time: WallTime,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        list.writeHead("EXEC_STARTED", at: time, to: &writer)
        writer.key("orderReports")
        writer.beginArray()
        for (index, id) in list.orders.enumerated() {
            guard var record = list.listing.record(id) else { continue }
            let isFirst = index == 0
            if list.isOTO, !isFirst { record.showAsPending() }
            record.writePlacement(response, list.listing, isFirst ? self.trace : nil, to: &writer)
        }
        writer.endArray()
        writer.endObject()
    }

    /// Says that a list is done.
    func finishList(_ id: Int64, at time: WallTime) {
        guard let record = self.lists.record(id) else { return }
        self.lists.finish(id)
        self.send(to: record.customer) { record.writeEvent("ALL_DONE", at: time, to: &$0) }
    }

    /// `DELETE /api/v3/orderList`.
    func cancelOrderList(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let id = try call.parameters.integer("orderListId")
        let clientID = call.parameters.text("listClientOrderId")
        let cancelID = try OrderFields.clientOrderID(&call.parameters, "newClientOrderId")
        try call.parameters.requireAllRead()
        guard id != nil || clientID != nil else {
            throw .bothMissing("orderListId", "listClientOrderId")
        }
        guard let list = self.findList(id, clientID, customer), !list.isDone,
            list.listing === listing
        else { throw .unknownOrder }
        try self.cancelList(
            list,
            cancelID ?? self.random.nextClientOrderID(),
            at: call.time,
            to: &writer
        )
    }

    /// Cancels a whole list and writes the answer.
    func cancelList(
        _ list: OrderListRecord,
        _ cancelID: String,
        at time: WallTime,
        to writer: inout JSONWriter
    ) throws(APIError) {
        let before = list.orders.compactMap { list.listing.record($0) }
        if let refusal = self.engine.cancelList(list.id, on: list.listing.market, at: time) {
            throw APIError(-2011, refusal.text)
        }
        self.commit(list.listing, at: time, cancelID: cancelID)
        writer.beginObject()
        list.writeHead("ALL_DONE", at: time, to: &writer)
        writer.key("orderReports")
        writer.beginArray()
        for record in before where record.isOpen {
            list.listing.record(record.id)?.writeCancel(
                original: record.clientOrderID,
                list.listing,
                at: time,
                to: &writer
            )
        }
        writer.endArray()
        writer.endObject()
    }

    private func findList(
        _ id: Int64?,
        _ clientID: String?,
        _ customer: Customer
    ) -> OrderListRecord? {
        if let id {
            guard let list = self.lists.record(id), list.customer === customer else { return nil }
            return list
        }
        return self.lists.all(of: customer).last { $0.clientID == clientID }
    }

    // MARK: Queries

    /// `GET /api/v3/orderList`.
    func queryList(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let id = try call.parameters.integer("orderListId")
        let clientID = call.parameters.text("origClientOrderId")
        try call.parameters.requireAllRead()
        guard id != nil || clientID != nil else {
            throw .bothMissing("orderListId", "origClientOrderId")
        }
        guard let list = self.findList(id, clientID, customer) else {
            throw APIError(-2018, "Order list does not exist.")
        }
        list.writeQuery(to: &writer)
    }

    /// `GET /api/v3/openOrderList`.
    func openLists(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        try call.parameters.requireAllRead()
        writer.beginArray()
        for list in self.lists.all(of: customer) where !list.isDone {
            list.writeQuery(to: &writer)
        }
        writer.endArray()
    }

    /// `GET /api/v3/allOrderList`; newest first.
    func allLists(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let fromID = try call.parameters.integer("fromId")
        let window = try TimeWindow(&call.parameters)
        let limit = try Self.limit(&call.parameters, default: 500, max: 1000)
        try call.parameters.requireAllRead()
        if fromID != nil, window.start != nil || window.end != nil { throw .badCombination }
        let lists = self.lists.all(of: customer)
            .filter { $0.id >= fromID ?? 0 && window.contains($0.time) }
        writer.beginArray()
        for list in lists.suffix(limit).reversed() { list.writeQuery(to: &writer) }
        writer.endArray()
    }
}

extension OrderRecord {
    /// Shows the order as it was before the first order of its list was filled.
    mutating func showAsPending() {
        self.status = .pendingNew
        self.workingTime = nil
        self.trailingTime = nil
        self.executed = .zero
        self.value = .zero
        self.expiryReason = nil
    }
}

/// Reads the orders of a list from its parameters, in the order in which they get numbers.
private struct ListReader {
    let account: AccountNumber
    let prevention: SelfTradePrevention

    mutating func read(
        _ kind: ListKind,
        _ parameters: inout Parameters
    ) throws(APIError) -> [OrderFields] {
        switch kind {
        case .oco:
            return try self.pair("above", "below", shared: "", &parameters)
        case .legacyOCO:
            return try self.legacyPair(&parameters)
        case .opo, .opoco:
            return try self.proceeds(kind, &parameters)
        case .oto:
            return [
                try self.working(&parameters),
                try self.one(OrderNames(prefix: "pending"), &parameters),
            ]
        case .otoco:
            let working = try self.working(&parameters)
            return [working]
                + (try self.pair("pendingAbove", "pendingBelow", shared: "pending", &parameters))
        }
    }

    private func one(
        _ names: OrderNames,
        _ parameters: inout Parameters
    ) throws(APIError) -> OrderFields {
        try OrderFields(&parameters, names, account: self.account, prevention: self.prevention)
    }

    /// A buy, and one or two orders that sell what it brings.
    private func proceeds(
        _ kind: ListKind,
        _ parameters: inout Parameters
    ) throws(APIError) -> [OrderFields] {
        let working = try self.working(&parameters)
        guard working.terms.side == .buy else {
            throw APIError(-1222, "Working order in an OPO list must be a bid.")
        }
        let pending =
            kind == .opo
            ? [try self.one(OrderNames(prefix: "pending", lacksQuantity: true), &parameters)]
            : try self.pair(
                "pendingAbove",
                "pendingBelow",
                shared: "pending",
                lacksQuantity: true,
                &parameters
            )
        guard pending.allSatisfy({ $0.terms.side == .sell }) else {
            throw APIError(-1223, "Pending orders in an OPO list must be asks.")
        }
        return [working] + pending
    }

    private func working(_ parameters: inout Parameters) throws(APIError) -> OrderFields {
        let fields = try self.one(OrderNames(prefix: "working"), &parameters)
        guard fields.terms.type == .limit || fields.terms.type == .limitMaker else {
            throw APIError(-1014, "Unsupported order combination.")
        }
        return fields
    }

    /// Two legs, the stop first; one of them must wait for a worse price, the other must not.
    private func pair(
        _ above: String,
        _ below: String,
        shared: String,
        lacksQuantity: Bool = false,
        _ parameters: inout Parameters
    ) throws(APIError) -> [OrderFields] {
        let first = try self.one(
            OrderNames(prefix: above, lacksQuantity: lacksQuantity, sharedPrefix: shared),
            &parameters
        )
        let second = try self.one(
            OrderNames(prefix: below, lacksQuantity: lacksQuantity, sharedPrefix: shared),
            &parameters
        )
        for (fields, prefix) in [(first, above), (second, below)]
        where fields.terms.icebergQuantity.isPositive
            && fields.terms.timeInForce != .goodTillCanceled
        {
            throw APIError(
                -1160,
                "Parameter '\(prefix)IcebergQty' is not supported if "
                    + "aboveTimeInForce/belowTimeInForce is not GTC."
            )
        }
        let isSell = first.terms.side == .sell
        // What stands above the market is the profit of a sell, and the stop of a buy.
        let (profit, stop) = isSell ? (first, second) : (second, first)
        if let refusal = Self.refusal(
            ofProfit: profit.terms.type,
            stop: stop.terms.type,
            isSell: isSell
        ) {
            throw refusal
        }
        return [stop, profit]
    }

    /// Why two types cannot be on their sides of the market; nil where they can.
    private static func refusal(
        ofProfit profit: VenueOrderType,
        stop: VenueOrderType,
        isSell: Bool
    ) -> APIError? {
        let side = isSell ? "sell" : "buy"
        switch (profit, stop) {
        case (.limitMaker, .limitMaker):
            return APIError(-1168, "At least one OCO order must be contingent.")
        case (.limitMaker, .stopLoss), (.limitMaker, .stopLossLimit), (.takeProfit, .stopLoss),
            (.takeProfit, .stopLossLimit), (.takeProfitLimit, .stopLoss),
            (.takeProfitLimit, .stopLossLimit):
            return nil
        case (.stopLoss, _), (.stopLossLimit, _):
            let place = isSell ? "below" : "above"
            return APIError(
                isSell ? -1197 : -1196,
                "A stop loss order in a \(side) OCO must be \(place)."
            )
        case (_, .takeProfit), (_, .takeProfitLimit):
            let place = isSell ? "above" : "below"
            return APIError(
                isSell ? -1199 : -1198,
                "A take profit order in a \(side) OCO must be \(place)."
            )
        case (_, .limitMaker):
            let place = isSell ? "above" : "below"
            return APIError(
                isSell ? -1166 : -1165,
                "A limit order in a \(side) OCO must be \(place)."
            )
        default:
            return APIError(-1158, "Order type not supported in OCO.")
        }
    }

    /// The old names: `price` for the LIMIT_MAKER leg, `stop…` for the stop leg.
    private func legacyPair(_ parameters: inout Parameters) throws(APIError) -> [OrderFields] {
        var limit = Parameters()
        var stop = Parameters()
        for name in ["side", "quantity"] {
            let value = try parameters.mandatory(name)
            _ = limit.add(name, value)
            _ = stop.add(name, value)
        }
        _ = limit.add("type", "LIMIT_MAKER")
        _ = limit.add("price", try parameters.mandatory("price"))
        _ = stop.add("stopPrice", try parameters.mandatory("stopPrice"))
        let stopLimit = parameters.text("stopLimitPrice")
        _ = stop.add("type", stopLimit == nil ? "STOP_LOSS" : "STOP_LOSS_LIMIT")
        if let stopLimit { _ = stop.add("price", stopLimit) }
        if let name = parameters.text("stopLimitTimeInForce") { _ = stop.add("timeInForce", name) }
        if let delta = parameters.text("trailingDelta") { _ = stop.add("trailingDelta", delta) }
        for (old, new) in [
            ("ClientOrderId", "newClientOrderId"), ("StrategyId", "strategyId"),
            ("StrategyType", "strategyType"), ("IcebergQty", "icebergQty"),
        ] {
            if let value = parameters.text("limit" + old) { _ = limit.add(new, value) }
            if let value = parameters.text("stop" + old) { _ = stop.add(new, value) }
        }
        return [
            try self.one(OrderNames(), &stop), try self.one(OrderNames(), &limit),
        ]
    }
}
