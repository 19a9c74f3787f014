import COpenSSL
import Glibc

/// The store's own Ed25519 key, with which the journal's heads are signed.
///
/// It lies beside the store and never in it, so that who can write the store alone can sign
/// nothing. Safe: the pointer is private, never nil and freed with its only owner. Sendable:
/// OpenSSL allows signing with one key from any thread.
@safe
package final class SigningKey: @unchecked Sendable, CustomStringConvertible {
    private let key: OpaquePointer
    /// What others need to check the signatures.
    package let publicKey: VerifyingKey

    private init(_ key: OpaquePointer) throws(JournalError) {
        guard let publicKey = unsafe VerifyingKey(of: key) else {
            unsafe EVP_PKEY_free(key)
            throw .storage("the signing key is not an Ed25519 key")
        }
        unsafe self.key = key
        self.publicKey = publicKey
    }

    deinit { unsafe EVP_PKEY_free(self.key) }

    package var description: String { "(signing key \(self.publicKey.name))" }

    /// Reads the key, or makes it with the store's first start; the public key lies beside it.
    ///
    /// - Parameter path: The file of the private key, mode 0600; `.pub` is added for the public.
    /// - Returns: The key.
    /// - Throws: Where the file cannot be read or made, holds no Ed25519 key, or may be read by
    ///   others.
    package static func loadOrMake(at path: String) throws(JournalError) -> SigningKey {
        let key: SigningKey
        if let pem = try Files.read(path) {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { throw Files.failure("look at", path) }
            guard status.st_mode & 0o077 == 0 else {
                throw .storage("\(path) may be used by others than its owner; chmod 600 it")
            }
            key = try SigningKey(pem: pem)
        } else {
            key = try SigningKey.made()
            try Files.create(key.pem, at: path, mode: 0o600)
        }
        let publicPath = path + ".pub"
        let publicPEM = key.publicKey.pem
        if try Files.read(publicPath) != publicPEM {
            try Files.replace(publicPath, with: publicPEM, mode: 0o644)
        }
        return key
    }

    /// Whether a private key lies at a path and is not the other half of a public one.
    package static func contradiction(
        at path: String,
        to publicKey: VerifyingKey
    ) -> Finding? {
        do throws(JournalError) {
            guard let pem = try Files.read(path) else { return nil }
            let key = try SigningKey(pem: pem)
            return key.publicKey == publicKey
                ? nil : Finding(.signingKey, "\(path) is not the other half of the public key")
        } catch {
            return Finding(.signingKey, "\(path): \(error)")
        }
    }

    private static func made() throws(JournalError) -> SigningKey {
        var seed = [UInt8](repeating: 0, count: 32)
        defer { unsafe OPENSSL_cleanse(&seed, seed.count) }
        guard unsafe RAND_bytes(&seed, CInt(seed.count)) == 1,
            let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { throw .storage("OpenSSL cannot make a signing key") }
        return try unsafe SigningKey(key)
    }

    private convenience init(pem: [UInt8]) throws(JournalError) {
        let input = unsafe BIO_new_mem_buf(pem, CInt(pem.count))
        defer { unsafe BIO_free(input) }
        let key = unsafe PEM_read_bio_PrivateKey(input, nil, nil, nil)
        ERR_clear_error()
        guard let key = unsafe key else {
            throw .storage("the signing key's file holds no private key that can be read")
        }
        try unsafe self.init(key)
    }

    private var pem: [UInt8] {
        unsafe PEMText.written {
            unsafe PEM_write_bio_PrivateKey($0, self.key, nil, nil, 0, nil, nil)
        }
    }

    /// The signature of some bytes, always the same for the same bytes.
    package func signature(of bytes: [UInt8]) -> [UInt8] {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var length = VerifyingKey.signatureByteCount
        let signature = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            let isDone =
                unsafe EVP_DigestSignInit(context, nil, nil, nil, self.key) == 1
                && EVP_DigestSign(context, buffer.baseAddress, &length, bytes, bytes.count) == 1
            count = isDone ? length : 0
        }
        guard signature.count == VerifyingKey.signatureByteCount else {
            fatalError("OpenSSL failed to sign with a good key")
        }
        return signature
    }
}

/// The public half of a ``SigningKey``.
package struct VerifyingKey: Hashable, Sendable {
    static let signatureByteCount = 64
    private static let byteCount = 32
    private let bytes: [UInt8]

    fileprivate init?(of key: OpaquePointer) {
        guard unsafe EVP_PKEY_is_a(key, "ED25519") == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        var count = bytes.count
        guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1,
            count == Self.byteCount
        else { return nil }
        self.bytes = bytes
    }

    /// Reads the PEM text of a public key.
    ///
    /// - Throws: Where there is no such file or it holds no Ed25519 key.
    package init(path: String) throws(JournalError) {
        guard let pem = try Files.read(path) else { throw .storage("there is no \(path)") }
        let input = unsafe BIO_new_mem_buf(pem, CInt(pem.count))
        defer { unsafe BIO_free(input) }
        let key = unsafe PEM_read_bio_PUBKEY(input, nil, nil, nil)
        ERR_clear_error()
        defer { unsafe EVP_PKEY_free(key) }
        guard let key = unsafe key, let read = unsafe VerifyingKey(of: key) else {
            throw .storage("\(path) holds no public Ed25519 key")
        }
        self = read
    }

    /// A short name: the start of the key's SHA-256.
    package var name: String { String(ChainHash(of: self.bytes.span).description.prefix(16)) }

    /// Whether the bytes were signed with the other half.
    package func isValid(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount else { return false }
        return unsafe self.withKey { key in
            let context = unsafe EVP_MD_CTX_new()
            defer { unsafe EVP_MD_CTX_free(context) }
            let isValid =
                unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
                && EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
            ERR_clear_error()
            return isValid
        }
    }

    fileprivate var pem: [UInt8] {
        unsafe self.withKey { key in
            unsafe PEMText.written { unsafe PEM_write_bio_PUBKEY($0, key) }
        }
    }

    private func withKey<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        guard
            let key = unsafe EVP_PKEY_new_raw_public_key(
                EVP_PKEY_ED25519,
                nil,
                self.bytes,
                self.bytes.count
            )
        else { fatalError("OpenSSL refuses a public key that it gave out") }
        defer { unsafe EVP_PKEY_free(key) }
        return unsafe body(key)
    }
}

/// The text form of keys.
private enum PEMText {
    static func written(_ write: (OpaquePointer) -> CInt) -> [UInt8] {
        guard let output = unsafe BIO_new(BIO_s_mem()) else {
            fatalError("OpenSSL has no memory for a text")
        }
        defer { unsafe BIO_free(output) }
        var text = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe write(output) == 1 ? BIO_read(output, &text, CInt(text.count)) : 0
        guard count > 0 else { fatalError("OpenSSL cannot write a key that it made") }
        return Array(text[..<Int(count)])
    }
}
