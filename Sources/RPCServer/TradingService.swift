import Journal
import NIOCore
import ProtobufArena
import TTRPC
import TradingAPI
import TradingCore

/// `trading.v1.TradingService`, `AdminService` and `AuditService`: calls become the gateway's
/// requests, its replies their answers.
final class TradingService {
    private let walk: GatewayLoop
    private let authenticator: Authenticator
    /// Nil where the journal is damaged.
    private let history: HistoryReader?
    private let broadcaster: Broadcaster
    private let arena = ProtobufArena()
    private let encoder: ReplyEncoder
    /// Listings that are decided and not answered yet.
    private var listingCount = 0
    /// Connections that named a session.
    private var sessionConnections: Set<UInt64> = []

    /// A listing costs a thousand times what an order costs: callers that ask for many at once,
    /// and perhaps never read them, must not keep a kill waiting.
    private static let listingsMax = 16

    init(
        walk: GatewayLoop,
        authenticator: Authenticator,
        history: HistoryReader?,
        broadcaster: Broadcaster,
        version: String
    ) {
        self.walk = walk
        self.authenticator = authenticator
        self.history = history
        self.broadcaster = broadcaster
        self.encoder = ReplyEncoder(arena: ProtobufArena(), version: version)
    }

    /// Adds every method of the service.
    func register(with router: Router) {
        for method in TradingMethod.allCases {
            let access = AccessTable.access(to: method)
            for service in method.services {
                router.add(
                    method.rawValue,
                    of: service,
                    kind: method.isStreaming ? .serverStreaming : .unary
                ) { call, responder in
                    self.receive(method, needing: access, call, responder)
                }
            }
        }
    }

    private func receive(
        _ method: TradingMethod,
        needing access: AccessTable.Access,
        _ call: Call,
        _ responder: Responder
    ) {
        guard let caller = self.authenticator.caller(of: call, responder) else { return }
        if let refusal = caller.refusal(of: method, needing: access.leastRole) {
            self.answer(.refused(refusal), to: method, responder)
            return
        }
        if method == .riskDecisions || method == .listFills {
            self.readHistory(method, call, responder)
            return
        }
        if method == .subscribe {
            self.subscribe(call, responder, as: caller)
            return
        }
        let secret = method == .createToken ? Self.drawToken() : nil
        let decoder = RequestDecoder(
            arena: self.arena,
            caller: caller,
            connection: call.connection.id,
            newToken: secret.map { ($0.tokenID, $0.secretHash) }
        )
        let request: Request
        do throws(BadRequest) {
            request = try decoder.decode(method, call.payload.readableBytesUInt8Span)
        } catch {
            responder.fail(Status(.invalidArgument, error.message))
            return
        }
        let needed = access.role(request.accessCondition)
        if let refusal = caller.refusal(of: method, needing: needed) {
            self.answer(.refused(refusal), to: method, responder)
            return
        }
        if case .cancelOnDisconnect(let wish) = request, !self.beginSession(wish, responder) {
            return
        }
        guard method != .listOrders || self.beginListing(responder) else { return }
        if let reply = self.walk.readAtOnce(request) {
            self.answer(reply, to: method, responder, telling: secret)
            return
        }
        let deadline = call.deadline.map { MonotonicTime(nanoseconds: $0.uptimeNanoseconds) }
        self.walk.receive(request, deadline: deadline) { reply in
            if method == .listOrders { self.listingCount -= 1 }
            self.answer(reply, to: method, responder, telling: secret)
        }
    }

    /// A connection is gone, of whatever kind.
    func closed(_ connection: ConnectionInfo) {
        guard self.sessionConnections.remove(connection.id) != nil else { return }
        self.walk.connectionClosed(connection.id)
    }

    /// Watches the connection of a session, or answers that there are too many sessions.
    private func beginSession(_ wish: SessionWish, _ responder: Responder) -> Bool {
        var isFull = false
        self.walk.withState { state in
            isFull =
                state.cancelSessions.count >= CancelSession.countMax
                && state.cancelSessions[wish.name] == nil && wish.graceMilliseconds != nil
        }
        guard !isFull else {
            let text = "there are \(CancelSession.countMax) sessions, the limit; end one"
            responder.fail(Status(.resourceExhausted, text))
            return false
        }
        self.sessionConnections.insert(wish.connection)
        return true
    }

    /// Counts a listing, or answers that there are too many.
    private func beginListing(_ responder: Responder) -> Bool {
        guard self.listingCount < Self.listingsMax else {
            let text = "\(self.listingCount) listings are under way, the limit; ask again"
            responder.fail(Status(.resourceExhausted, text))
            return false
        }
        self.listingCount += 1
        return true
    }

    /// History is read beside the loop, which goes on meanwhile (M4).
    private func readHistory(_ method: TradingMethod, _ call: Call, _ responder: Responder) {
        let decoder = RequestDecoder(arena: self.arena, caller: Caller(Principal(""), .viewer))
        let payload = Array(call.payload.readableBytesView)
        do throws(BadRequest) {
            if method == .listFills {
                let filter = try decoder.fills(payload.span)
                guard let history = self.beginHistory(responder) else { return }
                self.whenSynced { last in
                    history.read(filter, through: last) { result in
                        self.endHistory(result.map { self.encoder.encode($0) }, responder)
                    }
                }
            } else {
                let filter = try decoder.decisions(payload.span)
                guard let history = self.beginHistory(responder) else { return }
                history.read(filter) { result in
                    self.endHistory(result.map { self.encoder.encode($0) }, responder)
                }
            }
        } catch {
            responder.fail(Status(.invalidArgument, error.message))
        }
    }

    /// Waits until everything that was decided is on disk: what a caller was told of is found (J2).
    private func whenSynced(_ body: @escaping (_ last: UInt64) -> Void) {
        var last: UInt64 = 0
        self.walk.withState { last = $0.sequence.raw }
        // Any reading waits for the events before it.
        self.walk.receive(.mode, deadline: nil) { _ in body(last) }
    }

    private func beginHistory(_ responder: Responder) -> HistoryReader? {
        guard let history = self.history else {
            responder.fail(Status(.unavailable, "the journal is damaged and cannot be read"))
            return nil
        }
        return self.beginListing(responder) ? history : nil
    }

    private func endHistory(_ result: Result<[UInt8], JournalError>, _ responder: Responder) {
        self.listingCount -= 1
        switch result {
        case .success(let bytes): responder.succeed(bytes)
        case .failure(let error): responder.fail(Status(.dataLoss, "\(error)"))
        }
    }

    private func subscribe(_ call: Call, _ responder: Responder, as caller: Caller) {
        let wish: SubscriptionWish
        do throws(BadRequest) {
            wish = try RequestDecoder(arena: self.arena, caller: caller)
                .subscription(
                    Array(call.payload.readableBytesView).span,
                    heartbeatMilliseconds: self.broadcaster.settings.heartbeatMilliseconds
                )
        } catch {
            responder.fail(Status(.invalidArgument, error.message))
            return
        }
        self.broadcaster.subscribe(wish, responder, as: caller)
    }

    private func answer(
        _ reply: Reply,
        to method: TradingMethod,
        _ responder: Responder,
        telling secret: BearerToken? = nil
    ) {
        var reply = reply
        if case .health(var view) = reply {
            self.authenticator.complete(&view)
            reply = .health(view)
        }
        switch self.encoder.encode(reply, to: method, telling: secret) {
        case .payload(let message):
            responder.succeed(message)
        case .refused(let refusal, let details):
            let detail = StatusDetail(typeURL: TradingMethod.refusalTypeURL, value: details)
            responder.fail(
                Status(refusal.rule.statusCode, refusal.message, details: [detail])
            )
        }
    }

    private static func drawToken() -> BearerToken {
        var random = SystemRandomNumberGenerator()
        return BearerToken(using: &random)
    }
}

extension Rule {
    /// The status of a call that the rule refuses as a whole.
    fileprivate var statusCode: StatusCode {
        switch self {
        case .orderNotFound, .breachNotFound: .notFound
        case .deadline: .deadlineExceeded
        case .idempotencyKey: .alreadyExists
        case .limitValue: .invalidArgument
        case .role: .permissionDenied
        case .token: .failedPrecondition
        case .tokenNotFound: .notFound
        case .killSwitch, .expectedMode, .symbolAllowed, .symbolTrading, .priceRange,
            .priceTick, .quantityRange, .quantityStep, .marketPrice, .venueNotional,
            .orderNotional, .openOrders, .unknownOrder, .availableBalance, .orderFinished,
            .modeGate, .reduceOnly, .killCause, .orderInDoubt, .clockSkew, .staleQuote,
            .orderQuantity, .priceCollar, .positionNotional, .exposureNotional, .tradingDisabled,
            .dailyLoss, .drawdown, .consecutiveFailures, .slippage, .balanceDifference, .amendment,
            .sensitiveNotional, .orderNotHeld, .approvalDenied, .dailyNotional,
            .openPositions, .cashShare, .duplicateOrder, .stopPrice, .positionBusy,
            .positionDust, .attachedExits, .stopLossRequired, .riskPerTrade:
            .failedPrecondition
        case .secondFactor: .permissionDenied
        case .notReady, .circuitBreaker, .rejectBreaker, .venueRestraint: .unavailable
        case .orderBudget, .orderRate, .ordersPerDay: .resourceExhausted
        }
    }
}
