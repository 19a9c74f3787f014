import Foundation
import SystemTestSupport
import Testing

/// The exit codes of tradectl are a promise to scripts.
@Suite(.serialized, .timeLimit(.minutes(8))) struct CommandLineTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        var code: Int32
        /// What a person must read.
        var words: String

        var testDescription: String { self.arguments.joined(separator: " ") }
    }

    static let rows: [Row] = [
        Row(arguments: ["health"], code: 0, words: "ready"),
        Row(arguments: ["place", "BTCUSDT", "buy"], code: 2, words: "quantity"),
        Row(arguments: ["place", "BTCUSDT", "hold", "1"], code: 2, words: "hold"),
        Row(arguments: ["place", "BTCUSDT", "buy", "1e3"], code: 2, words: "quantity"),
        Row(
            arguments: ["place", "BTCUSDT", "buy", "1", "--tif", "IOC"],
            code: 2,
            words: "--limit"
        ),
        Row(arguments: ["place", "BTCUSDT", "buy", "99"], code: 3, words: "order_notional"),
        Row(
            arguments: ["place", "BTCUSDT", "buy", "0.01", "--limit", "1"],
            code: 3,
            words: "venue_notional"
        ),
        Row(
            arguments: ["place", "BTCUSDT", "sell", "0.01", "--limit", "900000"],
            code: 4,
            words: "PERCENT_PRICE_BY_SIDE"
        ),
        Row(arguments: ["place", "BTCUSDT", "buy", "0.01"], code: 0, words: "FILLED"),
        Row(arguments: ["fills", "--symbol", "BTCUSDT"], code: 0, words: "taker"),
        Row(arguments: ["fills", "--symbol", "ETHUSDT"], code: 0, words: "no trades"),
        Row(arguments: ["fills", "--since", "soon"], code: 2, words: "--since"),
        Row(arguments: ["balances"], code: 0, words: "USDT"),
        Row(arguments: ["close", "ETHUSDT"], code: 0, words: "nothing to do"),
        Row(arguments: ["adjust", "ETHUSDT", "0.2"], code: 0, words: "FILLED"),
        Row(arguments: ["adjust", "ETHUSDT", "-1"], code: 2, words: "target"),
        Row(arguments: ["close", "ETHUSDT", "--share", "2"], code: 2, words: "share"),
        Row(
            arguments: ["close", "ETHUSDT", "--share", "0.5", "--quantity", "1"],
            code: 2,
            words: "not both"
        ),
        Row(
            arguments: ["close", "BTCUSDT", "--quantity", "5"],
            code: 3,
            words: "reduce_only"
        ),
        Row(
            arguments: ["close", "ETHUSDT", "--share", "0.000001"],
            code: 3,
            words: "position_dust"
        ),
        Row(arguments: ["close", "ETHUSDT", "--share", "0.5"], code: 0, words: "FILLED"),
        Row(arguments: ["order", "999"], code: 7, words: "no order 999"),
        Row(arguments: ["cancel", "1"], code: 3, words: "order_finished"),
        Row(arguments: ["cancel"], code: 2, words: "--all"),
        Row(arguments: ["cancel", "--all"], code: 0, words: "no open orders"),
        Row(arguments: ["orders", "--all"], code: 0, words: "REFUSED"),
        Row(arguments: ["mode", "set", "live", "--reason", "x"], code: 3, words: "mode_gate"),
        Row(arguments: ["kill"], code: 0, words: "released"),
        Row(
            arguments: ["kill", "engage", "--level", "flatten", "--wait", "20"],
            code: 0,
            words: "BTCUSDT closed, 0 held"
        ),
        Row(arguments: ["health"], code: 1, words: "kill switch is engaged"),
        Row(arguments: ["kill", "release"], code: 2, words: "reason"),
    ]

    @Test func `each outcome has its exit code and says why`() throws {
        let desk = try Desk()
        for _ in 0..<200 where try desk.tradectl(["health"]).code != 0 { usleep(50_000) }
        for row in Self.rows {
            let (code, output) = try desk.tradectl(row.arguments)
            #expect(code == row.code, "\(row.testDescription): \(output)")
            #expect(output.contains(row.words), "\(row.testDescription): \(output)")
        }
        let (code, output) = try desk.tradectl(["orders", "--all", "--output", "json"])
        #expect(code == 0)
        let json = try JSONSerialization.jsonObject(with: Data(output.utf8))
        #expect((json as? [[String: Any]])?.isEmpty == false)
        desk.killServer()
        let (gone, words) = try desk.tradectl(["health"])
        #expect(gone == 6)
        #expect(words.contains("cannot reach the server"))
    }
}
