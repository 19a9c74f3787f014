/// Notices a user stream that is open and says nothing: what REST shows of our orders, the stream
/// must bring as well, within a grace.
///
/// Pings prove that the connection lives, not that anybody feeds it.
struct StreamWatch: Hashable, Sendable {
    /// An order of the venue; its number is unique within its symbol only.
    struct Key: Hashable, Sendable {
        var symbol: Symbol
        var number: VenueOrderID

        init(_ report: OrderReport) {
            self.symbol = report.symbol
            self.number = report.venueOrderID
        }
    }

    /// What the stream must bring at least.
    private struct Awaited: Hashable, Sendable {
        var executed: Quantity
        var isTerminal: Bool
        var deadline: MonotonicTime
    }

    private var awaited: [Key: Awaited] = [:]

    /// REST showed news of an order.
    mutating func expect(_ report: OrderReport, by deadline: MonotonicTime) {
        let key = StreamWatch.Key(report)
        let earlier = self.awaited[key]
        self.awaited[key] = Awaited(
            executed: max(report.executedQuantity, earlier?.executed ?? .zero),
            isTerminal: report.status.isTerminal || earlier?.isTerminal ?? false,
            deadline: min(deadline, earlier?.deadline ?? deadline)
        )
    }

    /// The stream brought news of an order.
    mutating func saw(_ report: OrderReport) {
        let key = StreamWatch.Key(report)
        guard let awaited = self.awaited[key], report.executedQuantity >= awaited.executed,
            report.status.isTerminal || !awaited.isTerminal
        else { return }
        self.awaited[key] = nil
    }

    /// What the stream should have brought by now, the oldest first; nil where nothing is late.
    func overdue(at now: MonotonicTime) -> Key? {
        let late = self.awaited.filter { $0.value.deadline <= now }
        return late.min {
            ($0.value.deadline, $0.key.number.raw) < ($1.value.deadline, $1.key.number.raw)
        }?
        .key
    }

    var wakeAt: MonotonicTime? { self.awaited.values.map(\.deadline).min() }
}
