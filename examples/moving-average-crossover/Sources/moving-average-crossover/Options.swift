import Foundation
import TradingAPI

/// What the program is told to do.
struct Options: Sendable {
    var address = "127.0.0.1:7070"
    var token: BearerToken?
    var tls: ClientTLS?
    var symbol = "BTCUSDT"
    /// Names the strategy's orders; two that run at a time need two names.
    var name = "crossover"
    var lot = "0.01"
    var step = "0.00001"
    var fast = 10
    var slow = 30
    var interval = Duration.seconds(1)

    static let usage = """
        moving-average-crossover [--address unix:/path|host:port] [--token-file FILE] [--ca FILE]
            [--symbol BTCUSDT] [--name crossover] [--lot 0.01] [--step 0.00001]
            [--fast 10] [--slow 30] [--interval-ms 1000]

        Holds one lot while the mean of the last FAST prices is above that of the last SLOW ones.
        """

    init(_ arguments: [String]) throws(Failure) {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else {
                throw Failure("\(option): no value\n" + Self.usage)
            }
            switch option {
            case "--address": self.address = value
            case "--token-file": self.token = try Self.token(in: value)
            case "--ca":
                do throws(TLSFileError) {
                    self.tls = try ClientTLS(authorityPath: value)
                } catch {
                    throw Failure(error.description)
                }
            case "--symbol": self.symbol = value
            case "--name": self.name = value
            case "--lot": self.lot = value
            case "--step": self.step = value
            case "--fast": self.fast = try Self.count(value, for: option)
            case "--slow": self.slow = try Self.count(value, for: option)
            case "--interval-ms":
                self.interval = .milliseconds(try Self.count(value, for: option))
            default: throw Failure("\(option): unknown\n" + Self.usage)
            }
        }
        guard self.fast < self.slow else { throw Failure("--fast must be less than --slow") }
    }

    private static func count(_ text: String, for option: String) throws(Failure) -> Int {
        guard let number = Int(text), (1...1_000_000).contains(number) else {
            throw Failure("\(option): expected 1 to 1000000, found \"\(text)\"")
        }
        return number
    }

    private static func token(in path: String) throws(Failure) -> BearerToken {
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        guard
            let token = text.flatMap({
                BearerToken(text: $0.trimmingCharacters(in: .whitespacesAndNewlines))
            })
        else { throw Failure("\(path) holds no token") }
        return token
    }
}

/// Why the program cannot go on.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
