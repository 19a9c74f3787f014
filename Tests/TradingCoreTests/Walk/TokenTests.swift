import Testing

@testable import TradingCore

/// Tokens are journaled, and found by what their bearer shows alone.
@Suite struct TokenTests {
    static func hash(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

    @Test func `a token is found by its number and its secret's hash, until it is revoked`() {
        let rig = Rig.ready()
        let made = rig.ask(.tokens(Make.newToken(number: 1)))
        #expect(made.needsSync && made.events.count == 1)
        func found(_ tokenID: String, _ hash: [UInt8]) -> Principal? {
            rig.gateway.state.tokens.token(tokenID, hash: hash)?.principal
        }
        for _ in 0..<2 {
            #expect(found("token-1", Self.hash(1)) == Principal("token:alice"))
            #expect(found("token-1", Self.hash(2)) == nil)
            #expect(found("token-1", []) == nil)
            #expect(found("token-1", Array(Self.hash(1).dropLast())) == nil)
            // What stands in for a token that is not there must not be one.
            #expect(found("token-2", Self.hash(0)) == nil)
            #expect(found("token-2", []) == nil)
            rig.start()
        }
        let revoked = rig.ask(.tokens(.revoke("token-1", Principal("ada"), reason: "lost")))
        #expect(revoked.needsSync)
        for _ in 0..<2 {
            #expect(found("token-1", Self.hash(1)) == nil)
            #expect(rig.gateway.state.tokens.tokens.first?.revocation?.reason == "lost")
            rig.start()
        }
        let again = rig.ask(.tokens(.revoke("token-1", Principal("ada"), reason: "lost")))
        #expect(again.refusal?.rule == .tokenNotFound)
    }

    @Test func `a name has one role, and as many tokens as its rotation needs (M2)`() {
        let rig = Rig.ready()
        rig.ask(.tokens(Make.newToken("alice", .trader, number: 1)))
        #expect(rig.ask(.tokens(Make.newToken("alice", .admin, number: 2))).refusal?.rule == .token)
        #expect(rig.ask(.tokens(Make.newToken("alice", .trader, number: 3))).refusal == nil)
        let principals = rig.gateway.state.tokens.good.map(\.principal)
        #expect(principals == [Principal("token:alice"), Principal("token:alice")])
        rig.ask(.tokens(.revoke("alice", Principal("ada"), reason: "over")))
        #expect(rig.gateway.state.tokens.good.isEmpty)
        #expect(rig.ask(.tokens(Make.newToken("alice", .admin, number: 4))).refusal == nil)
    }

    @Test func `the list of tokens is bounded, the good ones are all in it`() {
        let rig = Rig.ready()
        func make(_ number: Int) -> Refusal? {
            let hash = Self.hash(UInt8(number & 255))
            let request = TokenRequest.create(
                tokenID: "token-\(number)",
                name: "name-\(number)",
                .viewer,
                hash: hash,
                Principal("ada"),
                reason: "many"
            )
            return rig.ask(.tokens(request)).refusal
        }
        for number in 1...TokenList.goodMax { #expect(make(number) == nil) }
        #expect(make(999)?.rule == .token)
        for number in 1...(TokenList.revokedMax + 20) {
            rig.ask(.tokens(.revoke("token-\(number)", Principal("ada"), reason: "over")))
        }
        let list = rig.gateway.state.tokens
        #expect(list.good.count == TokenList.goodMax - TokenList.revokedMax - 20)
        #expect(list.tokens.count == list.good.count + TokenList.revokedMax)
        #expect(list.tokens.first?.tokenID == "token-21")
    }
}
