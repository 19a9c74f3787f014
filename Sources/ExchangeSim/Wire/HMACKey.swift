import COpenSSL
import MarketReplay
import TradingCore

/// A secret of HMAC-SHA256, keyed once and used for every request of its owner.
///
/// Owns an OpenSSL context that nothing else sees; it belongs to one thread.
@safe final class HMACKey {
    private let context: OpaquePointer

    init(secret: String) {
        guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil),
            let context = unsafe EVP_MAC_CTX_new(algorithm)
        else { fatalError("OpenSSL has no HMAC") }
        unsafe EVP_MAC_free(algorithm)
        unsafe self.context = context
        let key = Array(secret.utf8)
        var digest = Array("SHA256".utf8CString)
        let status = unsafe digest.withUnsafeMutableBufferPointer { digest in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe EVP_MAC_init(context, key, key.count, parameters)
        }
        invariant(status == 1, "OpenSSL refused an HMAC key")
    }

    deinit { unsafe EVP_MAC_CTX_free(self.context) }

    /// The 32 bytes of the code over some bytes.
    func code(of payload: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var length = 0
        let isDone =
            unsafe EVP_MAC_init(self.context, nil, 0, nil) == 1
            && EVP_MAC_update(self.context, payload, payload.count) == 1
            && EVP_MAC_final(self.context, &code, &length, code.count) == 1
        invariant(isDone && length == 32, "OpenSSL failed to compute an HMAC")
        return code
    }

    /// Whether a signature in hexadecimal digits of either case is the payload's.
    func isValid(_ signature: String, for payload: [UInt8]) -> Bool {
        let digits = Array(signature.utf8)
        guard digits.count == 64 else { return false }
        let code = self.code(of: payload)
        var difference: UInt8 = 0
        for index in 0..<32 {
            guard let high = JSONValue.hexDigit(digits[2 * index]),
                let low = JSONValue.hexDigit(digits[2 * index + 1])
            else { return false }
            difference |= code[index] ^ (high << 4 | low)
        }
        return difference == 0
    }
}
