import Credentials
import Foundation
import SystemTestSupport

/// An authenticator app: makes the codes of a secret, each of which counts once.
final class Authenticator {
    /// In base32, as `tradectl approvals enroll` made it.
    let secret: String
    private let key: OneTimeCodeKey
    private var lastStep: Int64 = 0

    struct NotEnrolled: Error, CustomStringConvertible {
        var description: String
    }

    /// Enrols with the command of the documentation, which needs no server.
    init() throws {
        let file = NSTemporaryDirectory() + "totp-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        let output = try Self.enroll(["--account", "desk", "--secret-file", file])
        let secret = try String(contentsOfFile: file, encoding: .utf8)
            .trimmingCharacters(in: .newlines)
        guard output.contains("secret \(secret)"), output.contains("otpauth://totp/RPCServer:desk")
        else { throw NotEnrolled(description: output) }
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        guard attributes[.posixPermissions] as? Int == 0o600 else {
            throw NotEnrolled(description: "\(attributes)")
        }
        // A secret that is there is never overwritten.
        guard try Self.enroll(["--secret-file", file]).contains("File exists") else {
            throw NotEnrolled(description: "it was overwritten")
        }
        self.secret = secret
        self.key = try OneTimeCodeKey(base32: Secret(text: secret))
    }

    private static func enroll(_ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = try ProgramUnderTest.url(of: "tradectl")
        process.arguments = ["approvals", "enroll"] + arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    private var now: Int64 {
        OneTimeCodeKey.step(atSeconds: Int64(Date().timeIntervalSince1970))
    }

    /// A code that counts now and was not shown before; waits for one where there is none.
    func code() -> String {
        let step = max(self.lastStep + 1, self.now)
        while step > self.now + OneTimeCodeKey.stepsOff { usleep(200_000) }
        self.lastStep = step
        return self.key.code(ofStep: step)
    }

    /// The code that was shown last.
    var usedCode: String { self.key.code(ofStep: self.lastStep) }

    /// Six digits that are the code of no step near now.
    var wrongCode: String {
        let near = Set((self.now - 3...self.now + 3).map { self.key.code(ofStep: $0) })
        return (0...9).map { String(repeating: "\($0)", count: 6) }.first { !near.contains($0) }
            ?? "123450"
    }
}
