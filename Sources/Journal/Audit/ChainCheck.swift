import ProtobufArena
import TradingCore

/// The check of what recovery did not read because a snapshot stood for it; runs on any thread
/// beside the gateway, which goes on writing behind it.
package struct ChainCheck: Sendable {
    private let database: RocksDatabase
    private let head: ChainHead
    private let anchors: [SignedHead]
    private let key: VerifyingKey

    /// - Parameters:
    ///   - journal: Recovered and not written to since.
    ///   - anchors: The heads that were signed outside of the store.
    ///   - key: The store's.
    package init(of journal: Journal, anchors: [SignedHead], key: VerifyingKey) {
        self.database = journal.database
        self.head = journal.head
        self.anchors = anchors
        self.key = key
    }

    /// Walks the chain from the first record to where it ended at the start.
    ///
    /// - Complexity: O(*n*) in the count of records; about a second for some million events.
    /// - Returns: The first damage, or nil.
    /// - Throws: Where the store cannot be read at all.
    package func run() throws(JournalError) -> Damage? {
        guard self.head.sequence > 0 else { return nil }
        var marks = Verification.Marks(key: self.key)
        let checkpoints = try SignedHead.checkpoints(in: self.database)
        marks.note(checkpoints.damage)
        marks.add(checkpoints.heads, from: "checkpoint")
        // Anchors that others signed were told at recovery and stop nothing.
        marks.add(self.anchors.filter { $0.isValid(under: self.key) }, from: "anchors")
        var walker = ChainWalker(
            marks: marks.good.filter { $0.head.sequence <= self.head.sequence }
        )
        let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
        let end = self.head
        var damage = marks.damage
        let scanned = Result { () throws(JournalError) in
            try self.database.scan(
                from: [],
                in: .journal,
                .ascending
            ) { (key, value) throws(JournalError) in
                do throws(Damage) {
                    _ = unsafe try walker.take(
                        at: UInt64(bigEndianBytes: key) ?? 0,
                        value,
                        in: arena
                    )
                } catch {
                    damage = error
                    return false
                }
                return walker.head.sequence < end.sequence
            }
        }
        do throws(JournalError) {
            try scanned.get()
        } catch {
            guard error.isDamage else { throw error }
            damage = Damage(.changed, at: walker.head.sequence + 1, "\(error)")
        }
        if damage == nil, walker.head != end {
            damage = Damage(.removed, at: walker.head.sequence + 1, "the chain ends early")
        }
        return damage
    }
}
