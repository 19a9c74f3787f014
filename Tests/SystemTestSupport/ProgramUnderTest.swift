package import Foundation
import Glibc

/// One of our programs as a process of its own, as its users run it.
package final class ProgramUnderTest {
    package let name: String
    /// The `name=value` pairs of the line that the program printed when it was ready.
    package private(set) var readyValues: [String: String] = [:]
    private let process = Process()
    private let outputPath: String

    /// Why a program is not ready, with all that it printed.
    package struct DidNotStart: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    /// Starts a program and waits until it says that it is ready.
    package init(
        _ name: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        logFolder: String
    ) throws {
        self.name = name
        self.outputPath = "\(logFolder)/\(name)-\(UUID().uuidString).log"
        _ = FileManager.default.createFile(atPath: self.outputPath, contents: nil)
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: self.outputPath))
        self.process.executableURL = try Self.url(of: name)
        self.process.arguments = arguments
        self.process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        self.process.standardOutput = output
        self.process.standardError = output
        try self.process.run()
        try self.waitUntilReady()
    }

    deinit { if self.process.isRunning { Glibc.kill(self.process.processIdentifier, SIGKILL) } }

    /// The programs are built into the folder that the tests run from.
    package static func url(of name: String) throws -> URL {
        let tests = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
        let url = tests.deletingLastPathComponent().appendingPathComponent(name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw DidNotStart(description: "\(url.path) is not built")
        }
        return url
    }

    private func waitUntilReady() throws {
        for _ in 0..<600 {
            let line = self.output.split(separator: "\n").first { $0.hasPrefix("ready ") }
            if let line {
                for pair in line.split(separator: " ").dropFirst() {
                    guard let mark = pair.firstIndex(of: "=") else { continue }
                    self.readyValues[String(pair[..<mark])] =
                        String(pair[pair.index(after: mark)...])
                }
                return
            }
            guard self.process.isRunning else { break }
            usleep(50_000)
        }
        throw DidNotStart(description: "\(self.name) is not ready:\n\(self.output)")
    }

    /// Everything that the program printed.
    package var output: String {
        (try? String(contentsOfFile: self.outputPath, encoding: .utf8)) ?? ""
    }

    package var isRunning: Bool { self.process.isRunning }

    /// Whether the program is stopped by a signal, as the kernel tells it.
    package var isStopped: Bool {
        let path = "/proc/\(self.process.processIdentifier)/stat"
        let stat = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        guard let mark = stat.lastIndex(of: ")") else { return false }
        return stat[mark...].dropFirst(2).first == "T"
    }

    package func signal(_ number: Int32) { Glibc.kill(self.process.processIdentifier, number) }

    /// From now on no file of the program may be longer, as on a disk that is full.
    package func limitFiles(bytes: UInt) throws {
        let command = Process()
        command.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
        command.arguments = ["--pid", "\(self.process.processIdentifier)", "--fsize=\(bytes)"]
        try command.run()
        command.waitUntilExit()
        guard command.terminationStatus == 0 else {
            throw DidNotStart(description: "the size of files cannot be limited")
        }
    }

    /// Waits until the program ends by itself.
    package func waitForEnd() -> Int32 {
        self.process.waitUntilExit()
        return self.process.terminationStatus
    }

    /// Ends the program and waits for its end.
    ///
    /// - Returns: Its exit code, or the signal that ended it.
    @discardableResult
    package func end(with number: Int32) -> Int32 {
        self.signal(number)
        self.process.waitUntilExit()
        return self.process.terminationStatus
    }

    /// What the program holds in memory, in KiB.
    package var residentKiB: Int {
        let path = "/proc/\(self.process.processIdentifier)/status"
        let status = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first ?? "")
            ?? 0
    }
}
