import Credentials
import TradingCore

extension RawSettings {
    /// Reads what a person must approve, and how that person is known.
    ///
    /// - Returns: The second factor; nil where there is none.
    mutating func approvals(
        _ gateway: inout GatewaySettings,
        environment: [String: String]
    ) -> OneTimeCodeSettings? {
        var settings = ApprovalSettings()
        settings.expiryMilliseconds = self.seconds(
            "approvals.expiry_s",
            default: settings.expiryMilliseconds
        )
        settings.failuresMax = self.count(
            "approvals.wrong_codes_max",
            default: settings.failuresMax,
            in: 1...20
        )
        settings.lockMilliseconds = self.seconds(
            "approvals.lock_s",
            default: settings.lockMilliseconds
        )
        settings.requiring = self.requiredCodes()
        gateway.approvals = settings
        let factor = self.secondFactor(environment: environment)
        let wanting = gateway.wantingCodes
        if factor == nil, let first = wanting.first {
            self.report(
                "file",
                "\(first) wants codes: set approvals.totp_secret_file or "
                    + OneTimeCodeSettings.environmentVariable
            )
        }
        return factor
    }

    /// A duration in whole seconds up to a day, as milliseconds.
    private mutating func seconds(_ name: String, default fallback: Int64) -> Int64 {
        1_000 * Int64(self.count(name, default: Int(fallback / 1_000), in: 1...86_400))
    }

    private mutating func requiredCodes() -> Set<ApprovalSettings.Purpose> {
        guard let listed = self.take("approvals.require_totp") else { return [] }
        var required: Set<ApprovalSettings.Purpose> = []
        for item in listed.items {
            if let purpose = ApprovalSettings.Purpose(rawValue: item) {
                required.insert(purpose)
            } else {
                let names = ApprovalSettings.Purpose.allCases.map(\.rawValue)
                    .joined(separator: " or ")
                self.report(
                    listed.place,
                    "approvals.require_totp: expected \(names), found \"\(item)\""
                )
            }
        }
        return required
    }

    private mutating func secondFactor(environment: [String: String]) -> OneTimeCodeSettings? {
        let file = self.optionalText("approvals.totp_secret_file")
        let names = OneTimeCodeAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        let algorithm = self.value(
            "approvals.totp_algorithm",
            default: OneTimeCodeAlgorithm.sha1,
            expected: "one of \(names)",
            parse: OneTimeCodeAlgorithm.init(rawValue:)
        )
        let variable = OneTimeCodeSettings.environmentVariable
        let place: Configuration.SecretPlace
        if let file {
            place = .file(file)
        } else if environment[variable] != nil {
            place = .variable(variable)
        } else {
            return nil
        }
        return OneTimeCodeSettings(secretPlace: place, algorithm: algorithm ?? .sha1)
    }

    /// Reads how much may be placed in one day, of a venue (B5) or a strategy (B6): items such as
    /// `USDT=1000`, one for each quote asset.
    mutating func dailyNotionalCap(_ section: String) -> [Asset: Amount]? {
        let name = "\(section).daily_notional_cap"
        guard let listed = self.take(name) else { return nil }
        var caps: [Asset: Amount] = [:]
        for item in listed.items {
            let parts = item.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let cap = try? Amount(String(parts[1])), cap.isPositive else {
                self.report(
                    listed.place,
                    "\(name): expected ASSET=AMOUNT above zero, found \"\(item)\""
                )
                continue
            }
            let earlier = caps.updateValue(cap, forKey: Asset(String(parts[0])))
            if earlier != nil {
                self.report(listed.place, "\(name): \(parts[0]) has more than one cap")
            }
        }
        if listed.items.isEmpty {
            self.report(listed.place, "\(name): list at least one ASSET=AMOUNT, or leave it out")
        }
        return caps
    }
}

extension GatewaySettings {
    /// The settings that need a second factor.
    fileprivate var wantingCodes: [String] {
        var names: [String] = []
        if !self.approvals.requiring.isEmpty { names.append("approvals.require_totp") }
        if self.limits.sensitiveNotional != nil { names.append("limits.sensitive_notional") }
        for (symbol, limits) in self.limits.bySymbol.sorted(by: { $0.key < $1.key })
        where limits.sensitiveNotional != nil {
            names.append("limits.symbols.\(symbol).sensitive_notional")
        }
        return names
    }
}
