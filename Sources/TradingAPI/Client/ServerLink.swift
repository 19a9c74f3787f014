import NIOCore
import Synchronization
import TTRPC

/// The connection that a client's calls share, made anew where it was lost.
final class ServerLink: Sendable {
    private typealias Attempt = Task<Result<TTRPCClient, TradingClientError>, Never>

    private struct Shared {
        var connection: TTRPCClient?
        /// Calls that find no connection wait for the same one.
        var attempt: Attempt?
        var isClosed = false
        var sessions = SessionDuties()
        /// Whether somebody is there to name the sessions again after a loss.
        var isKept = false
    }

    private let target: ClientTarget
    private let shared: Mutex<Shared>

    init(_ connection: TTRPCClient, to target: ClientTarget) {
        self.target = target
        self.shared = Mutex(Shared(connection: connection))
    }

    /// Whether ``close()`` was called: there will not be another connection.
    var isClosed: Bool { self.shared.withLock { $0.isClosed } }

    /// The present connection, or a new one.
    ///
    /// - Parameter timeout: How long connecting may take.
    /// - Returns: The connection of all calls.
    /// - Throws: ``TradingClientError/unreachable(_:)``.
    func connection(
        within timeout: Duration
    ) async throws(TradingClientError) -> TTRPCClient {
        let (present, attempt): (TTRPCClient?, Attempt?) = self.shared.withLock { shared in
            if shared.isClosed || shared.connection != nil { return (shared.connection, nil) }
            let attempt = shared.attempt ?? self.attempt(within: timeout)
            shared.attempt = attempt
            return (nil, attempt)
        }
        if let present { return present }
        guard let attempt else { throw .unreachable("the client is closed") }
        return try await attempt.value.get()
    }

    /// Makes sure that no later call uses a connection.
    func drop(_ connection: TTRPCClient) {
        let isPresent = self.shared.withLock { shared in
            guard shared.connection === connection else { return false }
            shared.connection = nil
            shared.sessions.forget(ObjectIdentifier(connection))
            return true
        }
        if isPresent { Task { await connection.close() } }
    }

    /// Closes the connection; there will not be another one.
    func close() async {
        let connection = self.shared.withLock { shared in
            defer { shared.connection = nil }
            shared.isClosed = true
            return shared.connection
        }
        await connection?.close()
    }

    private func attempt(within timeout: Duration) -> Attempt {
        Task {
            do throws(TradingClientError) {
                let connection = try await self.target.connect(within: timeout)
                return self.keep(connection)
            } catch {
                self.shared.withLock { $0.attempt = nil }
                return .failure(error)
            }
        }
    }

    private func keep(_ connection: TTRPCClient) -> Result<TTRPCClient, TradingClientError> {
        let isClosed = self.shared.withLock { shared in
            shared.attempt = nil
            if !shared.isClosed { shared.connection = connection }
            return shared.isClosed
        }
        guard isClosed else { return .success(connection) }
        Task { await connection.close() }
        return .failure(.unreachable("the client is closed"))
    }
}

extension ServerLink {
    // MARK: Sessions

    /// How long one attempt to name the sessions again may take.
    private static let renewalMax = Duration.seconds(5)

    /// Notes that a session was named or ended over a connection; it is named again over others.
    func note(_ session: String, graceMilliseconds: UInt32?, over connection: TTRPCClient) {
        self.shared.withLock { shared in
            // A connection that is gone already stands for nothing.
            let isPresent = shared.connection === connection
            shared.sessions.note(
                session,
                graceMilliseconds: graceMilliseconds,
                over: isPresent ? ObjectIdentifier(connection) : nil
            )
        }
        self.keepSessions()
    }

    /// Names the sessions again where a new connection does not stand for them yet.
    ///
    /// - Throws: Why it does not; nothing else was asked.
    func renewSessions(
        over connection: TTRPCClient,
        within timeout: Duration
    ) async throws(CallError) {
        let missing = self.shared.withLock { shared in
            shared.sessions.missing(over: ObjectIdentifier(connection))
        }
        guard !missing.isEmpty else { return }
        let deadline = ContinuousClock.now + timeout
        for duty in missing {
            let request = RequestEncoder()
                .cancelOnDisconnect(duty.session, graceMilliseconds: duty.graceMilliseconds)
            _ = try await connection.call(
                service: TradingMethod.cancelOnDisconnect.service,
                method: TradingMethod.cancelOnDisconnect.rawValue,
                payload: ByteBuffer(bytes: request),
                timeout: TimeAmount(deadline - ContinuousClock.now),
                metadata: self.target.metadata
            )
        }
        self.shared.withLock { shared in
            guard shared.connection === connection else { return }
            shared.sessions.noteRenewal(of: missing, over: ObjectIdentifier(connection))
        }
        self.keepSessions()
    }

    /// Makes sure that somebody names the sessions again, though no call is made.
    private func keepSessions() {
        let begins = self.shared.withLock { shared in
            let isNeeded = !shared.isClosed && !shared.sessions.duties.isEmpty
            defer { shared.isKept = shared.isKept || isNeeded }
            return isNeeded && !shared.isKept
        }
        if begins { Task { await self.renewForEver() } }
    }

    /// Until the client is closed, or ends its sessions, or may not have them any more.
    private func renewForEver() async {
        var backoff = Backoff()
        while self.isKeepingSessions() {
            do {
                let connection = try await self.connection(within: Self.renewalMax)
                do throws(CallError) {
                    try await self.renewSessions(over: connection, within: Self.renewalMax)
                } catch {
                    if case .status(let status) = error {
                        // Asking on would only be counted as failures of others.
                        guard ![.unauthenticated, .permissionDenied].contains(status.code) else {
                            self.shared.withLock { $0.isKept = false }
                            return
                        }
                    } else {
                        self.drop(connection)
                    }
                    throw error
                }
                backoff = Backoff()
                try? await connection.closed.get()
                self.drop(connection)
            } catch {
                try? await Task.sleep(for: min(backoff.next(), self.pauseMax))
            }
        }
    }

    private func isKeepingSessions() -> Bool {
        self.shared.withLock { shared in
            shared.isKept = !shared.isClosed && !shared.sessions.duties.isEmpty
            return shared.isKept
        }
    }

    /// Several attempts are made within each grace time.
    private var pauseMax: Duration {
        let grace = self.shared.withLock { $0.sessions.duties.map(\.graceMilliseconds).min() }
        return .milliseconds(max(50, (grace ?? 0) / 4))
    }
}

/// How long to wait before asking a server again that does not answer.
struct Backoff: Sendable {
    private static let steps = [50, 100, 200, 400, 800, 1_600, 3_000]
    private var count = 0

    /// The next wait: each is longer than the one before, up to three seconds.
    mutating func next() -> Duration {
        defer { self.count += 1 }
        return .milliseconds(Self.steps[min(self.count, Self.steps.count - 1)])
    }
}
