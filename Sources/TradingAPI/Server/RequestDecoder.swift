import CTradingProto
package import ProtobufArena
package import TradingCore

/// Why a request's bytes are no request; the message names the field.
package struct BadRequest: Error, Hashable, Sendable {
    package let message: String

    init(_ message: String) { self.message = message }
}

/// Turns a call's payload into what the gateway decides on.
package struct RequestDecoder {
    let arena: ProtobufArena
    let caller: Caller
    var principal: Principal { self.caller.principal }
    /// Over which the call came; 0 where that is not known.
    let connection: UInt64
    /// What a new token is to be, where one is asked for; its secret does not go into a request.
    let newToken: (tokenID: String, hash: [UInt8])?

    /// Texts that we store are bounded, so that no caller fills the journal.
    enum Limits {
        static let keyBytesMax = 64
        static let tagBytesMax = 64
        static let reasonBytesMax = 512
        static let listCountMax: UInt32 = 1_000
        static let listCountDefault: UInt32 = 100
    }

    /// - Parameters:
    ///   - arena: Where messages are read.
    ///   - caller: Who calls.
    ///   - connection: Over which the call came; 0 where that does not matter.
    ///   - newToken: What a new token is to be, for CreateToken.
    package init(
        arena: ProtobufArena,
        caller: Caller,
        connection: UInt64 = 0,
        newToken: (tokenID: String, hash: [UInt8])? = nil
    ) {
        self.arena = arena
        self.caller = caller
        self.connection = connection
        self.newToken = newToken
    }

    /// Decodes the payload of a method.
    ///
    /// - Throws: What is wrong, naming the field; nothing was done.
    package func decode(
        _ method: TradingMethod,
        _ payload: Span<UInt8>
    ) throws(BadRequest) -> Request {
        self.arena.reset()
        switch method {
        case .placeOrder:
            return try unsafe .placeOrder(
                self.order(self.message(payload, MessageTypes.placeOrder))
            )
        case .closePosition: return .position(try self.closing(payload))
        case .adjustPosition: return .position(try self.adjustment(payload))
        case .cancelOnDisconnect: return .cancelOnDisconnect(try self.session(payload))
        case .cancel:
            let message = try unsafe self.message(payload, MessageTypes.cancel)
            return .cancel(try self.orderID(unsafe message.order_id))
        case .cancelAll:
            let message = try unsafe self.message(payload, MessageTypes.cancelAll)
            let symbol = try unsafe self.text(message.symbol, "symbol", bytesMax: 32)
            return .cancelAll(symbol.isEmpty ? nil : Symbol(symbol))
        case .amend:
            return try unsafe self.amend(self.message(payload, MessageTypes.amend))
        case .getOrder:
            let message = try unsafe self.message(payload, MessageTypes.getOrder)
            return .order(try self.orderID(unsafe message.order_id))
        case .listOrders:
            return try unsafe .orders(
                self.filter(self.message(payload, MessageTypes.listOrders))
            )
        case .positions, .balances: return .positions(try self.accountMode(payload, of: method))
        case .listSessions: return .sessions
        case .getMode: return .mode
        case .setMode:
            return try self.modeChange(payload)
        case .killSwitch:
            return try unsafe self.kill(
                self.message(payload, MessageTypes.killSwitch)
            )
        case .health: return .health
        case .resolveOrder:
            return try unsafe self.resolve(
                self.message(payload, MessageTypes.resolveOrder)
            )
        case .getLimits: return .limits
        case .setLimits: return .setLimits(try self.limits(payload))
        case .riskSummary: return .riskSummary(self.principal)
        case .riskBreaches: return .risk
        case .acknowledgeBreach: return try self.acknowledgement(payload)
        case .disableTrading: return try self.disabling(payload)
        case .riskDecisions, .subscribe, .listFills:
            fatalError("invariant broken: \(method) is answered beside the gateway")
        case .createToken: return .tokens(try self.newToken(payload))
        case .listTokens: return .tokens(.list)
        case .revokeToken: return .tokens(try self.revocation(payload))
        case .listApprovals: return .approvals
        case .approve:
            return try unsafe self.approval(self.message(payload, MessageTypes.approve))
        case .deny:
            let message = try unsafe self.message(payload, MessageTypes.deny)
            return .deny(
                try self.orderID(unsafe message.order_id),
                self.principal,
                reason: try unsafe self.reason(message.reason)
            )
        }
    }

    // MARK: Methods

    private func order(
        _ message: Trading__V1__PlaceOrderRequest
    ) throws(BadRequest) -> OrderRequest {
        let symbol = try unsafe self.text(message.symbol, "symbol", bytesMax: 32)
        guard !symbol.isEmpty else { throw BadRequest("symbol is missing") }
        guard let side = Side(rawValue: UInt8(truncatingIfNeeded: unsafe message.side.rawValue))
        else { throw BadRequest("side: expected BUY or SELL") }
        let type = try unsafe self.type(message)
        let quoteQuantity = try unsafe self.quoteQuantity(message, of: type)
        let terms = OrderTerms(
            symbol: Symbol(symbol),
            side: side,
            type: type,
            quantity: quoteQuantity == nil
                ? try unsafe self.positive(message.quantity, "quantity") : .zero,
            quoteQuantity: quoteQuantity
        )
        var wish = OrderRequest(
            terms: terms,
            principal: self.principal,
            key: try unsafe self.key(message.idempotency_key),
            expectedMode: try self.optionalMode(
                unsafe message.expected_mode,
                "expected_mode"
            ),
            tag: try unsafe self.text(message.tag, "tag", bytesMax: Limits.tagBytesMax),
            strategy: try unsafe self.text(
                message.strategy,
                "strategy",
                bytesMax: Limits.tagBytesMax
            ),
            resubmitsIfAbsent: unsafe message.resubmit_if_absent != 0,
            exits: try unsafe self.exits(message)
        )
        wish.connection = self.connection
        return wish
    }

    private func amend(_ message: Trading__V1__AmendRequest) throws(BadRequest) -> Request {
        var wish = AmendRequest(
            orderID: try self.orderID(unsafe message.order_id),
            quantity: nil,
            price: nil,
            principal: self.principal
        )
        if try unsafe !self.text(message.quantity, "quantity", bytesMax: 64).isEmpty {
            wish.quantity = try unsafe self.decimal(message.quantity, "quantity")
        }
        if try unsafe !self.text(message.price, "price", bytesMax: 64).isEmpty {
            wish.price = try unsafe self.decimal(message.price, "price")
        }
        guard wish.quantity != nil || wish.price != nil else {
            throw BadRequest("quantity or price is missing")
        }
        return .amend(wish)
    }

    private func filter(
        _ message: Trading__V1__ListOrdersRequest
    ) throws(BadRequest) -> OrderFilter {
        let limit = unsafe message.limit
        guard limit <= Limits.listCountMax else {
            throw BadRequest("limit: \(limit) is above \(Limits.listCountMax)")
        }
        let symbol = try unsafe self.text(message.symbol, "symbol", bytesMax: 32)
        let before = unsafe message.before_order_id
        return OrderFilter(
            includesClosed: unsafe message.include_closed != 0,
            symbol: symbol.isEmpty ? nil : Symbol(symbol),
            countMax: Int(limit == 0 ? Limits.listCountDefault : limit),
            before: before == 0 ? nil : OrderID(raw: before)
        )
    }

    private func kill(_ message: Trading__V1__KillSwitchRequest) throws(BadRequest) -> Request {
        switch unsafe message.action {
        case TRADING__V1__KILL_ACTION__KILL_ACTION_STATUS:
            return .killStatus
        case TRADING__V1__KILL_ACTION__KILL_ACTION_RELEASE:
            return .killRelease(
                self.principal,
                reason: try unsafe self.reason(message.reason),
                KillRelease(
                    isForced: unsafe message.force != 0,
                    code: try unsafe self.code(message.code)
                )
            )
        case TRADING__V1__KILL_ACTION__KILL_ACTION_ENGAGE:
            guard
                let level = KillLevel(
                    rawValue: UInt8(truncatingIfNeeded: unsafe message.level.rawValue)
                )
            else { throw BadRequest("level: expected BLOCK, CANCEL or FLATTEN") }
            // A kill needs no reason: the person who pulls it is in a hurry.
            let reason = try unsafe self.text(
                message.reason,
                "reason",
                bytesMax: Limits.reasonBytesMax
            )
            return .killEngage(level, self.principal, reason: reason)
        default:
            throw BadRequest("action: expected ENGAGE, STATUS or RELEASE")
        }
    }

    private func resolve(
        _ message: Trading__V1__ResolveOrderRequest
    ) throws(BadRequest) -> Request {
        let resolution: Resolution
        switch unsafe message.resolution {
        case TRADING__V1__RESOLUTION__RESOLUTION_ABSENT: resolution = .absent
        case TRADING__V1__RESOLUTION__RESOLUTION_CANCELED: resolution = .canceled
        case TRADING__V1__RESOLUTION__RESOLUTION_FILLED:
            let price: Price = try unsafe self.decimal(message.price, "price")
            guard price.isPositive else { throw BadRequest("price: \(price) is not above zero") }
            resolution = .filled(at: price)
        case TRADING__V1__RESOLUTION__RESOLUTION_IDENTIFIED:
            let raw = unsafe message.venue_order_id
            guard raw > 0 else { throw BadRequest("venue_order_id is missing") }
            resolution = .identified(VenueOrderID(raw: raw))
        default:
            throw BadRequest("resolution: expected ABSENT, CANCELED, FILLED or IDENTIFIED")
        }
        return .resolve(
            ResolveRequest(
                orderID: try self.orderID(unsafe message.order_id),
                resolution: resolution,
                principal: self.principal,
                reason: try unsafe self.reason(message.reason)
            )
        )
    }

    private func approval(_ message: Trading__V1__ApproveRequest) throws(BadRequest) -> Request {
        .approve(
            ApprovalRequest(
                orderID: try self.orderID(unsafe message.order_id),
                principal: self.principal,
                code: try unsafe self.code(message.code)
            )
        )
    }

    // MARK: Fields

    func key(_ pointer: UnsafeMutablePointer<CChar>?) throws(BadRequest) -> IdempotencyKey? {
        let text = try unsafe self.text(
            pointer,
            "idempotency_key",
            bytesMax: Limits.keyBytesMax
        )
        return text.isEmpty ? nil : IdempotencyKey(principal: self.principal, text: text)
    }

    func code(_ pointer: UnsafeMutablePointer<CChar>?) throws(BadRequest) -> ShownCode {
        let text = try unsafe self.text(pointer, "code", bytesMax: 16)
        return text.isEmpty ? .none : .typed(text)
    }

    func message<Message>(
        _ payload: Span<UInt8>,
        _ type: MessageType<Message>
    ) throws(BadRequest) -> Message {
        do throws(ProtobufError) {
            return try unsafe self.arena.unpack(type, from: payload).pointee
        } catch {
            switch error {
            case .malformed: throw BadRequest("the payload is not a \(type.name)")
            case .invalidText(let field): throw BadRequest("\(field): not text in UTF-8")
            case .tooLarge(let bytesMax):
                throw BadRequest("the payload needs more than \(bytesMax) bytes")
            }
        }
    }

    func text(
        _ pointer: UnsafeMutablePointer<CChar>?,
        _ field: String,
        bytesMax: Int
    ) throws(BadRequest) -> String {
        let text = unsafe String(protobuf: pointer)
        guard text.utf8.count <= bytesMax else {
            throw BadRequest("\(field): longer than \(bytesMax) bytes")
        }
        return text
    }

    func reason(_ pointer: UnsafeMutablePointer<CChar>?) throws(BadRequest) -> String {
        let text = try unsafe self.text(pointer, "reason", bytesMax: Limits.reasonBytesMax)
        guard !text.isEmpty else { throw BadRequest("reason is missing") }
        return text
    }

    func decimal<Decimal: ExactDecimal>(
        _ pointer: UnsafeMutablePointer<CChar>?,
        _ field: String
    ) throws(BadRequest) -> Decimal {
        let text = try unsafe self.text(pointer, field, bytesMax: 64)
        guard !text.isEmpty else { throw BadRequest("\(field) is missing") }
        do throws(DecimalError) {
            return try Decimal(text)
        } catch {
            throw BadRequest("\(field): \"\(text)\" \(error.explanation)")
        }
    }

    private func orderID(_ raw: UInt64) throws(BadRequest) -> OrderID {
        guard raw > 0 else { throw BadRequest("order_id is missing") }
        return OrderID(raw: raw)
    }

    func optionalMode(
        _ mode: Trading__V1__TradingMode,
        _ field: String
    ) throws(BadRequest) -> TradingMode? {
        if mode == TRADING__V1__TRADING_MODE__TRADING_MODE_UNSPECIFIED { return nil }
        guard let mode = TradingMode(rawValue: UInt8(truncatingIfNeeded: mode.rawValue)) else {
            throw BadRequest("\(field): no such mode")
        }
        return mode
    }
}

/// The messages that the service reads.
private enum MessageTypes {
    static let placeOrder = unsafe MessageType(trading__v1__place_order_request__init)
    static let cancel = unsafe MessageType(trading__v1__cancel_request__init)
    static let amend = unsafe MessageType(trading__v1__amend_request__init)
    static let cancelAll = unsafe MessageType(trading__v1__cancel_all_request__init)
    static let getOrder = unsafe MessageType(trading__v1__get_order_request__init)
    static let listOrders = unsafe MessageType(trading__v1__list_orders_request__init)
    static let killSwitch = unsafe MessageType(trading__v1__kill_switch_request__init)
    static let resolveOrder = unsafe MessageType(trading__v1__resolve_order_request__init)
    static let approve = unsafe MessageType(trading__v1__approve_request__init)
    static let deny = unsafe MessageType(trading__v1__deny_request__init)
}
