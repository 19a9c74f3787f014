import Journal
import TradingAPI
import TradingCore

/// Finds fills in the journal, on any thread, beside the gateway that writes to it (M4).
struct FillHistory: Sendable {
    let history: EventHistory
    let subjects: OrderSubjects

    /// A call reads no more than so many records; the page then says where to go on.
    private static let recordsMax = 100_000
    /// How long before its time a trade may be known, where the venue's clock is ahead of ours.
    ///
    /// Clocks that are further apart keep orders from being placed.
    private static let clockDifferenceMaxMilliseconds: Int64 = 24 * 60 * 60 * 1_000

    /// Looks for a page of fills, newest first.
    ///
    /// - Parameters:
    ///   - filter: Which.
    ///   - last: The last event that may be told.
    ///   - recordsMax: After how many records it gives up until asked again.
    /// - Returns: The fills, and where to go on.
    /// - Throws: Where a record cannot be read; `verify` tells more then.
    /// - Complexity: O(*n*) in the count of events that are passed over.
    func page(
        _ filter: FillFilter,
        through last: UInt64,
        recordsMax: Int = FillHistory.recordsMax
    ) throws(JournalError) -> FillPage {
        var page = FillPage()
        let newest = min(last, (filter.before ?? .max) - 1)
        guard newest > 0 else { return page }
        let oldestTime = filter.since?.adding(milliseconds: -Self.clockDifferenceMaxMilliseconds)
        var known: [OrderID: EventSubject] = [:]
        var isComplete = false
        let oldest = try self.history.readBackwards(from: newest, recordsMax: recordsMax) {
            (sequence, time, event) throws(JournalError) in
            isComplete = Self.isBehind(event, time, filter.orderID, oldestTime)
            guard !isComplete else { return false }
            guard case .orderChanged(let orderID, .filled(let fill)) = event,
                filter.orderID.map({ $0 == orderID }) ?? true
            else { return true }
            let subject: EventSubject
            if let seen = known[orderID] {
                subject = seen
            } else {
                subject = try self.subjects.subject(of: orderID, at: sequence, self.history)
                known[orderID] = subject
            }
            if filter.takes(fill, subject) {
                page.fills.append(
                    FillPage.Entry(sequence: sequence, subject: subject, fill: fill)
                )
            }
            return page.fills.count < filter.countMax
        }
        page.next = isComplete ? nil : oldest
        return page
    }

    /// Whether all that is wanted is newer than an event.
    private static func isBehind(
        _ event: Event,
        _ time: WallTime,
        _ orderID: OrderID?,
        _ oldestTime: WallTime?
    ) -> Bool {
        if let oldestTime, time < oldestTime { return true }
        switch event {
        // Before an order is sent it has no fills.
        case .orderSubmitted(let intent), .orderApproved(let intent, _):
            return intent.orderID == orderID
        default: return false
        }
    }
}
