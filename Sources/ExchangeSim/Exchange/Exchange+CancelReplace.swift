import MatchingEngine
import TradingCore

extension Exchange {
    /// `POST /api/v3/order/cancelReplace` (section 3.8).
    func cancelReplace(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let terms = try ReplaceTerms(&call.parameters)
        let request = try OrderRequest(&call.parameters, self, customer)
        try call.parameters.requireAllRead()
        // Filters and the count of orders come before the cancel.
        if let refusal = self.engine.check(
            request.fields.terms,
            on: request.listing.market,
            at: call.time
        ),
            refusal != .filter(.maxOrders)
        {
            throw APIError(refusal)
        }
        var limit: APIError?
        do {
            try self.requireOrderCapacity(customer, at: call.time)
        } catch {
            guard terms.cancelsOverLimit else { throw error }
            limit = error
        }
        let canceled = self.cancelPart(
            terms,
            request.listing,
            customer,
            at: call.time,
            writer.timeUnit
        )
        var placed = Half.notAttempted
        if canceled.isSuccess || terms.allowsFailure {
            if let limit {
                placed = .failure(limit)
            } else {
                placed = self.placePart(
                    request,
                    customer,
                    at: call.time,
                    writer.timeUnit
                )
            }
            customer.orderCount.add(1)
        } else {
            customer.orderCount.add(1)
        }
        try Self.answer(canceled, placed, limit, terms, to: &writer)
    }

    private func cancelPart(
        _ terms: ReplaceTerms,
        _ listing: Listing,
        _ customer: Customer,
        at time: WallTime,
        _ unit: TimeUnit
    ) -> Half {
        do throws(APIError) {
            guard let record = self.find(terms.orderID, terms.original, customer, listing),
                record.isOpen, terms.original == nil || record.clientOrderID == terms.original
            else { throw .unknownOrder }
            if let restriction = terms.restriction, record.status != restriction {
                throw .cancelRestrictions
            }
            var writer = JSONWriter(timeUnit: unit)
            try self.cancel(
                record,
                terms.cancelID ?? self.random.nextClientOrderID(),
                listing,
                at: time,
                to: &writer
            )
            return .success(writer.bytes)
        } catch {
            return .failure(error)
        }
    }

    private func placePart(
        _ request: OrderRequest,
        _ customer: Customer,
        at time: WallTime,
        _ unit: TimeUnit
    ) -> Half {
        do throws(APIError) {
            let id = try self.place(request, customer, at: time)
            self.commit(request.listing, at: time)
            defer { self.trace = nil }
            var writer = JSONWriter(timeUnit: unit)
            request.listing.record(id)?.writePlacement(
                request.response,
                request.listing,
                self.trace,
                to: &writer
            )
            return .success(writer.bytes)
        } catch {
            return .failure(error)
        }
    }

    private static func answer(
        _ canceled: Half,
        _ placed: Half,
        _ limit: APIError?,
        _ terms: ReplaceTerms,
        to writer: inout JSONWriter
    ) throws(APIError) {
        var data = JSONWriter()
        data.beginObject()
        data.field("cancelResult", canceled.name)
        data.field("newOrderResult", placed.name)
        data.key("cancelResponse")
        canceled.write(to: &data)
        data.key("newOrderResponse")
        placed.write(to: &data)
        data.endObject()
        if canceled.isSuccess, placed.isSuccess { return writer.raw(data.bytes) }
        let isPartial = canceled.isSuccess || placed.isSuccess
        let isOverLimit = limit != nil && !terms.allowsFailure
        var error = APIError(
            isPartial ? -2021 : -2022,
            isPartial
                ? "Order cancel-replace partially failed." : "Order cancel-replace failed.",
            status: isOverLimit ? 429 : (isPartial ? 409 : 400)
        )
        error.data = data.bytes
        if isOverLimit { error.retryAfterSeconds = limit?.retryAfterSeconds }
        throw error
    }
}

/// What became of one half of a cancel-replace.
private enum Half {
    case success([UInt8])
    case failure(APIError)
    case notAttempted

    var isSuccess: Bool { if case .success = self { true } else { false } }

    var name: String {
        switch self {
        case .success: "SUCCESS"
        case .failure: "FAILURE"
        case .notAttempted: "NOT_ATTEMPTED"
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .success(let body): writer.raw(body)
        case .failure(let error): error.write(to: &writer)
        case .notAttempted: writer.null()
        }
    }
}

/// What a cancel-replace says beyond the new order.
private struct ReplaceTerms {
    let allowsFailure: Bool
    let cancelsOverLimit: Bool
    let orderID: Int64?
    let original: String?
    let cancelID: String?
    let restriction: OrderStatus?

    init(_ parameters: inout Parameters) throws(APIError) {
        switch try parameters.mandatory("cancelReplaceMode") {
        case "STOP_ON_FAILURE": self.allowsFailure = false
        case "ALLOW_FAILURE": self.allowsFailure = true
        default: throw .malformed("cancelReplaceMode")
        }
        switch parameters.text("orderRateLimitExceededMode") {
        case nil, "DO_NOTHING": self.cancelsOverLimit = false
        case "CANCEL_ONLY": self.cancelsOverLimit = true
        default: throw .malformed("orderRateLimitExceededMode")
        }
        self.orderID = try parameters.integer("cancelOrderId")
        self.original = parameters.text("cancelOrigClientOrderId")
        guard self.orderID != nil || self.original != nil else {
            throw .bothMissing("cancelOrigClientOrderId", "cancelOrderId")
        }
        self.cancelID = try OrderFields.clientOrderID(&parameters, "cancelNewClientOrderId")
        self.restriction = try Exchange.cancelRestriction(&parameters)
    }
}
