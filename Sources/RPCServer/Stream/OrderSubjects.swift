import Journal
import Synchronization
import TradingAPI
import TradingCore

/// Whose each open order is; written by the gateway loop, also read where history is.
///
/// Finished orders are in the store by the time they leave here.
final class OrderSubjects: Sendable {
    private let open: Mutex<[OrderID: EventSubject]>

    init(_ orders: some Collection<Order>) {
        self.open = Mutex(
            Dictionary(uniqueKeysWithValues: orders.map { ($0.orderID, EventSubject($0.intent)) })
        )
    }

    subscript(_ orderID: OrderID) -> EventSubject? {
        self.open.withLock { $0[orderID] }
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

    func insert(_ intent: OrderIntent) {
        let subject = EventSubject(intent)
        self.open.withLock { $0[intent.orderID] = subject }
    }

    func remove(_ orderID: OrderID) {
        self.open.withLock { _ = $0.removeValue(forKey: orderID) }
    }
}
