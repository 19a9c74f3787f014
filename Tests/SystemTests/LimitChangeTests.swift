import Foundation
import SystemTestSupport
import Testing
import TradingAPI
import TradingCore

/// Limits that a person changes while the gateway runs (A8), on real processes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LimitChangeTests {
    typealias Row = CommandLineTests.Row

    static func row(_ words: String, code: Int32, _ text: String) -> Row {
        Row(arguments: words.split(separator: " ").map { String($0) }, code: code, words: text)
    }

    static func check(_ rows: [Row], _ desk: Desk) throws {
        for row in rows {
            let (code, output) = try desk.tradectl(row.arguments)
            #expect(code == row.code, "\(row.testDescription): \(output)")
            #expect(output.contains(row.words), "\(row.testDescription): \(output)")
        }
    }

    @Test func `a changed limit binds at once, over a restart, and until it is reset`() async throws
    {
        let desk = try Desk()
        await (try desk.readyClient()).close()
        let set = "limits set order_quantity_max"
        try Self.check(
            [
                Self.row("place BTCUSDT buy 0.2", code: 0, "FILLED"),
                Self.row("\(set) 0.1 --symbol BTCUSDT", code: 2, "reason"),
                Self.row("\(set) 0.1 --reason drill", code: 3, "no such limit"),
                Self.row("\(set) many --symbol BTCUSDT --reason drill", code: 3, "above zero"),
                Self.row(
                    "\(set) 0.1 --symbol BTCUSDT --reason drill",
                    code: 0,
                    "order_quantity_max of BTCUSDT: off -> 0.1 (tightens)"
                ),
                Self.row("place BTCUSDT buy 0.2", code: 3, "order_quantity"),
            ],
            desk
        )
        desk.killServer()
        try desk.restartServer()
        await (try desk.readyClient()).close()
        try Self.check(
            [
                Self.row("limits get order_quantity_max", code: 0, "by tcp: drill"),
                Self.row("limits get nothing", code: 7, "no limit nothing"),
                Self.row("place BTCUSDT buy 0.2", code: 3, "order_quantity"),
                Self.row("place BTCUSDT buy 0.1", code: 0, "FILLED"),
                Self.row("limits reset --reason over", code: 0, "0.1 -> off (loosens)"),
                Self.row("limits reset --reason over", code: 0, "nothing was changed"),
                Self.row("place BTCUSDT buy 0.2", code: 0, "FILLED"),
                Self.row("limits", code: 0, "order_notional_max"),
            ],
            desk
        )
        let (_, json) = try desk.tradectl(["limits", "get", "--output", "json"])
        let limits = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
        #expect((limits?.count ?? 0) > 20)
        #expect(desk.server.end(with: SIGTERM) == 0)
        let export = try desk.tradectl(
            ["audit", "export", "--store", desk.storePath, "--format", "csv"],
            isOffline: true
        )
        #expect(export.output.contains("limit_changed"), "\(export.output)")
    }
}
