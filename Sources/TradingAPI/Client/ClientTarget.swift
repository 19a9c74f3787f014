import NIOCore
import TTRPC

/// How a server is reached, and as whom.
struct ClientTarget: Sendable {
    /// `unix:/path` or `host:port`.
    let address: String
    /// Sent with every call.
    let token: BearerToken?
    let tls: ClientTLS?

    /// What is sent along with every call.
    var metadata: [Metadata] { self.token.map { [$0.metadata] } ?? [] }

    /// Connects, once.
    ///
    /// - Parameter timeout: How long that may take; nil for the default.
    /// - Returns: A connection.
    /// - Throws: ``TradingClientError/unreachable(_:)``.
    func connect(
        within timeout: Duration? = nil
    ) async throws(TradingClientError) -> TTRPCClient {
        guard let target = ConnectAddress(text: self.address) else {
            throw .unreachable("\(self.address): expected unix:/path or host:port")
        }
        var configuration = ClientConfiguration()
        configuration.tls = self.tls
        if let timeout {
            configuration.connectTimeout = min(configuration.connectTimeout, TimeAmount(timeout))
        }
        do throws(ConnectError) {
            return try await TTRPCClient.connect(to: target, configuration: configuration)
        } catch {
            throw .unreachable("\(self.address): \(error.explanation)")
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
