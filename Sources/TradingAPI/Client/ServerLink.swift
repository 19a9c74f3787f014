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
