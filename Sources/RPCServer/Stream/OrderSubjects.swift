import Journal
import Synchronization
import TradingAPI
import TradingCore

/// Whose each open order is; written by the gateway loop, also read where history is.
///
/// Finished orders are in the store by the time they leave here. An entry stays for as long as
/// something may be told of its exits.
final class OrderSubjects: Sendable {
    fileprivate struct Subjects {
        var byOrder: [OrderID: EventSubject] = [:]
        /// Entries whose exits are not done, and whether the entry itself is finished.
        var entries: [OrderID: Bool] = [:]
    }

    private let subjects: Mutex<Subjects>

    init(_ orders: some Collection<Order>, exits: ExitBook) {
        var subjects = Subjects()
        for plan in exits.byAge {
            subjects.byOrder[plan.entry.orderID] = EventSubject(plan.entry)
            subjects.entries[plan.entry.orderID] = true
        }
        for order in orders {
            subjects.byOrder[order.orderID] = EventSubject(order.intent)
            if subjects.entries[order.orderID] != nil { subjects.entries[order.orderID] = false }
        }
        self.subjects = Mutex(subjects)
    }

    subscript(_ orderID: OrderID) -> EventSubject? {
        self.subjects.withLock { $0.byOrder[orderID] }
    }

    /// Whose an order is, open or finished.
    ///
    /// - Parameters:
    ///   - orderID: Its number.
    ///   - sequence: The event that names it.
    ///   - history: Where finished orders are.
    /// - Returns: What its events are about.
    /// - Throws: Where there is no such order, though the event names it.
    func subject(
        of orderID: OrderID,
        at sequence: UInt64,
        _ history: EventHistory
    ) throws(JournalError) -> EventSubject {
        // Open orders first: one that leaves there meanwhile is in the store already.
        if let subject = self[orderID] { return subject }
        if let order = try history.closedOrder(orderID) { return EventSubject(order.intent) }
        throw .corrupt(
            recordAt: sequence,
            reason: "it is about order \(orderID), which the store does not hold"
        )
    }

    /// Takes in whose orders an event begins to be about; before it is told.
    func begin(_ event: Event) {
        guard let intent = event.intent else { return }
        let subject = EventSubject(intent)
        let isEntry = event.mayBeginExits && intent.exits != nil
        self.subjects.withLock {
            $0.byOrder[intent.orderID] = subject
            if isEntry { $0.entries[intent.orderID] = false }
        }
    }

    /// Takes in what an event is the last of; after it is told.
    func end(_ event: Event) {
        switch event {
        case .exitsChanged(let entry, .ended):
            self.subjects.withLock { $0.release(entry) }
        case .killChanged(let killSwitch) where killSwitch.endsExits:
            self.subjects.withLock { subjects in
                for entry in subjects.entries.keys { subjects.release(entry) }
            }
        default: break
        }
    }

    func remove(_ orderID: OrderID) {
        self.subjects.withLock { subjects in
            guard subjects.entries[orderID] == nil else {
                subjects.entries[orderID] = true
                return
            }
            subjects.byOrder[orderID] = nil
        }
    }
}

extension OrderSubjects.Subjects {
    fileprivate mutating func release(_ entry: OrderID) {
        if self.entries.removeValue(forKey: entry) == true { self.byOrder[entry] = nil }
    }
}

extension Event {
    /// Whether exits may follow from the order in it.
    fileprivate var mayBeginExits: Bool {
        switch self {
        case .orderSubmitted, .orderReopened: true
        case .orderApproved(let intent, _): intent.venue != .monitor
        default: false
        }
    }
}
