public import ArgumentParser
import Foundation
import TradingAPI
public import TradingCore

/// How an answer is shown.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
}

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: """
            Where the server listens: unix:/path or host:port \
            (default: $TRADING_ADDRESS, else 127.0.0.1:7070).
            """
    )
    var address: String?

    @Option(
        help: ArgumentHelp(
            "A file that holds the caller's token (default: $TRADECTL_TOKEN, else none).",
            valueName: "file"
        )
    )
    var tokenFile: String?

    @OptionGroup var tls: TLSOptions

    @Option(help: "How the answer is shown: table or json.")
    var output: OutputFormat = .table

    @Option(help: "How long a call may take, in milliseconds.")
    var timeout: Int64 = 10_000

    /// Connects, runs the body and closes.
    func withClient<Result>(
        _ body: (TradingClient) async throws(TradingClientError) -> Result
    ) async throws -> Result {
        let token = try self.token()
        let tls = try self.tls.client()
        do throws(TradingClientError) {
            let client = try await TradingClient.connect(
                to: self.chosenAddress,
                timeoutMilliseconds: self.timeout,
                token: token,
                tls: tls
            )
            do throws(TradingClientError) {
                let result = try await body(client)
                await client.close()
                return result
            } catch {
                await client.close()
                throw error
            }
        } catch {
            throw Failure(error)
        }
    }

    /// Follows the server's events.
    func subscription(_ wish: SubscriptionWish) throws(Failure) -> EventSubscription {
        EventSubscription(
            to: self.chosenAddress,
            token: try self.token(),
            tls: try self.tls.client(),
            wish
        )
    }

    private var chosenAddress: String {
        self.address ?? ProcessInfo.processInfo.environment["TRADING_ADDRESS"]
            ?? "127.0.0.1:7070"
    }

    /// By which the server knows who calls; what is wrong with it is told without it.
    private func token() throws(Failure) -> BearerToken? {
        let text: String
        if let path = self.tokenFile {
            guard let read = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw Failure(.usage, "--token-file: \(path) cannot be read")
            }
            text = read
        } else if let variable = ProcessInfo.processInfo.environment["TRADECTL_TOKEN"] {
            text = variable
        } else {
            return nil
        }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let token = BearerToken(text: trimmed) else {
            throw Failure(.usage, "\(self.tokenFile ?? "TRADECTL_TOKEN") holds no token")
        }
        return token
    }

    /// Shows an answer as JSON with a fixed order of keys, or by the body's table.
    func show(_ value: some Encodable, table: () -> String) throws {
        switch self.output {
        case .table:
            let text = table()
            if !text.isEmpty { print(text) }
        case .json: try Self.printJSON(value)
        }
    }

    /// Prints an answer as JSON with a fixed order of keys.
    static func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

extension Side: ExpressibleByArgument {
    /// Reads `buy` or `sell`, in any case.
    public init?(argument: String) {
        switch argument.lowercased() {
        case "buy": self = .buy
        case "sell": self = .sell
        default: return nil
        }
    }

    /// What help and completions offer.
    public static var allValueStrings: [String] { ["buy", "sell"] }
}

extension TimeInForce: ExpressibleByArgument {
    /// Reads the venue's abbreviation, in any case.
    public init?(argument: String) {
        guard let force = Self.allCases.first(where: { $0.name == argument.uppercased() }) else {
            return nil
        }
        self = force
    }

    /// What help and completions offer.
    public static var allValueStrings: [String] { Self.allCases.map(\.name) }
}

extension VenueOrderType: ExpressibleByArgument {
    /// Reads the venue's word, in any case, with dashes or underscores.
    public init?(argument: String) {
        self.init(name: argument.uppercased().replacing("-", with: "_"))
    }

    /// What help and completions offer.
    public static var allValueStrings: [String] { Self.allCases.map { $0.name.lowercased() } }
}

extension TradingMode: ExpressibleByArgument {
    /// Reads a name, as answers have it.
    public init?(argument: String) { self.init(name: argument) }

    /// What help and completions offer.
    public static var allValueStrings: [String] { Self.allCases.map(\.name) }
}

extension Role: ExpressibleByArgument {
    /// Reads a name, as answers have it.
    public init?(argument: String) { self.init(name: argument) }

    /// What help and completions offer.
    public static var allValueStrings: [String] { Self.allCases.map(\.name) }
}

extension KillLevel: ExpressibleByArgument {
    /// Reads a name, as answers have it.
    public init?(argument: String) {
        guard let level = Self.allCases.first(where: { $0.name == argument }) else { return nil }
        self = level
    }

    /// What help and completions offer.
    public static var allValueStrings: [String] { Self.allCases.map(\.name) }
}

/// The time that an option says, as itself or as a span before now; nil where it is not given.
func wallTime(_ text: String?, _ option: String) throws(Failure) -> WallTime? {
    guard let text else { return nil }
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    let date: Date
    if let unit = text.last.flatMap({ units[$0] }), let count = UInt32(text.dropLast()) {
        date = Date(timeIntervalSinceNow: -Double(count) * unit)
    } else if let parsed = try? Date(text, strategy: .iso8601) {
        date = parsed
    } else {
        throw Failure(.usage, "\(option): expected a time or a span, found \"\(text)\"")
    }
    // Times are nanoseconds since 1970 in 64 bits, which end in the year 2262.
    let seconds = min(max(0, date.timeIntervalSince1970), 9_200_000_000)
    return WallTime(milliseconds: Int64(seconds) * 1_000)
}
