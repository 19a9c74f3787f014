import CTradingProto
package import TradingCore

/// Everything that a journal says of one order, with what proves it.
package struct OrderStory: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var sequence: UInt64
        package var time: WallTime
        package var event: EventView
        /// Of the record that holds it.
        package var recordHash: ChainHash
    }

    /// What was said to the venue about the order and what it said, with the SHA-256 that the
    /// journal vouches for.
    package struct Proof: Hashable, Sendable {
        package var receipt: StoredReceipt
        package var hash: ChainHash
        /// Of the record that holds the hash.
        package var recordSequence: UInt64
    }

    package var entries: [Entry]
    package var proofs: [Proof]
    package var verification: Verification

    /// Reads the story, and verifies the chain on the way.
    ///
    /// - Parameters:
    ///   - orderID: Whose.
    ///   - path: The folder of the store or of its journal.
    ///   - anchors: Nil where there are none to compare with.
    ///   - key: Nil where signatures cannot be checked.
    /// - Throws: Where there is no store or it cannot be opened.
    package init(
        of orderID: OrderID,
        store path: String,
        anchors: AnchorFile?,
        key: VerifyingKey?
    ) throws(JournalError) {
        let copy = try StoreCopy(path: path)
        var marks = Verification.Marks(key: key)
        marks.add(try copy.checkpoints().heads, from: "checkpoint")
        try marks.add(anchors)
        var walker = ChainWalker(marks: marks.good)
        var entries: [Entry] = []
        var proofs: [Proof] = []
        var receiptCount = 0
        let damage = unsafe try copy.walk(&walker) { (record, message, _) throws(Damage) in
            var sequence = record.firstSequence
            unsafe try copy.receipts(of: message, at: sequence) { (subject, receipt, hash) in
                receiptCount += 1
                guard subject == orderID else { return }
                proofs.append(Proof(receipt: receipt, hash: hash, recordSequence: sequence))
            }
            do throws(DecodingProblem) {
                unsafe try StoredRecord.forEachEvent(of: message) { event in
                    let view = EventView(event)
                    if view.orderID == orderID {
                        entries.append(
                            Entry(
                                sequence: sequence,
                                time: record.time,
                                event: view,
                                recordHash: record.hash
                            )
                        )
                    }
                    sequence += 1
                }
            } catch {
                throw Damage(.changed, at: record.firstSequence, error.reason)
            }
            return true
        }
        self.entries = entries
        self.proofs = proofs
        self.verification = Verification(
            walker,
            marks,
            damage: damage ?? marks.damage,
            receiptCount: receiptCount
        )
    }
}
