import Glibc
import Journal
import NIOCore
import TTRPC
import TradingAPI
import TradingCore

/// Tells who calls, and answers those that nobody knows: late, and counted.
final class Authenticator {
    private let settings: AccessSettings
    private let walk: GatewayLoop
    private let loop: any EventLoop
    private let clock = SystemClock()
    private let ownUserID = UInt32(geteuid())
    private var watch = AuthenticationWatch()
    /// Failures whose answer is held back.
    private var heldCount = 0

    /// How long the answer to a failure is held back.
    static let delay = TimeAmount.milliseconds(500)
    /// Beyond so many at once a failure is answered at once, with less.
    static let heldMax = 64

    init(_ settings: AccessSettings, walk: GatewayLoop, loop: any EventLoop) {
        self.settings = settings
        self.walk = walk
        self.loop = loop
    }

    /// Who calls; nil where that is not known, and the call is answered.
    func caller(of call: Call, _ responder: Responder) -> Caller? {
        switch BearerToken.presented(by: call) {
        case .some(let token?):
            if let caller = self.bearer(of: token) { return caller }
            self.refuse(call, responder, "the token is not known, or was revoked")
        case .some(nil):
            self.refuse(call, responder, "authorization: expected Bearer and a token")
        case nil:
            if let caller = self.peer(of: call.connection) { return caller }
            self.refuse(call, responder, "a token is needed, as authorization: Bearer")
        }
        return nil
    }

    /// Counts a peer that TLS turned away as a failure.
    func closed(_ connection: ConnectionInfo, _ reason: CloseReason) {
        guard case .handshakeFailed(let problem) = reason else { return }
        self.note("\(connection), whose TLS failed: \(problem)")
    }

    /// Adds what is known of failures.
    func complete(_ view: inout HealthView) {
        guard self.watch.failureCount > 0 else { return }
        view.authenticationFailureCount = self.watch.failureCount
        if let alert = self.watch.standingAlert(at: self.clock.now().wall) {
            view.alerts.append(alert)
        }
    }

    private func bearer(of presented: BearerToken) -> Caller? {
        let hash = presented.secretHash
        var caller: Caller?
        self.walk.withState { state in
            caller = state.tokens.token(presented.tokenID, hash: hash)
                .map { Caller($0.principal, $0.role) }
        }
        return caller
    }

    /// The kernel vouches for a Unix peer, nobody for a TCP peer.
    private func peer(of connection: ConnectionInfo) -> Caller? {
        switch connection.peer {
        case .unix(_, let userID):
            guard userID == self.ownUserID || self.settings.unixAdmins.contains(userID) else {
                return nil
            }
            return Caller(Principal("uid:\(userID)"), .admin)
        case .tcp:
            return self.settings.tcp == .none ? Caller(Principal("tcp"), .admin) : nil
        }
    }

    private func note(_ peer: String) {
        if let alert = self.watch.failed(from: peer, at: self.clock.now().wall) {
            self.walk.tell(alert)
        }
    }

    private func refuse(_ call: Call, _ responder: Responder, _ reason: String) {
        self.note(call.connection.description)
        guard self.heldCount < Self.heldMax else {
            responder.fail(Status(.resourceExhausted, "too many calls without a good token"))
            return
        }
        self.heldCount += 1
        self.loop.assumeIsolated().scheduleTask(in: Self.delay) {
            self.heldCount -= 1
            responder.fail(Status(.unauthenticated, reason))
        }
    }
}

extension BearerToken {
    /// What the store knows of the secret.
    var secretHash: [UInt8] { ChainHash(of: Array(self.secret.utf8).span).bytes }
}
