import Foundation
import TradingAPI

/// Ends a trading day: closes all positions where asked to, and says what the day was.
@main
enum Program {
    static let usage = "end-of-day [--address unix:/path|host:port] [--close NAME-OF-THE-DAY]"

    static func main() async {
        do {
            var rest = CommandLine.arguments.dropFirst()
            var address = "127.0.0.1:7070"
            var day: String?
            while let option = rest.popFirst() {
                switch (option, rest.popFirst()) {
                case ("--address", let value?): address = value
                case ("--close", let value?): day = value
                default: throw Failure(description: Self.usage)
                }
            }
            let client = try await TradingClient.connect(to: address, timeoutMilliseconds: 10_000)
            if let day { try await Self.close(client, day) }
            let report = try await Report(of: client)
            for line in report.lines { print(line) }
            await client.close()
        } catch {
            FileHandle.standardError.write(Data("end-of-day: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Sells every position, once a day: begun anew, the program finds the orders of before.
    private static func close(_ client: TradingClient, _ day: String) async throws {
        for position in try await client.positions().positions {
            guard try Amount(position.quantity) > .zero, !position.isDust else { continue }
            var wish = PositionWish(symbol: position.symbol, goal: .close)
            wish.idempotencyKey = "end-of-day-\(day)-\(position.symbol)"
            wish.tag = "end-of-day"
            let change = try await client.change(wish)
            guard let order = change.order else {
                print("\(position.symbol): \(change.nothingToDo?.message ?? "nothing to do")")
                continue
            }
            let refusal = order.refusal.map { " by \($0.rule): \($0.message)" } ?? ""
            print("\(position.symbol): sold \(order.filledQuantity), \(order.status)\(refusal)")
        }
    }
}

/// Why the program cannot go on.
struct Failure: Error, CustomStringConvertible {
    let description: String
}
