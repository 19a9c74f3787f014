/// How often the journal is anchored and snapshots of the state are taken, and where.
struct AuditSettings: Hashable {
    /// A snapshot is taken after this many events; recovery replays at most about as many.
    var snapshotEventsMax = 50_000
    /// A snapshot is taken this long after the last one, where anything happened since.
    var snapshotIntervalSeconds = 600
    /// A signed head is written outside the store this often, where anything happened since (J5).
    var anchorIntervalSeconds = 60
    /// Whether orders wait at a start until the whole chain is verified.
    var isVerifiedBeforeTrading = true
    /// Where daily reports go; nil for beside the store.
    var reportFolder: String?
    /// Nil for beside the store.
    var anchorPath: String?
    /// Nil for beside the store.
    var signingKeyPath: String?
}

extension RawSettings {
    mutating func audit() -> AuditSettings {
        var audit = AuditSettings()
        audit.snapshotEventsMax = self.count(
            "audit.snapshot_events",
            default: audit.snapshotEventsMax,
            in: 1...100_000_000
        )
        audit.snapshotIntervalSeconds = self.count(
            "audit.snapshot_interval_s",
            default: audit.snapshotIntervalSeconds,
            in: 1...86_400
        )
        audit.anchorIntervalSeconds = self.count(
            "audit.anchor_interval_s",
            default: audit.anchorIntervalSeconds,
            in: 1...86_400
        )
        audit.isVerifiedBeforeTrading = self.flag("audit.verify_before_trading", default: true)
        audit.reportFolder = self.optionalText("audit.report_folder")
        audit.anchorPath = self.optionalText("audit.anchor_file")
        audit.signingKeyPath = self.optionalText("audit.signing_key_file")
        return audit
    }
}
