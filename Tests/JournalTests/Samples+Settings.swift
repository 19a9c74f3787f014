import Foundation
import Journal
import Testing
@testable import TradingCore

extension Samples {
    /// A token, good and then revoked.
    static var tokens: [AccessToken] {
        var token = AccessToken(
            tokenID: "0123456789abcdef",
            name: "alice",
            role: .trader,
            hash: (0..<32).map { UInt8($0) },
            createdBy: Principal("me"),
            reason: "why",
            createdAt: self.instant.wall,
            limits: TokenLimits(orderRateMax: 7, orderNotionalMax: Amount(raw: 12_345_000_000))
        )
        let good = token
        token.limits = TokenLimits()
        token.revocation = AccessToken.Revocation(
            principal: Principal("you"),
            reason: "lost",
            at: self.instant.wall
        )
        return [good, token]
    }

    /// A limit set, switched off and reset.
    static var limitChanges: [LimitChange] {
        let settings: [LimitSetting] = [.value("7"), .off, .configuration]
        return settings.map { setting in
            LimitChange(
                key: LimitKey(
                    "price_collar",
                    symbol: setting == .off ? Symbol("BTCUSDT") : nil,
                    strategy: setting == .configuration ? "grid" : nil
                ),
                setting: setting,
                previous: setting == .off ? nil : "0.5",
                principal: Principal("me"),
                reason: "why",
                at: self.instant.wall
            )
        }
    }
}
