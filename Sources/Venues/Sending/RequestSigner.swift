import COpenSSL
import Credentials

/// Signs requests with an account's key: HMAC-SHA256, or Ed25519 where the secret is a PEM key.
///
/// Not thread-safe: each thread that signs has a signer of its own. An HMAC signature costs about
/// 0.3 µs because the keyed context is reset, not made again.
final class RequestSigner {
    private let key: SigningKey

    /// - Throws: ``SigningError/unusableKey(_:)`` for a PEM text that is not an Ed25519 key, or an
    ///   empty secret.
    init(secret: Secret) throws(SigningError) {
        guard !secret.isEmpty else { throw .unusableKey("the secret is empty") }
        let isPEM = unsafe secret.withBytes { unsafe $0.starts(with: Array("-----BEGIN".utf8)) }
        self.key =
            isPEM
            ? .ed25519(try Ed25519Key(pem: secret)) : .hmac(try HMACKey(secret: secret))
    }

    /// The signature as a JSON frame carries it: lower-case hex, or base64.
    func signature(of payload: [UInt8]) -> String {
        switch self.key {
        case .hmac(let key): Self.hex(key.code(of: payload))
        case .ed25519(let key): Self.base64(key.signature(of: payload))
        }
    }

    private enum SigningKey {
        case hmac(HMACKey)
        case ed25519(Ed25519Key)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        )
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for byte in group { word = word << 8 | UInt32(byte) }
            word <<= UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let isPadding = position > group.count
                let digit = digits[Int(word >> UInt32(18 - 6 * position) & 63)]
                text.append(isPadding ? UInt8(ascii: "=") : digit)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Why a key cannot sign; the operator must configure another one.
package enum SigningError: Error, Hashable, Sendable {
    /// The text says what is wrong with it and never holds any of it.
    case unusableKey(String)
}

/// A keyed HMAC-SHA256 context.
///
/// Safe: the pointer is private, never nil, used by one thread and freed with its only owner.
@safe
private final class HMACKey {
    private let context: OpaquePointer

    init(secret: Secret) throws(SigningError) {
        guard let mac = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else {
            throw .unusableKey("this OpenSSL has no HMAC")
        }
        defer { unsafe EVP_MAC_free(mac) }
        guard let context = unsafe EVP_MAC_CTX_new(mac) else {
            throw .unusableKey("OpenSSL has no memory for a context")
        }
        unsafe self.context = context
        var digest = Array("SHA256".utf8CString)
        let isKeyed = unsafe digest.withUnsafeMutableBufferPointer { name in
            var parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe secret.withBytes { key in
                unsafe EVP_MAC_init(context, key.baseAddress, key.count, &parameters) == 1
            }
        }
        guard isKeyed else { throw .unusableKey("OpenSSL refuses the secret as an HMAC key") }
    }

    deinit { unsafe EVP_MAC_CTX_free(self.context) }

    func code(of payload: [UInt8]) -> [UInt8] {
        var length = 0
        let code = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let isDone =
                unsafe EVP_MAC_init(self.context, nil, 0, nil) == 1
                && EVP_MAC_update(self.context, payload, payload.count) == 1
                && EVP_MAC_final(self.context, buffer.baseAddress, &length, buffer.count) == 1
            count = isDone ? length : 0
        }
        guard code.count == 32 else { fatalError("OpenSSL failed at an HMAC it was keyed for") }
        return code
    }
}

/// A private Ed25519 key.
///
/// Safe: the pointers are private, never nil, used by one thread and freed with their only owner.
@safe
private final class Ed25519Key {
    private let key: OpaquePointer
    private let context: OpaquePointer

    init(pem: Secret) throws(SigningError) {
        let parsed = unsafe pem.withBytes { bytes -> OpaquePointer? in
            let input = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            defer { unsafe BIO_free(input) }
            return unsafe PEM_read_bio_PrivateKey(input, nil, nil, nil)
        }
        ERR_clear_error()
        guard let key = unsafe parsed else {
            throw .unusableKey("the PEM text holds no private key that can be read")
        }
        guard unsafe EVP_PKEY_is_a(key, "ED25519") == 1 else {
            unsafe EVP_PKEY_free(key)
            throw .unusableKey("the PEM key is not an Ed25519 key")
        }
        guard let context = unsafe EVP_MD_CTX_new() else {
            unsafe EVP_PKEY_free(key)
            throw .unusableKey("OpenSSL has no memory for a context")
        }
        unsafe self.key = key
        unsafe self.context = context
    }

    deinit {
        unsafe EVP_MD_CTX_free(self.context)
        unsafe EVP_PKEY_free(self.key)
    }

    func signature(of payload: [UInt8]) -> [UInt8] {
        var length = 64
        let signature = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            let isDone =
                unsafe EVP_MD_CTX_reset(self.context) == 1
                && EVP_DigestSignInit(self.context, nil, nil, nil, self.key) == 1
                && EVP_DigestSign(
                    self.context,
                    buffer.baseAddress,
                    &length,
                    payload,
                    payload.count
                ) == 1
            count = isDone ? length : 0
        }
        guard signature.count == 64 else { fatalError("OpenSSL failed to sign with a good key") }
        return signature
    }
}
