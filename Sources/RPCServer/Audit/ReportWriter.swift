import Foundation
import Journal
import Logging

/// Writes the report of each day into a folder, as JSON and as text.
struct ReportWriter: Sendable {
    let reports: DailyReports
    let folder: String
    let log: Logger

    /// Writes the report of a day that has no report yet and on which anything happened; blocks.
    func writeIfMissing(_ day: Day) {
        let path = "\(self.folder)/\(day.text)"
        // The text is written last: where it is, both are.
        guard !FileManager.default.fileExists(atPath: path + ".txt") else { return }
        do {
            let report = try self.reports.report(of: day)
            guard report.eventCount > 0 else { return }
            try FileManager.default.createDirectory(
                atPath: self.folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try report.json.write(to: URL(fileURLWithPath: path + ".json"), options: .atomic)
            try Data(report.text.utf8)
                .write(to: URL(fileURLWithPath: path + ".txt"), options: .atomic)
            self.log.notice(
                "daily report",
                metadata: [
                    "file": "\(path).txt", "discrepancies": "\(report.discrepancies.count)",
                    "unresolved": "\(report.doubt.unresolvedOrders.count)",
                ]
            )
        } catch {
            // Nothing depends on it, and `tradectl audit report` makes it at any time.
            self.log.error(
                "no daily report",
                metadata: ["day": "\(day.text)", "error": "\(error)"]
            )
        }
    }
}

extension DailyReport {
    /// The report for programs, keys in a fixed order.
    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }
}
