import CFloors
import Dispatch

/// Orders that are signed a batch ahead of those that are being sent.
final class SignedOrders {
    private let batches: DispatchQueue
    private let cpu: CInt
    private var countLeft: Int
    private var ahead: Batch?

    private static let batchSize = 1_000

    /// What a thread fills and another one reads after `isFilled`.
    private final class Batch: @unchecked Sendable {
        let isFilled = DispatchSemaphore(value: 0)
        var requests: [String] = []
    }

    /// Begins to sign on a thread of the client's CPU.
    init(count: Int, on cpu: CInt) {
        self.batches = DispatchQueue(label: "signing")
        self.cpu = cpu
        self.countLeft = count
        self.signAhead()
    }

    /// The next requests, or nil where all were handed out.
    func next() -> [String]? {
        guard let batch = self.ahead else { return nil }
        batch.isFilled.wait()
        self.signAhead()
        return batch.requests
    }

    private func signAhead() {
        let count = min(self.countLeft, Self.batchSize)
        self.countLeft -= count
        self.ahead = count == 0 ? nil : Batch()
        guard let batch = self.ahead else { return }
        let cpu = self.cpu
        self.batches.async {
            // The exchange has the other CPU to itself.
            _ = floors_pin(cpu)
            batch.requests = Round.signedOrders(.limit, count: count)
            batch.isFilled.signal()
        }
    }
}
