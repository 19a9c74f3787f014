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

    func insert(_ intent: OrderIntent) {
        let subject = EventSubject(intent)
        self.open.withLock { $0[intent.orderID] = subject }
    }

    func remove(_ orderID: OrderID) {
        self.open.withLock { _ = $0.removeValue(forKey: orderID) }
    }
}
