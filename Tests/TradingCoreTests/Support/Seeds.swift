import Foundation

/// Which seeds the simulations run: `TRADING_SEEDS=1000` or `TRADING_SEEDS=17-17` for others.
enum Seeds {
    static var range: ClosedRange<UInt64> {
        guard let text = ProcessInfo.processInfo.environment["TRADING_SEEDS"] else {
            return 1...200
        }
        let parts = text.split(separator: "-").compactMap { UInt64($0) }
        guard let first = parts.first, let last = parts.last, first <= last || parts.count == 1
        else { fatalError("TRADING_SEEDS is a count or a range, not \(text)") }
        return parts.count == 1 ? 1...first : first...last
    }
}
