import COpenSSL
import Foundation
import TradingCore

/// What verifies the signatures of one key.
enum RequestVerifier {
    case hmac(HMACKey)
    case publicKey(PublicKey)

    /// The venue's name of the kind of key, where `session.logon` refuses it.
    var kindWithoutLogon: String? {
        switch self {
        case .hmac: "HMAC_SHA256"
        case .publicKey(let key): key.isEd25519 ? nil : "RSA"
        }
    }

    /// Whether a signature covers a payload: hexadecimal for HMAC, base64 for the others.
    func isValid(_ signature: String, for payload: [UInt8]) -> Bool {
        switch self {
        case .hmac(let key): key.isValid(signature, for: payload)
        case .publicKey(let key): key.isValid(signature, for: payload)
        }
    }
}

/// An Ed25519 or RSA key that verifies: RSASSA-PKCS1-v1_5 with SHA-256 for the latter.
///
/// Owns an OpenSSL key that nothing else sees; it belongs to one thread.
@safe final class PublicKey {
    private let key: OpaquePointer
    let isEd25519: Bool

    /// Reads a key in PEM; nil where it is none, or of another kind.
    init?(pem: String) {
        var bytes = Array(pem.utf8)
        let key = unsafe bytes.withUnsafeMutableBytes { bytes -> OpaquePointer? in
            guard let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            else { return nil }
            defer { unsafe BIO_free(source) }
            return unsafe PEM_read_bio_PUBKEY(source, nil, nil, nil)
        }
        guard let key = unsafe key else { return nil }
        let kind = unsafe EVP_PKEY_get_id(key)
        guard kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_RSA else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        unsafe self.key = key
        self.isEd25519 = kind == EVP_PKEY_ED25519
    }

    deinit { unsafe EVP_PKEY_free(self.key) }

    func isValid(_ signature: String, for payload: [UInt8]) -> Bool {
        guard let decoded = Data(base64Encoded: signature) else { return false }
        let bytes = [UInt8](decoded)
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        let digest = unsafe self.isEd25519 ? nil : EVP_sha256()
        guard unsafe EVP_DigestVerifyInit(context, nil, digest, nil, self.key) == 1 else {
            return false
        }
        let result = unsafe EVP_DigestVerify(
            context,
            bytes,
            bytes.count,
            payload,
            payload.count
        )
        // A signature that is none leaves errors behind, which are nobody's business.
        ERR_clear_error()
        return result == 1
    }
}
