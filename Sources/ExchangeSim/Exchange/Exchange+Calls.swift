import TradingCore

/// Who signs a request, and what was signed.
struct Credentials {
    /// The key as it was sent.
    var apiKey: String?
    /// The signature as it was sent; empty counts as missing.
    var signature: String?
    /// The bytes that the signature may cover; any of them will do.
    var payloads: [[UInt8]] = []
    /// The customer of a session that logged on before, used where no key is sent.
    var session: Customer?
    /// The key that it logged on with.
    var sessionKey: String?
}

/// One request on its way through the venue.
struct APICall {
    let endpoint: Endpoint
    var parameters: Parameters
    let time: WallTime
    /// Who asks; set for signed endpoints only.
    var customer: Customer?
    /// Whether what it did makes it weigh nothing.
    var isFree = false
    /// What the key of the request may do.
    var permissions: Set<KeyConfiguration.Permission> = []

    /// Who asks, at an endpoint that demands a signature.
    func signer() throws(APIError) -> Customer {
        guard let customer = self.customer else { throw .badKeyFormat }
        return customer
    }
}

/// What the venue answers.
struct APIReply {
    var status = 200
    var body: [UInt8]
    /// The counts of the ORDERS limiter, where the request placed an order.
    var orderCount: OrderCount?
    var error: APIError?
}

extension Exchange {
    /// Answers one request; whatever it causes has been told when this returns.
    func answer(
        _ endpoint: Endpoint,
        _ parameters: Parameters,
        _ credentials: Credentials,
        _ timeUnit: TimeUnit = .milliseconds
    ) -> APIReply {
        var call = APICall(endpoint: endpoint, parameters: parameters, time: self.now)
        self.limits.roll(to: call.time)
        let weight = endpoint.weight(&call.parameters)
        if let refusal = self.limits.admit(weight: weight, at: call.time) {
            return APIReply(status: refusal.status, body: refusal.body, error: refusal)
        }
        do throws(APIError) {
            switch endpoint.security {
            case .none: break
            case .key: call.customer = try self.owner(of: credentials.apiKey).customer
            case .signature:
                call.permissions = self.permissions(of: credentials)
                call.customer = try self.authenticate(
                    credentials,
                    &call.parameters,
                    at: call.time
                )
            }
            if endpoint.security == .signature, !call.permissions.contains(endpoint.permission) {
                throw .unknownKey
            }
            var writer = JSONWriter(capacity: 1024, timeUnit: timeUnit)
            try self.perform(&call, &writer)
            if !endpoint.isFreeOnSuccess, !call.isFree { self.limits.add(weight: weight) }
            return APIReply(
                body: writer.bytes,
                orderCount: endpoint.placesOrders ? call.customer?.orderCount : nil
            )
        } catch {
            self.limits.add(weight: weight)
            return APIReply(status: error.status, body: error.body, error: error)
        }
    }

    private func perform(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        switch call.endpoint {
        case .ping: try self.ping(&call, &writer)
        case .time: try self.serverTime(&call, &writer)
        case .exchangeInfo: try self.exchangeInfo(&call, &writer)
        case .depth: try self.depth(&call, &writer)
        case .trades: try self.recentTrades(&call, &writer, hasFromID: false)
        case .historicalTrades: try self.recentTrades(&call, &writer, hasFromID: true)
        case .tickerPrice: try self.tickerPrice(&call, &writer)
        case .bookTicker: try self.bookTicker(&call, &writer)
        case .placeOrder: try self.placeOrder(&call, &writer)
        case .testOrder: try self.testOrder(&call, &writer)
        case .cancelOrder: try self.cancelOrder(&call, &writer)
        case .queryOrder: try self.queryOrder(&call, &writer)
        case .openOrders: try self.openOrders(&call, &writer)
        case .cancelOpenOrders: try self.cancelOpenOrders(&call, &writer)
        case .allOrders: try self.allOrders(&call, &writer)
        case .account: try self.account(&call, &writer)
        case .myTrades: try self.myTrades(&call, &writer)
        case .orderRateLimits: try self.orderRateLimits(&call, &writer)
        case .cancelReplace: try self.cancelReplace(&call, &writer)
        case .amendOrder: try self.amendOrder(&call, &writer)
        case .amendments: try self.amendments(&call, &writer)
        case .placeOCO: try self.placeList(.oco, &call, &writer)
        case .placeLegacyOCO: try self.placeList(.legacyOCO, &call, &writer)
        case .placeOTO: try self.placeList(.oto, &call, &writer)
        case .placeOTOCO: try self.placeList(.otoco, &call, &writer)
        case .placeOPO: try self.placeList(.opo, &call, &writer)
        case .placeOPOCO: try self.placeList(.opoco, &call, &writer)
        case .placeRouted: try self.refuseRouting(isTest: false, &call)
        case .testRouted: try self.refuseRouting(isTest: true, &call)
        case .keyRestrictions: try self.keyRestrictions(&call, &writer)
        case .blockTrades: try self.blockTrades(&call, &writer)
        case .cancelList: try self.cancelOrderList(&call, &writer)
        case .queryList: try self.queryList(&call, &writer)
        case .openLists: try self.openLists(&call, &writer)
        case .allLists: try self.allLists(&call, &writer)
        case .commission: try self.commission(&call, &writer)
        case .preventedMatches: try self.preventedMatches(&call, &writer)
        case .allocations: try self.allocations(&call, &writer)
        case .filters: try self.filters(&call, &writer)
        case .klines: try self.klines(&call, &writer)
        case .aggTrades: try self.aggTrades(&call, &writer)
        case .averagePrice: try self.averagePrice(&call, &writer)
        case .ticker24h: try self.ticker(.day, &call, &writer)
        case .tickerDay: try self.ticker(.tradingDay, &call, &writer)
        case .tickerWindow: try self.ticker(.window, &call, &writer)
        case .executionRules: try self.executionRules(&call, &writer)
        case .referencePrice: try self.referencePrice(&call, &writer)
        case .referenceCalculation: try self.referenceCalculation(&call, &writer)
        case .coins: try self.coins(&call, &writer)
        case .tradeFees: try self.tradeFees(&call, &writer)
        case .systemStatus: try self.systemStatus(&call, &writer)
        case .marginPairs: try self.marginPairs(&call, &writer)
        case .contracts: try self.contracts(&call, &writer)
        case .openListenKey: try self.openListenKey(&call, &writer)
        case .extendListenKey: try self.extendListenKey(&call, &writer)
        case .closeListenKey: try self.closeListenKey(&call, &writer)
        }
    }

    // MARK: Authentication

    /// Checks key, time and signature, in the venue's order (sections 2.4 and 2.6).
    func authenticate(
        _ credentials: Credentials,
        _ parameters: inout Parameters,
        at time: WallTime
    ) throws(APIError) -> Customer {
        if credentials.apiKey == nil, let customer = credentials.session {
            try self.checkTime(&parameters, at: time)
            return customer
        }
        let entry = try self.owner(of: credentials.apiKey)
        guard let signature = credentials.signature, !signature.isEmpty else {
            throw .missing("signature")
        }
        try self.checkTime(&parameters, at: time)
        let isValid = credentials.payloads.contains { entry.verifier.isValid(signature, for: $0) }
        guard isValid else { throw .badSignature }
        return entry.customer
    }

    /// What the key of a request, or of its session, may do.
    private func permissions(of credentials: Credentials) -> Set<KeyConfiguration.Permission> {
        guard let key = credentials.apiKey ?? credentials.sessionKey else { return [] }
        return self.keys[key]?.permissions ?? []
    }

    /// The key that a request names.
    private func owner(of apiKey: String?) throws(APIError) -> KeyEntry {
        guard let apiKey, KeyConfiguration.isKey(apiKey) else { throw .badKeyFormat }
        guard let entry = self.keys[apiKey] else { throw .unknownKey }
        return entry
    }

    private func checkTime(_ parameters: inout Parameters, at time: WallTime) throws(APIError) {
        guard let sent = try parameters.integer("timestamp") else { throw .missing("timestamp") }
        var window: Int64 = 5_000_000_000
        if let milliseconds = try parameters.decimal("recvWindow", as: Quantity.self) {
            guard milliseconds <= Quantity(raw: 60_000 * 100_000_000) else { throw .windowTooBig }
            // A quantity holds 10⁻⁸ of a millisecond; a window has three decimals at most.
            guard milliseconds.raw % 100_000 == 0 else { throw .tooPrecise("recvWindow") }
            window = milliseconds.raw / 100
        }
        // The magnitude tells microseconds from milliseconds.
        let isMicroseconds = sent >= 100_000_000_000_000
        let (nanoseconds, overflow) = sent.multipliedReportingOverflow(
            by: isMicroseconds ? 1000 : 1_000_000
        )
        guard !overflow else { throw .malformed("timestamp") }
        guard !self.configuration.ignoresTimestamps else { return }
        guard nanoseconds < time.nanoseconds + 1_000_000_000 else { throw .tooNew }
        guard time.nanoseconds - nanoseconds <= window else { throw .tooOld }
    }
}
