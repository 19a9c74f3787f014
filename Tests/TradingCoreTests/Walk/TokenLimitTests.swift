import Testing

@testable import TradingCore

/// What a token's name may place, beside the limits that bind all.
@Suite struct TokenLimitTests {
    static func make(_ number: UInt8, _ limits: TokenLimits) -> TokenRequest {
        .create(
            tokenID: "token-\(number)",
            name: "alice",
            .trader,
            hash: [UInt8](repeating: number, count: 32),
            Principal("ada"),
            reason: "the drill",
            limits: limits
        )
    }

    static func place(_ rig: Rig, as name: String, quantity: String = "1") -> Refusal? {
        rig.ask(AccountLimitWalkTests.wish(quantity, principal: "token:\(name)")).order?.refusal
    }

    @Test func `the rate of a token binds its name alone, of several tokens the strictest`() {
        let rig = ExposureTests.rig(ExposureTests.settings { _ in })
        rig.ask(.tokens(Self.make(1, TokenLimits(orderRateMax: 3))))
        rig.ask(.tokens(Self.make(2, TokenLimits(orderRateMax: 2))))
        #expect(Self.place(rig, as: "alice") == nil)
        #expect(Self.place(rig, as: "alice") == nil)
        let refusal = Self.place(rig, as: "alice")
        #expect(refusal?.rule == .orderRate)
        #expect(refusal?.limit == "2 orders per 1000 ms")
        #expect(Self.place(rig, as: "bob") == nil)
        // What the larger rate allows is counted from what the smaller looked back on.
        rig.ask(.tokens(.revoke("token-2", Principal("ada"), reason: "over")))
        #expect(Self.place(rig, as: "alice") == nil)
        #expect(Self.place(rig, as: "alice")?.limit == "3 orders per 1000 ms")
        rig.ask(.tokens(.revoke("token-1", Principal("ada"), reason: "over")))
        #expect(Self.place(rig, as: "alice") == nil)
    }

    @Test func `the value of a token's orders is bounded, beyond a restart`() {
        let rig = ExposureTests.rig(ExposureTests.settings { _ in })
        rig.ask(.tokens(Self.make(1, TokenLimits(orderNotionalMax: Make.amount("150")))))
        for _ in 0..<2 {
            let refusal = Self.place(rig, as: "alice", quantity: "2")
            #expect(refusal?.rule == .orderNotional && refusal?.limit == "150")
            rig.start()
            ExposureTests.connect(rig)
        }
        #expect(Self.place(rig, as: "alice") == nil)
        #expect(Self.place(rig, as: "bob", quantity: "2") == nil)
    }
}
