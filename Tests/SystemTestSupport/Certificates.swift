import Foundation

/// Authorities and certificates made by openssl for one test.
package struct Certificates: Sendable {
    private let folder: String

    /// Makes two authorities, and of the first a server's and a client's certificate.
    package init() throws {
        folder = NSTemporaryDirectory() + "certificates-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        for authority in ["ca", "other"] {
            try openssl(
                ["req", "-x509", "-subj", "/CN=\(authority)", "-days", "2"]
                    + newKey(authority) + ["-out", path("\(authority).pem")]
            )
        }
        try sign("server", by: "ca", names: "IP:127.0.0.1,DNS:localhost")
        try sign("elsewhere", by: "ca", names: "IP:192.0.2.1,DNS:elsewhere.example")
        try sign("client", by: "ca", names: "DNS:client")
        try sign("stranger", by: "other", names: "DNS:client")
    }

    package func path(_ name: String) -> String { "\(folder)/\(name)" }

    package func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func newKey(_ name: String) -> [String] {
        [
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            path("\(name).key"),
        ]
    }

    private func sign(_ name: String, by authority: String, names: String) throws {
        let request = path("\(name).csr")
        try openssl(["req", "-subj", "/CN=\(name)", "-out", request] + newKey(name))
        let extensions = path("\(name).ext")
        try "subjectAltName=\(names)".write(toFile: extensions, atomically: true, encoding: .utf8)
        try openssl([
            "x509", "-req", "-in", request, "-CA", path("\(authority).pem"), "-CAkey",
            path("\(authority).key"), "-CAcreateserial", "-days", "2", "-extfile", extensions,
            "-out", path("\(name).pem"),
        ])
    }

    private func openssl(_ arguments: [String]) throws {
        let status = try Self.status(of: arguments)
        guard status == 0 else { throw CommandFailure(arguments: arguments, status: status) }
    }

    /// What a command of openssl ends with; it reads nothing and its words are not kept.
    package static func status(of arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private struct CommandFailure: Error {
        var arguments: [String]
        var status: Int32
    }
}
