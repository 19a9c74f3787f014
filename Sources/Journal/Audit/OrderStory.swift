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

    package var entries: [Entry]
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
        let damage = unsafe try copy.walk(&walker) { (record, message, _) throws(Damage) in
            var sequence = record.firstSequence
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
        self.verification = Verification(walker, marks, damage: damage ?? marks.damage)
    }
}
