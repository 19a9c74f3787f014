import Foundation
import NIOCore
import SystemTestSupport
import TTRPC
import Testing
import TradingAPI
import TradingCore

/// Who may call what, on real processes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AccessTests {
    /// The first letters of the roles that may call a method at all, as a person would list them.
    static let expected: [String: String] = [
        "PlaceOrder": "tra", "Cancel": "tra", "CancelAll": "tra", "Amend": "tra",
        "GetOrder": "vtra", "ListOrders": "vtra", "Positions": "vtra", "GetMode": "vtra",
        "SetMode": "ra", "KillSwitch": "vtra", "Health": "vtra", "ResolveOrder": "a",
        "GetLimits": "vtra", "SetLimits": "ra", "CreateToken": "a", "ListTokens": "a",
        "RevokeToken": "a", "RiskSummary": "vtra", "RiskDecisions": "vtra",
        "RiskBreaches": "vtra", "AcknowledgeBreach": "ra", "DisableTrading": "tra",
        "ListApprovals": "vtra", "Approve": "ra", "Deny": "ra", "Subscribe": "vtra",
        "Balances": "vtra", "ListFills": "vtra", "ClosePosition": "tra", "AdjustPosition": "tra",
        "CancelOnDisconnect": "tra", "ListSessions": "vtra",
    ]

    static func desk() throws -> Desk {
        var setup = Desk.Setup()
        setup.tcpAuthentication = "token"
        return try Desk(setup)
    }

    /// A token made by `tradectl`, as a person makes it.
    static func token(_ name: String, _ role: Role, _ desk: Desk) throws -> String {
        let (code, output) = try desk.tradectl([
            "token", "create", name, "--role", role.name, "--reason", "the drill",
        ])
        #expect(code == 0, "\(output)")
        return String(output.split(separator: "\n").last ?? "")
    }

    static func client(_ token: String, _ desk: Desk) async throws -> TradingClient {
        let bearer: BearerToken? = BearerToken(text: token)
        #expect(bearer != nil)
        return try await TradingClient.connect(
            to: desk.tcpAddress,
            timeoutMilliseconds: 20_000,
            token: bearer
        )
    }

    /// The methods that the service's description lists.
    static func describedMethods() throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let url = root.appendingPathComponent("proto/trading/v1/trading.proto")
        let text = try String(contentsOf: url, encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: { " (".contains($0) })
            return words.first == "rpc" ? String(words[1]) : nil
        }
    }

    @Test
    func `every method of the description is served, and somebody thought of who may call it`()
        throws
    {
        let described = try Self.describedMethods()
        #expect(described.count > 15)
        #expect(Set(described) == Set(TradingMethod.allCases.map(\.rawValue)))
        #expect(Set(described) == Set(Self.expected.keys))
        for method in TradingMethod.allCases {
            #expect(AccessTable.rows.contains { $0.method == method }, "\(method)")
            for role in Role.allCases {
                let may = role >= AccessTable.access(to: method).leastRole
                let letter = role.name.prefix(1)
                #expect(
                    Self.expected[method.rawValue]?.contains(letter) == may,
                    "\(method) \(role)"
                )
            }
        }
    }

    /// Calls a method without an argument; of a stream the first message is enough.
    private static func call(
        _ method: TradingMethod,
        _ connection: TTRPCClient,
        _ bearer: BearerToken
    ) async throws(CallError) {
        guard !method.isStreaming else {
            let stream = connection.stream(
                service: method.service,
                method: method.rawValue,
                payload: ByteBuffer(),
                metadata: [bearer.metadata]
            )
            var iterator = stream.makeAsyncIterator()
            _ = try await iterator.next()
            return
        }
        _ = try await connection.call(
            service: method.service,
            method: method.rawValue,
            payload: ByteBuffer(),
            timeout: .seconds(20),
            metadata: [bearer.metadata]
        )
    }

    @Test func `each role may call what is its own, by each method`() async throws {
        let desk = try Self.desk()
        await (try desk.readyClient()).close()
        let port = try #require(Int(desk.tcpAddress.split(separator: ":").last ?? ""))
        let connection = try await TTRPCClient.connect(to: .tcp(host: "127.0.0.1", port: port))
        for role in Role.allCases {
            let bearer = try #require(
                BearerToken(text: try Self.token("the-\(role.name)", role, desk))
            )
            for method in TradingMethod.allCases {
                var code = StatusCode.ok
                do throws(CallError) {
                    try await Self.call(method, connection, bearer)
                } catch {
                    guard case .status(let status) = error else { throw error }
                    code = status.code
                }
                let may = Self.expected[method.rawValue]?.contains(role.name.prefix(1)) ?? false
                #expect((code != .permissionDenied) == may, "\(role) \(method): \(code)")
                #expect(code != .unauthenticated && code != .unimplemented, "\(role) \(method)")
            }
        }
        await connection.close()
    }

    @Test func `within a method the content decides: kill, release, live, looser limits`()
        async throws
    {
        let desk = try Self.desk()
        await (try desk.readyClient()).close()
        var clients: [Role: TradingClient] = [:]
        for role in Role.allCases {
            clients[role] = try await Self.client(try Self.token(role.name, role, desk), desk)
        }
        typealias Act = @Sendable (TradingClient) async throws(TradingClientError) -> Void
        func limit(_ value: String) -> Act {
            let key = LimitKey("open_orders_max")
            return { client async throws(TradingClientError) in
                _ = try await client.setLimits([.init(key, .value(value))], reason: "drill")
            }
        }
        func kill(_ action: KillAction) -> Act {
            { client async throws(TradingClientError) in _ = try await client.killSwitch(action) }
        }
        func mode(_ mode: TradingMode) -> Act {
            { client async throws(TradingClientError) in
                _ = try await client.setMode(mode, .keep, reason: "drill")
            }
        }
        // Least privileged first, so that what one may not do is still to be done by the next.
        let rows: [(name: String, act: Act, least: Role)] = [
            ("kill status", kill(.status), .viewer),
            ("kill engage", kill(.engage(.block, reason: "drill")), .trader),
            ("kill release", kill(.release(reason: "drill", isForced: false)), .admin),
            ("tighten", limit("5"), .risk), ("loosen", limit("50"), .admin),
            ("monitor", mode(.monitor), .risk), ("live", mode(.live), .admin),
        ]
        for row in rows {
            for role in Role.allCases {
                let client = try #require(clients[role])
                var rule: String?
                do throws(TradingClientError) {
                    try await row.act(client)
                } catch {
                    guard case .refused(let refusal) = error else { throw error }
                    rule = refusal.rule
                }
                #expect((rule == "role") == (role < row.least), "\(row.name) by \(role)")
            }
        }
        let limits = try await clients[.viewer]?.limits() ?? []
        let changed = try #require(limits.first { $0.name == "open_orders_max" })
        #expect(changed.changedBy == "token:admin" && changed.value == "50")
        for client in clients.values { await client.close() }
    }

    @Test func `without a good token nothing is served by TCP, which is slow, counted and alerted`()
        async throws
    {
        let desk = try Self.desk()
        let admin = try await desk.readyClient()
        let good = try Self.token("alice", .trader, desk)
        let wrong = String(good.dropLast()) + (good.hasSuffix("0") ? "1" : "0")
        var count: UInt64 = 0
        for variable in ["", "TRADECTL_TOKEN"] {
            let began = ContinuousClock.now
            let (code, output) = try desk.tradectl(
                ["positions"],
                environment: variable.isEmpty ? [:] : [variable: wrong],
                address: desk.tcpAddress
            )
            #expect(code == 1 && output.contains("UNAUTHENTICATED"), "\(output)")
            #expect(!output.contains(wrong) && !output.contains(wrong.dropFirst(21)))
            #expect(ContinuousClock.now - began >= .milliseconds(500))
            count += 1
            #expect(try await admin.health().authenticationFailureCount == count)
        }
        #expect(try await admin.health().alerts.map(\.kind) == ["authentication_failed"])
        #expect(desk.server.output.contains("alert=authentication_failed"))
        #expect(try desk.tradectl(["health"]).output.contains("authentication_failed"))
        await admin.close()
    }

    @Test
    func `a new token of the same name goes on with the old one's keys, a revoked one is out (M2)`()
        async throws
    {
        let desk = try Self.desk()
        await (try desk.readyClient()).close()
        let first = try Self.token("alice", .trader, desk)
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.01")
        wish.idempotencyKey = "one"
        let client = try await Self.client(first, desk)
        let placed = try await client.place(wish)
        #expect(placed.order.status == "FILLED" && !placed.isRepeat)
        desk.killServer()
        await client.close()
        try desk.restartServer()
        await (try desk.readyClient()).close()
        let second = try Self.token("alice", .trader, desk)
        let bob = try Self.token("bob", .trader, desk)
        let number = try #require(BearerToken(text: first)?.tokenID)
        #expect(try desk.tradectl(["token", "revoke", number, "--reason", "rotated"]).code == 0)
        let revoked = try desk.tradectl(
            ["positions"],
            environment: ["TRADECTL_TOKEN": first],
            address: desk.tcpAddress
        )
        #expect(revoked.code == 1 && revoked.output.contains("UNAUTHENTICATED"))
        for (token, isRepeat) in [(second, true), (bob, false)] {
            let client = try await Self.client(token, desk)
            let again = try await client.place(wish)
            #expect(again.isRepeat == isRepeat)
            #expect((again.order.orderID == placed.order.orderID) == isRepeat)
            await client.close()
        }
        try Self.expectSecret([first, second, bob], desk)
    }

    /// A token stands nowhere but with its bearer; who made it and why stands in the journal.
    static func expectSecret(_ tokens: [String], _ desk: Desk) throws {
        let list = try desk.tradectl(["token", "list"])
        #expect(list.output.contains("alice") && list.output.contains("rotated"), "\(list.output)")
        #expect(desk.server.end(with: SIGTERM) == 0)
        let story = try desk.tradectl(
            ["audit", "export", "--store", desk.storePath, "--format", "csv"],
            isOffline: true
        ).output
        #expect(story.contains("token_created") && story.contains("token_revoked"))
        #expect(story.contains("by=token:alice"))
        let secrets = tokens.map { String($0.split(separator: "_").last ?? "") }
        #expect(secrets.allSatisfy { $0.utf8.count == 64 })
        let search = SecretSearch(secrets: secrets, words: [])
        let found = search.findings(below: desk.folder, except: [])
        #expect(found.findings.isEmpty && found.fileCount > 5, "\(found)")
        #expect(search.findings(in: Data((story + list.output).utf8), named: "told").isEmpty)
    }

    @Test func `a token's own limits bind its orders, beyond a restart`() async throws {
        let desk = try Self.desk()
        await (try desk.readyClient()).close()
        let (code, output) = try desk.tradectl([
            "token", "create", "alice", "--role", "trader", "--order-notional", "1000",
            "--order-rate", "500", "--reason", "the drill",
        ])
        try #require(code == 0, "\(output)")
        let text = String(output.split(separator: "\n").last ?? "")
        #expect(try desk.tradectl(["token", "list"]).output.contains("rate 500, notional 1000"))
        var wish = OrderWish(symbol: "BTCUSDT", side: .buy, quantity: "0.04")
        wish.limitPrice = "30000"
        for _ in 0..<2 {
            let client = try await Self.client(text, desk)
            let refusal = try await client.place(wish).order.refusal
            #expect(refusal?.rule == "order_notional" && refusal?.limit == "1000")
            await client.close()
            let admin = try await desk.readyClient()
            #expect(try await admin.place(wish).order.status == "OPEN")
            await admin.close()
            desk.killServer()
            try desk.restartServer()
            await (try desk.readyClient()).close()
        }
    }
}
