import NIOCore
package import TTRPC
package import TradingCore

/// Why a call has no answer of its own.
package enum TradingClientError: Error, Hashable, Sendable {
    /// The gateway does not do it, and says by which rule.
    case refused(RemoteRefusal)
    /// The server turned the call down: a malformed request, overload, a passed deadline.
    case status(Status)
    /// The server cannot be reached; nothing was asked.
    case unreachable(String)
    /// The connection went while the call was under way: it may have been done. Ask for the
    /// order by its idempotency key, with the same key, before doing anything again.
    case connectionLost(String)
    /// The answer is not one of this service.
    case malformedAnswer(String)
}

/// A connection to a gateway; calls may overlap.
package struct TradingClient: Sendable {
    private let connection: TTRPCClient
    private let timeout: TimeAmount
    /// Sent with every call.
    private let token: BearerToken?

    /// Connects to `unix:/path` or `host:port`.
    ///
    /// - Parameters:
    ///   - address: Where the server listens.
    ///   - timeoutMilliseconds: How long one call may take.
    ///   - token: By which the server knows who calls; a Unix socket may need none.
    ///   - tls: What a TCP connection begins with; nil for plain text.
    /// - Returns: A connected client; close it when done.
    /// - Throws: ``TradingClientError/unreachable(_:)``.
    package static func connect(
        to address: String,
        timeoutMilliseconds: Int64,
        token: BearerToken? = nil,
        tls: ClientTLS? = nil
    ) async throws(TradingClientError) -> TradingClient {
        TradingClient(
            connection: try await Self.connection(to: address, tls: tls),
            timeout: .milliseconds(timeoutMilliseconds),
            token: token
        )
    }

    /// Connects to `unix:/path` or `host:port`.
    static func connection(
        to address: String,
        tls: ClientTLS? = nil
    ) async throws(TradingClientError) -> TTRPCClient {
        guard let target = ConnectAddress(text: address) else {
            throw .unreachable("\(address): expected unix:/path or host:port")
        }
        var configuration = ClientConfiguration()
        configuration.tls = tls
        do throws(ConnectError) {
            return try await TTRPCClient.connect(to: target, configuration: configuration)
        } catch {
            throw .unreachable("\(address): \(error.explanation)")
        }
    }

    package func close() async { await self.connection.close() }

    package func place(
        _ wish: OrderWish
    ) async throws(TradingClientError) -> (order: RemoteOrder, isRepeat: Bool) {
        try await self.call(.placeOrder, RequestEncoder().place(wish)) { decoder, bytes in
            let (order, isRepeat) = try decoder.placedOrder(bytes)
            return (order: order, isRepeat: isRepeat)
        }
    }

    /// Closes a position, or takes it to a quantity.
    package func change(
        _ wish: PositionWish
    ) async throws(TradingClientError) -> RemotePositionChange {
        let request = RequestEncoder().position(wish)
        guard case .adjust = wish.goal else {
            return try await self.call(.closePosition, request) { try $0.closedPosition($1) }
        }
        return try await self.call(.adjustPosition, request) { try $0.adjustedPosition($1) }
    }

    package func cancel(_ orderID: UInt64) async throws(TradingClientError) -> RemoteOrder {
        try await self.call(.cancel, RequestEncoder().cancel(orderID)) {
            try $0.cancelledOrder($1)
        }
    }

    /// Changes an open limit order; nil keeps what it has.
    package func amend(
        _ orderID: UInt64,
        quantity: String? = nil,
        price: String? = nil
    ) async throws(TradingClientError) -> RemoteOrder {
        let request = RequestEncoder().amend(orderID, quantity: quantity, price: price)
        return try await self.call(.amend, request) { try $0.amendedOrder($1) }
    }

    package func cancelAll(symbol: String?) async throws(TradingClientError) -> [UInt64] {
        try await self.call(.cancelAll, RequestEncoder().cancelAll(symbol: symbol)) {
            try $0.cancelledOrders($1)
        }
    }

    package func order(_ orderID: UInt64) async throws(TradingClientError) -> RemoteOrder {
        try await self.call(.getOrder, RequestEncoder().order(orderID)) { try $0.order($1) }
    }

    /// Ends the doubt about an order on a person's word.
    package func resolve(
        _ orderID: UInt64,
        as resolution: Resolution,
        reason: String
    ) async throws(TradingClientError) -> RemoteOrder {
        let request = RequestEncoder().resolve(orderID, as: resolution, reason: reason)
        return try await self.call(.resolveOrder, request) { try $0.resolvedOrder($1) }
    }

    /// A page of orders, newest first.
    package func orders(
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

    package func positions() async throws(TradingClientError) -> RemotePositions {
        try await self.call(.positions, []) { try $0.positions($1) }
    }

    package func balances() async throws(TradingClientError) -> RemoteBalances {
        try await self.call(.balances, []) { try $0.accountBalances($1) }
    }

    /// A page of our trades, newest first.
    package func fills(_ filter: FillFilter) async throws(TradingClientError) -> RemoteFills {
        try await self.call(.listFills, RequestEncoder().fills(filter)) { try $0.fills($1) }
    }

    package func mode() async throws(TradingClientError) -> RemoteMode {
        try await self.call(.getMode, []) { try $0.mode($1) }
    }

    package func setMode(
        _ mode: TradingMode,
        _ policy: OpenOrdersPolicy,
        reason: String,
        confirmation: String = "",
        code: String = ""
    ) async throws(TradingClientError) -> (mode: String, previous: String) {
        let request = RequestEncoder().setMode(
            mode,
            policy,
            reason: reason,
            confirmation: confirmation,
            code: code
        )
        return try await self.call(.setMode, request) { decoder, bytes in
            let (mode, previous) = try decoder.changedMode(bytes)
            return (mode: mode, previous: previous)
        }
    }

    /// The held orders.
    package func approvals() async throws(TradingClientError) -> RemoteApprovals {
        try await self.call(.listApprovals, []) { try $0.approvals($1) }
    }

    /// Lets a held order go; answers like ``place(_:)``.
    package func approve(
        _ orderID: UInt64,
        code: String
    ) async throws(TradingClientError) -> RemoteOrder {
        let request = RequestEncoder().approve(orderID, code: code)
        return try await self.call(.approve, request) { try $0.approvedOrder($1) }
    }

    /// Ends a held order unsent.
    package func deny(
        _ orderID: UInt64,
        reason: String
    ) async throws(TradingClientError) -> RemoteOrder {
        let request = RequestEncoder().deny(orderID, reason: reason)
        return try await self.call(.deny, request) { try $0.deniedOrder($1) }
    }

    package func killSwitch(
        _ action: KillAction
    ) async throws(TradingClientError) -> RemoteKillSwitch {
        try await self.call(.killSwitch, RequestEncoder().kill(action)) { try $0.killSwitch($1) }
    }

    package func health() async throws(TradingClientError) -> RemoteHealth {
        try await self.call(.health, []) { try $0.health($1) }
    }

    func call<Answer>(
        _ method: TradingMethod,
        _ request: [UInt8],
        decode: (ResponseDecoder, [UInt8]) throws -> Answer
    ) async throws(TradingClientError) -> Answer {
        let payload: ByteBuffer
        do throws(CallError) {
            payload = try await self.connection.call(
                service: method.service,
                method: method.rawValue,
                payload: ByteBuffer(bytes: request),
                timeout: self.timeout,
                metadata: self.token.map { [$0.metadata] } ?? []
            )
        } catch {
            throw Self.translate(error)
        }
        do {
            return try decode(ResponseDecoder(), Array(payload.readableBytesView))
        } catch {
            throw .malformedAnswer("\(method.rawValue): \(error)")
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

extension ConnectError {
    /// What is wrong, for people who know the address already.
    fileprivate var explanation: String {
        switch self {
        case .refused: "nobody listens there"
        case .timedOut: "it does not answer"
        case .unknownHost: "only IP addresses and localhost are looked up"
        case .pathTooLong: "the path does not fit a socket's address"
        case .failed(let reason): reason
        }
    }
}

extension ConnectAddress {
    /// Reads `unix:/path` or `host:port`.
    fileprivate init?(text: String) {
        if text.hasPrefix("unix:") {
            self = .unix(path: String(text.dropFirst(5)))
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let port = UInt16(parts[1]) else { return nil }
        self = .tcp(host: String(parts[0]), port: Int(port))
    }
}
