import Synchronization
package import TradingCore

/// The last door before the wire: one atomic word that says whether placements may pass, and how
/// many have passed and are not answered yet (K1).
///
/// Everything here is one atomic operation, so that it may be called from any thread, also while
/// the gateway loop hangs in a sync. A placement is counted in by the same operation that finds
/// the gate open; whoever closes it therefore learns exactly how many are on the wire, and no
/// placement passes after that.
///
/// The gate has latches, and a placement passes only where both of its own are open: the
/// session's, which the gateway opens after reconciling, and the kill switch's. A reconciliation
/// that ends while the kill switch is being engaged from another thread can thus not open what was
/// just closed. The orders by which the kill switch closes positions have a latch in place of its
/// own, which is shut unless it is engaged at that level (K4).
package final class Gate: Sendable {
    /// Who keeps the gate closed.
    package enum Latch: UInt64, Sendable, CaseIterable {
        /// The connection to the venue: closed until everything is reconciled.
        case session = 0x8000_0000_0000_0000
        /// The kill switch: closed until an administrator releases it.
        case killSwitch = 0x4000_0000_0000_0000
        /// What the kill switch closes positions with.
        case closings = 0x2000_0000_0000_0000

        /// The latches that a placement must find open.
        static func mask(for purpose: OrderPurpose) -> UInt64 {
            switch purpose {
            case .client, .exit: Latch.session.rawValue | Latch.killSwitch.rawValue
            case .flatten: Latch.session.rawValue | Latch.closings.rawValue
            }
        }
    }

    private static let latches = Latch.allCases.reduce(0) { $0 | $1.rawValue }
    private let word: Atomic<UInt64>
    /// The placements that the word counts, by their numbers.
    package let wire = Wire()

    /// A gate starts closed by its session's latch, and for closings by theirs.
    package init() { self.word = Atomic(Latch.session.rawValue | Latch.closings.rawValue) }

    /// Whether placements pass now; stale as soon as it is read.
    package func isOpen(for purpose: OrderPurpose = .client) -> Bool {
        self.word.load(ordering: .sequentiallyConsistent) & Latch.mask(for: purpose) == 0
    }

    /// How many placements have passed and were not answered yet.
    package var inFlightCount: Int {
        Int(self.word.load(ordering: .sequentiallyConsistent) & ~Gate.latches)
    }

    /// Counts one placement in.
    ///
    /// - Returns: False where the gate is closed: nothing was counted and nothing may be written.
    package func enter(for purpose: OrderPurpose = .client) -> Bool {
        let mask = Latch.mask(for: purpose)
        var current = self.word.load(ordering: .sequentiallyConsistent)
        while current & mask == 0 {
            let (exchanged, original) = self.word.weakCompareExchange(
                expected: current,
                desired: current + 1,
                ordering: .sequentiallyConsistent
            )
            if exchanged { return true }
            current = original
        }
        return false
    }

    /// Counts an order's placement in, and names it while it is on the wire.
    func enter(_ orderID: OrderID, for purpose: OrderPurpose) -> Bool {
        self.wire.add(orderID)
        if self.enter(for: purpose) { return true }
        self.wire.remove(orderID)
        return false
    }

    /// Counts an order's placement out.
    func leave(_ orderID: OrderID) {
        self.leave()
        self.wire.remove(orderID)
    }

    /// Counts one placement out, once its fate or its doubt is known.
    package func leave() {
        let count = self.word.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        invariant(count.oldValue & ~Gate.latches > 0, "a placement left a gate it never entered")
    }

    /// From now on no placement passes.
    ///
    /// - Returns: How many were already on the wire.
    @discardableResult
    package func close(_ latch: Latch = .session) -> Int {
        let word = self.word.bitwiseOr(latch.rawValue, ordering: .sequentiallyConsistent)
        return Int(word.newValue & ~Gate.latches)
    }

    /// Lifts one latch; placements pass when the other is lifted too.
    package func open(_ latch: Latch = .session) {
        _ = self.word.bitwiseAnd(~latch.rawValue, ordering: .sequentiallyConsistent)
    }
}
