/// The files of TLS on the TCP listener.
struct TLSSettings: Hashable {
    var certificatePath: String
    var keyPath: String
    /// Authorities of the callers' certificates; nil where callers need none.
    var clientAuthorityPath: String?
}

extension RawSettings {
    /// Reads TLS; nil where it is not wanted.
    mutating func tls() -> TLSSettings? {
        guard self.has(section: "rpc.tls") else { return nil }
        let expected = "the path of a file in PEM"
        let certificate = self.value("rpc.tls.certificate", default: nil, expected: expected) {
            $0.isEmpty ? nil : $0
        }
        let key = self.value("rpc.tls.key", default: nil, expected: expected) {
            $0.isEmpty ? nil : $0
        }
        let authority = self.optionalText("rpc.tls.client_ca")
        guard let certificate, let key else { return nil }
        return TLSSettings(
            certificatePath: certificate,
            keyPath: key,
            clientAuthorityPath: authority
        )
    }

    /// Beyond loopback nothing is served in plain text, or to those who show no token.
    mutating func guardExposure(_ configuration: Configuration) {
        guard let address = configuration.tcpAddress, !Self.isLoopback(address.host) else { return }
        let problem = "listen.tcp: \(address.host) is beyond loopback, "
        if configuration.tls == nil {
            self.report(
                address.place,
                problem + "which needs TLS: rpc.tls.certificate and rpc.tls.key"
            )
        }
        if configuration.access.tcp != .token {
            self.report(address.place, problem + "where rpc.tcp.authentication must be token")
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasPrefix("127.")
    }
}
