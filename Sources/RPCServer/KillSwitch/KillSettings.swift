import TradingCore

/// What engages the kill switch without a call: the environment, and a file.
struct KillSettings: Hashable {
    /// `TRADING_KILL_SWITCH` at the start; nil where it is not set.
    var environmentLevel: KillLevel?
    /// Nil for beside the store.
    var filePath: String?
    /// The level of a file that names none.
    var fileLevel = KillLevel.cancel
    var filePollMilliseconds = 100
    /// How long the answer to an engagement waits for the journal.
    var journalWaitMilliseconds = 1_000
}

extension KillLevel {
    init?(name: String) {
        guard let level = KillLevel.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    /// For people: `block, cancel or flatten`.
    static var namesText: String { "block, cancel or flatten" }
}

extension RawSettings {
    /// Reads what engages the kill switch; the level itself is taken from the environment alone,
    /// since a file that is read at every start is no place for what is done once.
    mutating func killSwitch(environment: [String: String]) -> KillSettings {
        var settings = KillSettings()
        if let text = environment[KillLever.environmentVariable] {
            settings.environmentLevel = KillLevel(name: text.lowercased())
            if settings.environmentLevel == nil {
                self.report(
                    KillLever.environmentVariable,
                    "expected \(KillLevel.namesText), found \"\(text)\""
                )
            }
        }
        settings.filePath = self.optionalText("kill_switch.file")
        settings.fileLevel =
            self.value(
                "kill_switch.file_level",
                default: settings.fileLevel,
                expected: KillLevel.namesText,
                parse: KillLevel.init(name:)
            ) ?? settings.fileLevel
        settings.filePollMilliseconds = self.count(
            "kill_switch.file_poll_ms",
            default: settings.filePollMilliseconds,
            in: 10...60_000
        )
        settings.journalWaitMilliseconds = self.count(
            "kill_switch.journal_wait_ms",
            default: settings.journalWaitMilliseconds,
            in: 10...60_000
        )
        return settings
    }
}
