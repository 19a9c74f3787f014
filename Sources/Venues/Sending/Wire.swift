import Synchronization
package import TradingCore

/// Which placements have passed the gate and are not answered yet, by their numbers.
///
/// ``Gate`` decides with one atomic word and counts them; this names them for whoever closed it.
/// An order is noted before it enters the gate, so that after the gate was closed every order that
/// passed is among them. It may be read from any thread.
package final class Wire: Sendable {
    private struct State {
        var orderIDs: Set<OrderID> = []
        /// Those of them whose request may not have been written yet.
        var unwritten: Set<OrderID> = []
    }

    private let state = Mutex(State())

    init() {}

    /// What was on the wire at this moment; an order that the gate just turned away may be in it.
    package var orderIDs: Set<OrderID> { self.state.withLock { $0.orderIDs } }

    /// Whether the request of an order that passed may still be about to be written.
    package var isBeingWritten: Bool { self.state.withLock { !$0.unwritten.isEmpty } }

    func add(_ orderID: OrderID) {
        self.state.withLock { state in
            state.orderIDs.insert(orderID)
            state.unwritten.insert(orderID)
        }
    }

    func remove(_ orderID: OrderID) {
        self.state.withLock { state in
            state.orderIDs.remove(orderID)
            state.unwritten.remove(orderID)
        }
    }

    /// Whatever passed the gate has reached the operating system, or never will.
    func noteAllWritten() {
        self.state.withLock { state in
            if !state.unwritten.isEmpty { state.unwritten = [] }
        }
    }
}
