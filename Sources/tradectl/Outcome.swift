import ArgumentParser
import Glibc
import TTRPC
import TradingAPI

/// What a command ends with; the numbers are a promise to scripts.
enum Outcome: Int32 {
    case done = 0
    case failed = 1
    case usage = 2
    case refused = 3
    case rejected = 4
    case unknown = 5
    case unreachable = 6
    case notFound = 7
    case tampered = 8
    /// The records are what was written; something beside them is not, or is lost.
    case damagedBeside = 9

    var argumentParserCode: ExitCode { ExitCode(self.rawValue) }

    /// What the fate of an order means for the command that placed it.
    init(status: String) {
        switch status {
        case "REFUSED": self = .refused
        case "REJECTED", "NOT_PLACED": self = .rejected
        case "UNKNOWN", "NEEDS_OPERATOR", "SUBMITTING": self = .unknown
        default: self = .done
        }
    }
}

/// A command that did not do what was asked, and what to tell.
struct Failure: Error {
    var exitCode: Outcome
    var message: String
    /// Whether the gateway may have done it all the same.
    var isInDoubt: Bool

    init(_ exitCode: Outcome, _ message: String) {
        self.exitCode = exitCode
        self.message = message
        self.isInDoubt = exitCode == .unknown
    }

    init(_ error: TradingClientError) {
        switch error {
        case .refused(let refusal):
            let isMissing = refusal.rule.hasSuffix("_not_found")
            self.init(
                isMissing ? .notFound : .refused,
                "refused by \(refusal.rule): \(refusal.message) "
                    + "(limit \(refusal.limit), actual \(refusal.actual)"
                    + (refusal.permitted.isEmpty ? ")" : ", permitted \(refusal.permitted))")
            )
        case .status(let status) where status.code == .invalidArgument:
            self.init(.usage, "bad request: \(status.message)")
        case .status(let status) where status.code == .deadlineExceeded:
            self.init(.unknown, "no answer in time: \(status.message)")
        case .status(let status):
            self.init(.failed, "\(status.code): \(status.message)")
        case .unreachable(let reason):
            self.init(.unreachable, "cannot reach the server at \(reason)")
        case .connectionLost(let reason):
            self.init(
                .unreachable,
                "the connection was lost, the call may have been done: \(reason)"
            )
        case .malformedAnswer(let reason):
            self.init(.failed, "the server's answer makes no sense: \(reason)")
        }
        self.isInDoubt = error.mayHaveTakenEffect
    }

    func report() { StandardError.write("tradectl: \(self.message)") }
}

/// Where everything goes that is not the answer.
enum StandardError {
    static func write(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = unsafe line.withUnsafeBytes {
            unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }
}
