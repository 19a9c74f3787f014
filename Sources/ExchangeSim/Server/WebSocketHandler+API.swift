import MarketReplay
import TradingCore

extension WebSocketHandler {
    /// One request to the WebSocket API, taken apart.
    private struct Request {
        let id: JSONValue
        let method: String
        var parameters = Parameters()
        var credentials = Credentials()
        var returnsRateLimits: Bool
    }

    /// Answers a request to the WebSocket API (section 9).
    func answerAPI(_ bytes: [UInt8], returnsRateLimits: Bool) {
        guard let json = JSONValue(parsing: bytes), let name = json["method"]?.text else {
            return self.respond(.null, error: .invalidJSON, orders: nil, returnsRateLimits)
        }
        var request = Request(
            id: json["id"] ?? .null,
            method: name,
            returnsRateLimits: returnsRateLimits
        )
        if let error = self.read(json["params"], into: &request) {
            return self.respond(request.id, error: error, orders: nil, returnsRateLimits)
        }
        if let endpoint = Endpoint.method(request.method),
            !endpoint.isOfListenKeys || self.exchange.configuration.servesListenKeys
        {
            self.answer(endpoint, request)
        } else {
            self.answerSession(&request)
        }
    }

    private func read(_ params: JSONValue?, into request: inout Request) -> APIError? {
        guard let params, params != .null else { return nil }
        guard case .object(let members) = params else { return .invalidJSON }
        for member in members {
            guard let value = member.value.spelling else { continue }
            switch member.name {
            case "returnRateLimits": request.returnsRateLimits = value != "false"
            case "apiKey": request.credentials.apiKey = value
            case "signature": request.credentials.signature = value
            default: break
            }
            guard request.parameters.add(member.name, value) else { return .duplicateParameter }
        }
        for name in ["returnRateLimits", "apiKey", "signature"] {
            _ = request.parameters.text(name)
        }
        if request.credentials.apiKey != nil {
            request.credentials.payloads = Self.payloads(request.parameters)
        }
        request.credentials.session = self.session.logon?.customer
        request.credentials.sessionKey = self.session.logon?.apiKey
        return nil
    }

    /// What a signature may cover: the sorted parameters as they are, or percent-encoded as two
    /// common clients do (section 2.3).
    private static func payloads(_ parameters: Parameters) -> [[UInt8]] {
        var plain: [UInt8] = []
        var encoded: [UInt8] = []
        for (name, value) in parameters.sorted(without: "signature") {
            if !plain.isEmpty {
                plain.append(UInt8(ascii: "&"))
                encoded.append(UInt8(ascii: "&"))
            }
            plain.append(contentsOf: "\(name)=\(value)".utf8)
            encoded.append(contentsOf: Form.encode(name))
            encoded.append(UInt8(ascii: "="))
            encoded.append(contentsOf: Form.encode(value))
        }
        return plain == encoded ? [plain] : [plain, encoded]
    }

    private func execute(_ endpoint: Endpoint, _ request: Request) -> APIReply {
        self.exchange.answer(
            endpoint,
            request.parameters,
            request.credentials,
            self.timeUnit
        )
    }

    private func answer(_ endpoint: Endpoint, _ request: Request) {
        let subject = FaultSubject(method: "WS", path: request.method, isReused: true)
        guard let fault = self.exchange.faults.take(subject, at: self.exchange.now) else {
            return self.respond(request, self.execute(endpoint, request))
        }
        switch fault {
        case .delay(let milliseconds, let executesFirst):
            let early = executesFirst ? self.execute(endpoint, request) : nil
            self.later(self.exchange.faults.draw(milliseconds)) { handler in
                handler.respond(request, early ?? handler.execute(endpoint, request))
            }
        case .close(let executes):
            if executes { _ = self.execute(endpoint, request) }
            self.cut()
        case .hang(let executes):
            if executes { _ = self.execute(endpoint, request) }
        case .truncate:
            _ = self.execute(endpoint, request)
            self.cut()
        case .fail(_, let error, let executes):
            if executes { _ = self.execute(endpoint, request) }
            self.respond(
                request,
                APIReply(status: error.status, body: error.body, error: error)
            )
        case .stale(let snapshot):
            let reply =
                endpoint.isQuery
                ? self.exchange.answering(asOf: snapshot) { self.execute(endpoint, request) }
                : self.execute(endpoint, request)
            self.respond(request, reply)
        }
    }

    private func respond(_ request: Request, _ reply: APIReply) {
        if let error = reply.error {
            return self.respond(
                request.id,
                error: error,
                orders: reply.orderCount,
                request.returnsRateLimits
            )
        }
        self.respond(
            request.id,
            result: reply.body,
            orders: reply.orderCount,
            request.returnsRateLimits
        )
    }

    // MARK: Sessions and user data streams

    private func answerSession(_ request: inout Request) {
        self.exchange.limits.roll(to: self.exchange.now)
        if let refusal = self.exchange.limits.admit(weight: 2, at: self.exchange.now) {
            return self.respond(request.id, error: refusal, orders: nil, request.returnsRateLimits)
        }
        self.exchange.limits.add(weight: 2)
        do throws(APIError) {
            switch request.method {
            case "session.logon": try self.logOn(&request)
            case "session.status": self.respond(request) { self.writeSession(to: &$0) }
            case "session.logout": self.logOut(request)
            case "session.subscriptions": self.listSubscriptions(request)
            case "userDataStream.subscribe": try self.subscribeSession(request)
            case "userDataStream.subscribe.signature": try self.subscribeSigned(&request)
            case "userDataStream.unsubscribe": try self.unsubscribeUser(&request)
            default: throw .unsupported
            }
        } catch {
            self.respond(request.id, error: error, orders: nil, request.returnsRateLimits)
        }
    }

    /// Takes Ed25519 keys only, unless clients are to be served that know no others.
    private func logOn(_ request: inout Request) throws(APIError) {
        let customer = try self.exchange.authenticate(
            request.credentials,
            &request.parameters,
            at: self.exchange.now
        )
        guard let key = request.credentials.apiKey else { throw .badKeyFormat }
        if !self.exchange.configuration.logsOnWithAnyKey,
            let kind = self.exchange.keys[key]?.verifier.kindWithoutLogon
        {
            throw .noLogon(kind)
        }
        self.session.logon = (key, customer, self.exchange.now)
        self.respond(request) { self.writeSession(to: &$0) }
    }

    private func logOut(_ request: Request) {
        for subscription in self.subscriptions {
            guard case .api(_, isOfSession: true) = subscription.kind else { continue }
            self.end(subscription)
        }
        self.session.logon = nil
        self.respond(request) { self.writeSession(to: &$0) }
    }

    private func subscribeSession(_ request: Request) throws(APIError) {
        guard let customer = self.session.logon?.customer else { throw .unknownKey }
        try self.open(customer, isOfSession: true, request)
    }

    private func subscribeSigned(_ request: inout Request) throws(APIError) {
        request.credentials.session = nil
        let customer = try self.exchange.authenticate(
            request.credentials,
            &request.parameters,
            at: self.exchange.now
        )
        try self.open(customer, isOfSession: false, request)
    }

    /// Answers before the subscription exists, so that no event comes before the answer.
    private func open(
        _ customer: Customer,
        isOfSession: Bool,
        _ request: Request
    ) throws(APIError) {
        guard !self.subscriptions.contains(where: { $0.customer === customer }) else {
            throw .alreadySubscribed
        }
        let id = self.session.nextSubscriptionID
        guard id < 65_535 else {
            throw APIError(-2042, "Maximum subscription ID reached for this connection.")
        }
        self.session.nextSubscriptionID += 1
        self.respond(request) { writer in
            writer.beginObject()
            writer.field("subscriptionId", id)
            writer.endObject()
        }
        customer.subscriptions.append(
            UserSubscription(
                .api(id: id, isOfSession: isOfSession),
                connection: self,
                customer: customer
            )
        )
    }

    private func unsubscribeUser(_ request: inout Request) throws(APIError) {
        var ending = self.subscriptions
        if let id = try request.parameters.integer("subscriptionId") {
            ending = ending.filter { $0.id == id }
            guard !ending.isEmpty else { throw .notSubscribed }
        }
        for subscription in ending { self.end(subscription) }
        self.respond(request) { writer in
            writer.beginObject()
            writer.endObject()
        }
    }

    private func listSubscriptions(_ request: Request) {
        self.respond(request) { writer in
            writer.beginArray()
            for subscription in self.subscriptions {
                writer.beginObject()
                writer.field("subscriptionId", subscription.id ?? -1)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// The active user data streams of this connection, oldest first.
    private var subscriptions: [UserSubscription] {
        self.exchange.customers.flatMap(\.subscriptions).filter { $0.connection === self }
            .sorted { $0.id ?? -1 < $1.id ?? -1 }
    }

    private func end(_ subscription: UserSubscription) {
        let time = self.exchange.now
        self.send(
            subscription.text { writer in
                writer.beginObject()
                writer.field("e", "eventStreamTerminated")
                writer.field("E", time)
                writer.endObject()
            }
        )
        subscription.customer.subscriptions.removeAll { $0 === subscription }
    }

    private func writeSession(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("apiKey")
        if let key = self.session.logon?.apiKey { writer.string(key) } else { writer.null() }
        writer.key("authorizedSince")
        if let since = self.session.logon?.since {
            writer.time(since)
        } else {
            writer.null()
        }
        writer.field("connectedSince", self.session.connectedSince)
        writer.field("returnRateLimits", self.dialect == .api(returnsRateLimits: true))
        writer.field("serverTime", self.exchange.now)
        writer.field("userDataStream", !self.subscriptions.isEmpty)
        writer.endObject()
    }

    // MARK: Responses

    private func respond(_ request: Request, _ result: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 128, timeUnit: self.timeUnit)
        result(&writer)
        self.respond(request.id, result: writer.bytes, orders: nil, request.returnsRateLimits)
    }

    private func respond(
        _ id: JSONValue,
        result: [UInt8],
        orders: OrderCount?,
        _ returnsRateLimits: Bool
    ) {
        var writer = JSONWriter(capacity: result.count + 384)
        writer.beginObject()
        writer.key("id")
        id.write(to: &writer)
        writer.field("status", Int64(200))
        writer.key("result")
        writer.raw(result)
        self.finish(&writer, orders, returnsRateLimits)
    }

    private func respond(
        _ id: JSONValue,
        error: APIError,
        orders: OrderCount?,
        _ returnsRateLimits: Bool
    ) {
        var error = error
        if let seconds = error.retryAfterSeconds {
            // Epoch milliseconds here, unlike REST's seconds.
            let now = self.exchange.now
            var data = JSONWriter(capacity: 64, timeUnit: self.timeUnit)
            data.beginObject()
            data.field("serverTime", now)
            data.field("retryAfter", now.adding(milliseconds: seconds * 1000))
            data.endObject()
            error.data = data.bytes
        }
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("id")
        id.write(to: &writer)
        writer.field("status", Int64(error.status))
        writer.key("error")
        error.write(to: &writer)
        self.finish(&writer, orders, returnsRateLimits)
    }

    private func finish(
        _ writer: inout JSONWriter,
        _ orders: OrderCount?,
        _ returnsRateLimits: Bool
    ) {
        if returnsRateLimits {
            writer.key("rateLimits")
            writer.beginArray()
            let limits = RateLimits(
                areEnforced: self.exchange.limits.isEnforced
            )
            if let orders { limits.writeOrders(orders, to: &writer) }
            limits.writeWeight(self.exchange.limits.weight, to: &writer)
            writer.endArray()
        }
        writer.endObject()
        self.send(writer.bytes)
    }
}
