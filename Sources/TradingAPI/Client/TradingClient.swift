import NIOCore
public import TTRPC

/// Why a call has no answer of its own.
public enum TradingClientError: Error, Hashable, Sendable {
    /// The gateway does not do it, and says by which rule; nothing was done.
    case refused(RemoteRefusal)
    /// The server turned the call down: a malformed request, overload, a passed deadline. See
    /// ``mayHaveTakenEffect`` and the code.
    case status(Status)
    /// The server cannot be reached; nothing was asked.
    case unreachable(String)
    /// The connection went while the call was under way: it may have been done. Ask for the
    /// order by its idempotency key, with the same key, before doing anything again.
    case connectionLost(String)
    /// The answer is not one of this service.
    case malformedAnswer(String)
}

/// A connection to a gateway; calls may overlap, from any thread.
///
/// Prices, quantities and amounts are sent and told as decimal text, such as `0.5`, so that they
/// are what the gateway has, digit for digit. Compute with them as ``Price``, ``Quantity`` and
/// ``Amount``: those read such a text exactly or throw, they never round. Times are in
/// nanoseconds since 1970-01-01 UTC.
///
/// Where the connection was lost, the next call makes a new one, and a call under way goes on over
/// it until its own deadline, as far as that cannot do anything twice: reads, what was certainly
/// not done yet, and placements, which have an idempotency key always. Everything else throws
/// ``TradingClientError/connectionLost(_:)``.
///
/// Every method of the gateway's services is here; what a caller may do is for its role to say.
public struct TradingClient: Sendable {
    let link: ServerLink
    private let timeout: Duration
    /// Where the connection goes, and with what; also of subscriptions.
    private let target: ClientTarget
    let reconnects: Bool

    /// Connects to `unix:/path` or `host:port`, once: a server that is not there is not waited for.
    ///
    /// - Parameters:
    ///   - address: Where the server listens. The host is an IP address or `localhost`; with TLS
    ///     it is any name that the system knows.
    ///   - timeoutMilliseconds: How long one call may take; above zero. The server knows it, too,
    ///     and does not begin with what came too late.
    ///   - token: By which the server knows who calls; a Unix socket may need none.
    ///   - tls: What a TCP connection begins with; nil for plain text.
    ///   - reconnects: Whether calls make a new connection where the last one was lost; where not,
    ///     they throw at once.
    /// - Returns: A connected client; close it when done.
    /// - Throws: ``TradingClientError/unreachable(_:)``.
    public static func connect(
        to address: String,
        timeoutMilliseconds: Int64,
        token: BearerToken? = nil,
        tls: ClientTLS? = nil,
        reconnects: Bool = true
    ) async throws(TradingClientError) -> TradingClient {
        let target = ClientTarget(address: address, token: token, tls: tls)
        let timeout = Duration.milliseconds(timeoutMilliseconds)
        return TradingClient(
            link: ServerLink(try await target.connect(within: timeout), to: target),
            timeout: timeout,
            target: target,
            reconnects: reconnects
        )
    }

    /// The same connection with another deadline for each call.
    ///
    /// - Parameter milliseconds: How long one call may take; above zero.
    /// - Returns: A client beside this one; closing either closes both.
    public func with(timeoutMilliseconds milliseconds: Int64) -> TradingClient {
        TradingClient(
            link: self.link,
            timeout: .milliseconds(milliseconds),
            target: self.target,
            reconnects: self.reconnects
        )
    }

    /// Closes the connection; calls that wait fail, and so do later ones.
    public func close() async { await self.link.close() }

    /// Follows the gateway's events, over a connection of its own.
    ///
    /// - Parameter wish: Which events, and from where on.
    /// - Returns: The events; iterate once. It goes on over lost connections by itself.
    public func events(_ wish: SubscriptionWish = SubscriptionWish()) -> EventSubscription {
        EventSubscription(self.target, wish)
    }

    /// Places an order.
    ///
    /// Give it an idempotency key: then the same wish can be placed again after any error, and
    /// there is one order, for at least seven days and across restarts of the gateway. To a wish
    /// without a key this call gives one of its own, so that it is one order over lost connections
    /// all the same; but placing the wish again is then another order.
    ///
    /// - Parameter wish: The order.
    /// - Returns: The order as far as it has come, and whether the key named it before. Look at
    ///   its status: an order that the risk gate refused is an answer, too, with its refusal.
    /// - Throws: ``TradingClientError``. After one that ``TradingClientError/mayHaveTakenEffect``
    ///   place the same wish with the same key again, or look for the order.
    public func place(
        _ wish: OrderWish
    ) async throws(TradingClientError) -> (order: RemoteOrder, isRepeat: Bool) {
        var wish = wish
        let key = Self.complete(&wish.idempotencyKey)
        do throws(TradingClientError) {
            let request = RequestEncoder().place(wish)
            return try await self.call(.placeOrder, request, isRepeatable: true) {
                (decoder, bytes) in
                let (order, isRepeat) = try decoder.placedOrder(bytes)
                return (order: order, isRepeat: isRepeat)
            }
        } catch {
            throw key.map(error.naming) ?? error
        }
    }

    /// Gives a wish a key where it has none.
    ///
    /// - Returns: The key that it was given; nil where it had one.
    static func complete(_ key: inout String?) -> String? {
        guard key?.isEmpty ?? true else { return nil }
        key = OrderWish.freshIdempotencyKey()
        return key
    }

    /// Cancels an open order.
    ///
    /// - Parameter orderID: The gateway's number of it.
    /// - Returns: The order; while the venue has not confirmed, its cancellation is pending.
    /// - Throws: ``TradingClientError``; repeating a cancellation does no harm.
    public func cancel(_ orderID: UInt64) async throws(TradingClientError) -> RemoteOrder {
        try await self.call(.cancel, RequestEncoder().cancel(orderID)) {
            try $0.cancelledOrder($1)
        }
    }

    /// Changes an open limit order; nil keeps what it has.
    ///
    /// - Parameters:
    ///   - orderID: The gateway's number of it.
    ///   - quantity: The new whole quantity, in the base asset, as decimal text.
    ///   - price: The new limit price, as decimal text.
    /// - Returns: The order that is in the market from now on, which may be another one than
    ///   before; see ``RemoteOrder/predecessorOrderID``.
    /// - Throws: ``TradingClientError``; look at the order before amending it once more.
    public func amend(
        _ orderID: UInt64,
        quantity: String? = nil,
        price: String? = nil
    ) async throws(TradingClientError) -> RemoteOrder {
        let request = RequestEncoder().amend(orderID, quantity: quantity, price: price)
        return try await self.call(.amend, request) { try $0.amendedOrder($1) }
    }

    /// Cancels all open orders.
    ///
    /// - Parameter symbol: Only those of a symbol, such as `BTCUSDT`; nil for all.
    /// - Returns: The numbers of the orders whose cancellation began.
    /// - Throws: ``TradingClientError``; repeating it does no harm.
    public func cancelAll(symbol: String?) async throws(TradingClientError) -> [UInt64] {
        try await self.call(.cancelAll, RequestEncoder().cancelAll(symbol: symbol)) {
            try $0.cancelledOrders($1)
        }
    }

    /// Looks at an order.
    ///
    /// - Parameter orderID: The gateway's number of it.
    /// - Returns: The order with its fills.
    /// - Throws: ``TradingClientError``.
    public func order(_ orderID: UInt64) async throws(TradingClientError) -> RemoteOrder {
        try await self.call(.getOrder, RequestEncoder().order(orderID)) { try $0.order($1) }
    }

    /// A page of orders, newest first.
    ///
    /// - Parameters:
    ///   - includesClosed: Whether also orders that are over are wanted.
    ///   - symbol: Only those of a symbol; nil for all.
    ///   - countMax: The page's size; 0 for the server's.
    ///   - before: Only orders with smaller numbers, to go on behind a page; 0 for the newest.
    /// - Returns: The orders; an empty page is the last one.
    /// - Throws: ``TradingClientError``.
    public func orders(
        includesClosed: Bool = false,
        symbol: String? = nil,
        countMax: UInt32 = 0,
        before: UInt64 = 0
    ) async throws(TradingClientError) -> [RemoteOrder] {
        let request = RequestEncoder().orders(
            includesClosed: includesClosed,
            symbol: symbol,
            countMax: countMax,
            before: before
        )
        return try await self.call(.listOrders, request) { try $0.orders($1) }
    }

    /// What a mode's venue holds, and what it is worth at the last prices.
    ///
    /// - Parameter mode: Which; nil for that of the installation.
    /// - Returns: Positions and balances of one moment.
    /// - Throws: ``TradingClientError``.
    public func positions(
        of mode: TradingMode? = nil
    ) async throws(TradingClientError) -> RemotePositions {
        let request = RequestEncoder().positions(of: mode)
        return try await self.call(.positions, request) { try $0.positions($1) }
    }

    /// How far orders go at present.
    ///
    /// - Returns: The mode, who set it, those of strategies, and the last changes.
    /// - Throws: ``TradingClientError``.
    public func mode() async throws(TradingClientError) -> RemoteMode {
        try await self.call(.getMode, []) { try $0.mode($1) }
    }

    /// Looks at the kill switch, pulls it or lets it go.
    ///
    /// - Parameter action: Which of these.
    /// - Returns: The switch, and what it could not confirm yet.
    /// - Throws: ``TradingClientError``; after one that ``TradingClientError/mayHaveTakenEffect``
    ///   pull it again: that does no harm.
    public func killSwitch(
        _ action: KillAction
    ) async throws(TradingClientError) -> RemoteKillSwitch {
        let request = RequestEncoder().kill(action)
        return try await self.call(.killSwitch, request, isRepeatable: action == .status) {
            try $0.killSwitch($1)
        }
    }

    /// Whether the gateway takes orders, and what is wrong where it does not.
    ///
    /// - Returns: Its health, also while it is not ready.
    /// - Throws: ``TradingClientError``.
    public func health() async throws(TradingClientError) -> RemoteHealth {
        try await self.call(.health, []) { try $0.health($1) }
    }

    /// Makes a call, again and over new connections where that is worth it.
    ///
    /// - Parameters:
    ///   - method: Which.
    ///   - request: Its packed message.
    ///   - isRepeatable: Whether doing it twice is doing it once; nil where that is so for reads.
    ///   - decode: Reads the answer.
    /// - Returns: What it says.
    /// - Throws: Why there is none; ``TradingClientError/mayHaveTakenEffect`` is true where any of
    ///   the attempts may have been done.
    func call<Answer>(
        _ method: TradingMethod,
        _ request: [UInt8],
        isRepeatable: Bool? = nil,
        decode: (ResponseDecoder, [UInt8]) throws -> Answer
    ) async throws(TradingClientError) -> Answer {
        let payload = try await self.answer(
            method,
            ByteBuffer(bytes: request),
            isRepeatable: isRepeatable ?? method.isRead
        ).payload
        do {
            return try decode(ResponseDecoder(), Array(payload.readableBytesView))
        } catch {
            throw .malformedAnswer("\(method.rawValue): \(error)")
        }
    }

    /// Makes a call and gives its packed answer, and the connection that it came over.
    func answer(
        _ method: TradingMethod,
        _ request: ByteBuffer,
        isRepeatable: Bool
    ) async throws(TradingClientError) -> (payload: ByteBuffer, connection: TTRPCClient) {
        let deadline = ContinuousClock.now + self.timeout
        var persistence = Persistence(isRepeatable: isRepeatable)
        var backoff = Backoff()
        while true {
            let failure: TradingClientError
            var cause: CallError?
            var used: TTRPCClient?
            let left = deadline - ContinuousClock.now
            do throws(TradingClientError) {
                let connection = try await self.link.connection(within: left)
                used = connection
                if self.reconnects, method.placesOrders {
                    try await self.renewSessions(over: connection, within: left, &cause)
                }
                do throws(CallError) {
                    let payload = try await connection.call(
                        service: method.service,
                        method: method.rawValue,
                        payload: request,
                        timeout: TimeAmount(deadline - ContinuousClock.now),
                        metadata: self.target.metadata
                    )
                    return (payload, connection)
                } catch {
                    cause = error
                    throw Self.translate(error)
                }
            } catch {
                failure = error
            }
            let verdict = persistence.verdict(after: failure, of: cause)
            if case .giveUp(let error) = verdict { throw error }
            // What another call finds is a new connection.
            guard self.reconnects else { throw failure }
            if let used { self.link.drop(used) }
            let pause = backoff.next()
            guard ContinuousClock.now + pause < deadline, !Task.isCancelled, !self.link.isClosed
            else {
                throw persistence.final(failure)
            }
            try? await Task.sleep(for: pause)
        }
    }

    /// No order is placed over a connection that does not stand for its session.
    private func renewSessions(
        over connection: TTRPCClient,
        within timeout: Duration,
        _ cause: inout CallError?
    ) async throws(TradingClientError) {
        do throws(CallError) {
            try await self.link.renewSessions(over: connection, within: timeout)
        } catch {
            // Whatever became of that, the order itself was not asked for.
            guard case .status = error else {
                throw .unreachable("the session cannot be named again: \(error)")
            }
            cause = error
            throw Self.translate(error)
        }
    }

    static func translate(_ error: CallError) -> TradingClientError {
        switch error {
        case .status(let status):
            for detail in status.details where detail.typeURL == TradingMethod.refusalTypeURL {
                if let refusal = try? ResponseDecoder().refusal(detail.value) {
                    return .refused(refusal)
                }
            }
            return .status(status)
        case .notSent(let reason):
            return .unreachable("\(reason)")
        case .connectionLost, .timedOut, .cancelled, .protocolViolation, .streamOverflow:
            return .connectionLost("\(error)")
        }
    }
}
