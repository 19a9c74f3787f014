import NIOCore
import NIOSSL

/// A file that cannot be used for TLS.
public struct TLSFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String

    /// What is wrong with it, without anything of its content.
    public let reason: String

    /// For people: the file and what is wrong with it.
    public var description: String { "\(path): \(reason)" }
}

/// What a server shows on its TCP connections, and whether its clients must show something, too.
///
/// TLS 1.3 only. Read once: a new certificate wants a new server.
public struct ServerTLS: Sendable {
    private let context: NIOSSLContext

    /// Reads the files, all in PEM.
    ///
    /// - Parameters:
    ///   - certificatePath: The server's certificate, then those between it and its authority.
    ///   - keyPath: The certificate's private key.
    ///   - clientAuthorityPath: Authorities one of which must have signed a client's certificate;
    ///     nil asks clients for none.
    /// - Throws: `TLSFileError`.
    public init(
        certificatePath: String,
        keyPath: String,
        clientAuthorityPath: String? = nil
    ) throws(TLSFileError) {
        let chain = try TLSFiles.certificates(certificatePath)
        let key = try TLSFiles.key(keyPath)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        if let clientAuthorityPath {
            // Whom a certificate names is not looked at; a token tells who calls.
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(
                try TLSFiles.certificates(clientAuthorityPath)
            )
        }
        context = try TLSFiles.context(configuration, blaming: keyPath)
    }

    /// The part of a connection's pipeline that is nearest to the socket.
    func makeHandler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: context) }
}

/// Whom a client trusts on TCP, and what it shows; TLS 1.3 only.
public struct ClientTLS: Sendable {
    private let context: NIOSSLContext

    /// Reads the files, all in PEM.
    ///
    /// - Parameters:
    ///   - authorityPath: Authorities one of which must have signed the server's certificate; nil
    ///     for those that the system trusts.
    ///   - identity: The client's certificate, with those between it and its authority, and its
    ///     key, where the server asks for one.
    /// - Throws: `TLSFileError`.
    public init(
        authorityPath: String? = nil,
        identity: (certificatePath: String, keyPath: String)? = nil
    ) throws(TLSFileError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorityPath {
            configuration.trustRoots = .certificates(try TLSFiles.certificates(authorityPath))
        }
        if let identity {
            let chain = try TLSFiles.certificates(identity.certificatePath)
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try TLSFiles.key(identity.keyPath))
        }
        context = try TLSFiles.context(
            configuration,
            blaming: identity?.keyPath ?? authorityPath ?? ""
        )
    }

    /// Checks the server's certificate against a name, or against the address where `host` is one.
    func makeHandler(host: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }
}

/// The files behind both ends.
private enum TLSFiles {
    static func certificates(_ path: String) throws(TLSFileError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty
        else { throw TLSFileError(path: path, reason: "expected certificates in PEM") }
        return certificates
    }

    static func key(_ path: String) throws(TLSFileError) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(file: path, format: .pem)
        } catch {
            throw TLSFileError(path: path, reason: "expected a private key in PEM, not encrypted")
        }
    }

    static func context(
        _ configuration: TLSConfiguration,
        blaming path: String
    ) throws(TLSFileError) -> NIOSSLContext {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv13
        // A peer that does not answer the end of a connection must not keep its place for long.
        configuration.shutdownTimeout = .seconds(1)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFileError(path: path, reason: "the key and the certificate do not match")
        }
    }
}

extension CloseReason {
    /// The reason in an error of a connection, where it is that the peer could not show who it is.
    init?(handshakeError error: any Error) {
        guard case .handshakeFailed(let problem)? = error as? NIOSSLError else { return nil }
        self = .handshakeFailed("\(problem)")
    }
}
