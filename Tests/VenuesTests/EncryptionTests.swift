import Foundation
import NIOSSL
import Testing
import TradingCore

@testable import Venues

/// Nothing of a request may reach a server that cannot prove who it is.
@Suite
struct EncryptionTests {
    @Test func `a server without a trusted certificate gets not a byte of an order (E1)`()
        async throws
    {
        let server = ScriptedServer(tls: try TestAuthority.context()) { _ in .ok(Sample.placed) }
        let rig = try await VenueRig(restPort: try await server.start(), isEncrypted: true)
        rig.gate.open()
        try await rig.place(.sample())
        guard case .notSent(.notConnected) = try await rig.outcome(of: 1) else {
            Issue.record("\(try await rig.outcome(of: 1))")
            return
        }
        #expect(server.requests.isEmpty && server.pings.isEmpty)
        try await rig.stop()
        try await server.stop()
    }

    @Test func `a trusted authority's servers are spoken to, REST and stream`() async throws {
        let path = NSTemporaryDirectory() + "venue-tests-\(UUID().uuidString).pem"
        try TestAuthority.certificate.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = ScriptedServer(tls: try TestAuthority.context()) { _ in .ok(Sample.placed) }
        let socket = ScriptedSocketServer(tls: try TestAuthority.context()) { text, _ in
            text == nil ? [] : [.send(#"{"id":"user","status":200,"result":{}}"#)]
        }
        let rig = try await VenueRig(
            restPort: try await server.start(),
            socketPort: try await socket.start(),
            isEncrypted: true
        ) { $0.certificateAuthorityPath = path }
        rig.gate.open()
        try await rig.place(.sample())
        guard case .accepted = try await rig.outcome(of: 1) else {
            Issue.record("\(try await rig.outcome(of: 1))")
            return
        }
        _ = try await rig.first { $0 == .streamOpened ? true : nil }
        try await rig.stop()
        try await socket.stop()
        try await server.stop()
    }
}

/// A certificate that signs itself, for 127.0.0.1, made for these tests and trusted nowhere.
enum TestAuthority {
    static func context() throws -> NIOSSLContext {
        let certificate = try NIOSSLCertificate(bytes: Array(self.certificate.utf8), format: .pem)
        let key = try NIOSSLPrivateKey(bytes: Array(self.key.utf8), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(certificate)],
                privateKey: .privateKey(key)
            )
        )
    }

    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBbzCCARWgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1sb29wYmFj
        ayB0ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
        VQQDDA1sb29wYmFjayB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEA01g
        xW+uJBzh15ecI+L+/GFz8+DjcSEOqk1V6N1lwy1ViCYk1T635Oy/Mfa7OFtVMhYH
        ABBHMuj4TxRYj3fXp6NOMEwwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/
        AAABgglsb2NhbGhvc3QwHQYDVR0OBBYEFD0j676Rov2xg4FtO8aj79Xv2PWTMAoG
        CCqGSM49BAMCA0gAMEUCIG8goENKH2FnfgqxJOz4CPflygK3V6e6brEwuLzDeQS+
        AiEAsCG7E6XMooK2o2AiGIR7X90ZcXmETEjV5KbTsX2OYcc=
        -----END CERTIFICATE-----

        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglw1i1qFJBdfglUhj
        m8ro30wzVL0R76UC6ZUwCxCo6PqhRANCAAQDTWDFb64kHOHXl5wj4v78YXPz4ONx
        IQ6qTVXo3WXDLVWIJiTVPrfk7L8x9rs4W1UyFgcAEEcy6PhPFFiPd9en
        -----END PRIVATE KEY-----

        """
}
