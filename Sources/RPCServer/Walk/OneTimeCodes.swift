import Credentials
import Foundation
import TradingCore

/// The second factor as the server holds it: turns codes as they were typed into what they prove,
/// since the gateway itself knows no secret.
struct OneTimeCodes {
    private let key: OneTimeCodeKey

    /// Nil where no second factor is configured.
    ///
    /// - Throws: Why the secret cannot be read or is none; it never says what it is.
    init?(_ settings: OneTimeCodeSettings?) throws {
        guard let settings else { return nil }
        let secret = try settings.secretPlace.secret()
        do throws(OneTimeCodeError) {
            self.key = try OneTimeCodeKey(base32: secret, algorithm: settings.algorithm)
        } catch {
            throw OneTimeCodeSettings.Unusable(description: "approvals: the secret: \(error)")
        }
    }

    /// The request with its code looked at, where it carries one.
    func check(_ request: Request, at now: WallTime) -> Request {
        switch request {
        case .approve(var approval):
            approval.code = self.check(approval.code, at: now)
            return .approve(approval)
        case .setMode(var wish):
            wish.code = self.check(wish.code, at: now)
            return .setMode(wish)
        case .killRelease(let principal, let reason, var release):
            release.code = self.check(release.code, at: now)
            return .killRelease(principal, reason: reason, release)
        default: return request
        }
    }

    private func check(_ code: ShownCode, at now: WallTime) -> ShownCode {
        guard case .typed(let text) = code else { return code }
        let seconds = now.milliseconds.divided(by: 1_000, rounding: .down)
        return self.key.step(matching: text, atSeconds: seconds).map(ShownCode.matching) ?? .wrong
    }
}

/// Where the secret of the second factor is, and how its codes are made.
struct OneTimeCodeSettings: Hashable {
    var secretPlace: Configuration.SecretPlace
    var algorithm: OneTimeCodeAlgorithm

    /// Why the secret makes no codes.
    struct Unusable: Error, CustomStringConvertible {
        var description: String
    }

    /// The variable that may hold the secret in place of a file.
    static let environmentVariable = "TRADING_APPROVALS_TOTP_SECRET"
}

extension Configuration.SecretPlace {
    /// Reads the secret, where it is needed and not before.
    func secret() throws -> Secret {
        switch self {
        case .variable(let name):
            Secret(text: ProcessInfo.processInfo.environment[name] ?? "")
        case .file(let path):
            Secret(text: try String(contentsOfFile: path, encoding: .utf8))
        }
    }
}
