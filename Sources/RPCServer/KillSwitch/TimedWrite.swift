import Dispatch
import Foundation
import Journal
import TradingCore

/// A write of the journal that is waited for only so long: what engages the kill switch is
/// answered also where the disk hangs (K2).
enum TimedWrite {
    /// Writes a batch on a thread of its own.
    ///
    /// - Parameters:
    ///   - batch: What to write.
    ///   - journal: Where to; after a failure of this kind it must not be touched any more, since
    ///     the thread may still be in it.
    ///   - milliseconds: How long to wait.
    /// - Returns: The batch's effects, within reach.
    /// - Throws: What the journal throws, or that it did not answer in time.
    static func persist(
        _ batch: consuming OpenBatch,
        in journal: any EventStore,
        milliseconds: Int
    ) throws(JournalError) -> DurableBatch {
        let handover = Handover(batch, journal)
        Thread.detachNewThread { handover.write() }
        guard handover.done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success,
            let result = handover.takeResult()
        else { throw .storage("the journal's write hangs for \(milliseconds) ms") }
        return try result.get()
    }

    private final class Handover: @unchecked Sendable {
        // Unchecked: the caller waits while the thread works, and looks only after its signal.
        private var batch: OpenBatch?
        private var result: Result<DurableBatch, JournalError>?
        private let journal: any EventStore
        let done = DispatchSemaphore(value: 0)

        init(_ batch: consuming OpenBatch, _ journal: any EventStore) {
            self.batch = consume batch
            self.journal = journal
        }

        func write() {
            guard let batch = self.batch.take() else { return }
            do throws(JournalError) {
                let durable = try batch.persisted { (batch) throws(JournalError) in
                    try self.journal.write(batch)
                }
                self.result = .success(durable)
            } catch {
                self.result = .failure(error)
            }
            self.done.signal()
        }

        func takeResult() -> Result<DurableBatch, JournalError>? { self.result.take() }
    }
}
