extension Gateway {
    /// Makes and revokes tokens, or tells which there are.
    mutating func decideTokens(
        _ request: TokenRequest,
        _ token: RequestToken,
        into batch: inout OpenBatch
    ) {
        var changed: [AccessToken] = []
        let now = batch.instant.wall
        switch request {
        case .list: break
        case .create(
            let tokenID,
            let name,
            let role,
            let hash,
            let principal,
            let reason,
            let limits
        ):
            let new = AccessToken(
                tokenID: tokenID,
                name: name,
                role: role,
                hash: hash,
                createdBy: principal,
                reason: reason,
                createdAt: now,
                limits: limits
            )
            if let refusal = self.refusal(toMake: new) {
                batch.perform(.reply(token, .refused(refusal)))
                return
            }
            changed = [new]
        case .revoke(let named, let principal, let reason):
            changed = self.state.tokens.good.filter { $0.tokenID == named || $0.name == named }
            guard !changed.isEmpty else {
                batch.perform(.reply(token, .refused(Self.noToken(named))))
                return
            }
            let revocation = AccessToken.Revocation(principal: principal, reason: reason, at: now)
            for index in changed.indices { changed[index].revocation = revocation }
        }
        for token in changed {
            self.record(.tokenChanged(token), into: &batch)
            self.tokenTimes.adopt(self.tokenRate(of: token.principal), of: token.principal)
        }
        let reply = Reply.tokens(all: self.state.tokens.tokens, changed: changed)
        batch.perform(.reply(token, reply), afterAllEarlierEvents: true)
    }

    private func refusal(toMake new: AccessToken) -> Refusal? {
        let good = self.state.tokens.good
        if good.count >= TokenList.goodMax {
            return Refusal(
                .token,
                limit: "\(TokenList.goodMax)",
                actual: "\(good.count)",
                message: "There are \(good.count) tokens already; revoke one."
            )
        }
        guard let other = good.first(where: { $0.name == new.name && $0.role != new.role }) else {
            return nil
        }
        return Refusal(
            .token,
            limit: other.role.name,
            actual: new.role.name,
            message: "\(new.name) has the role \(other.role.name) by token \(other.tokenID); "
                + "revoke that first.",
            permitted: other.role.name
        )
    }

    private static func noToken(_ named: String) -> Refusal {
        Refusal(
            .tokenNotFound,
            limit: "a good token's number or name",
            actual: named,
            message: "There is no good token with the number or name \(named)."
        )
    }
}
