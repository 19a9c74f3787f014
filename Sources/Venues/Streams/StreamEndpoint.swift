import Foundation

/// Where a WebSocket is opened.
struct StreamEndpoint: Hashable, Sendable {
    let host: String
    let port: Int
    let isEncrypted: Bool
    /// With the query.
    let target: String

    /// Takes a `ws` or `wss` URL apart; nil where it is none.
    init?(url: String) {
        guard let parts = URLComponents(string: url), var host = parts.host, !host.isEmpty else {
            return nil
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.host = host
        self.isEncrypted = parts.scheme?.lowercased() == "wss"
        self.port = parts.port ?? (self.isEncrypted ? 443 : 80)
        let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        self.target = path + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
    }

    /// The value of the `Host` header.
    var hostHeader: String {
        let name = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isEncrypted ? 443 : 80) ? name : "\(name):\(self.port)"
    }

    /// Whether the host is an address, for which TLS has no server name.
    var isAddress: Bool {
        self.host.contains(":")
            || self.host.utf8.allSatisfy { byte in
                byte == UInt8(ascii: ".")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }
}
