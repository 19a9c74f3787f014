package import TradingCore

/// What a look at a whole journal found.
package struct Verification: Hashable, Sendable {
    /// Nil where everything is what was written.
    package var damage: Damage?
    /// Where the chain ends, or where it is still good.
    package var head: ChainHead
    package var recordCount: Int
    package var firstTime: WallTime?
    package var lastTime: WallTime?
    /// Checkpoints and anchors that the chain met.
    package var metCount: Int
    /// The newest signed head; what is behind it is vouched for by nobody.
    package var signedSequence: UInt64?
    /// Whether there was a key to check signatures with.
    package var hasKey: Bool
    package var receiptCount: Int

    init(
        _ walker: ChainWalker,
        _ marks: Marks,
        damage: Damage?,
        receiptCount: Int = 0
    ) {
        self.damage = damage
        self.head = walker.head
        self.recordCount = walker.recordCount
        self.firstTime = walker.firstTime
        self.lastTime = walker.lastTime
        self.metCount = walker.metCount
        self.signedSequence = marks.good.map(\.head.sequence).max()
        self.hasKey = marks.key != nil
        self.receiptCount = receiptCount
    }

    /// Signed heads from wherever they are kept, their signatures checked.
    struct Marks {
        let key: VerifyingKey?
        private(set) var good: [SignedHead] = []
        private(set) var damage: Damage?

        init(key: VerifyingKey?) { self.key = key }

        mutating func add(_ heads: [SignedHead], from place: String) {
            for head in heads {
                if let key = self.key, !head.isValid(under: key) {
                    self.note(
                        Damage(
                            .forged,
                            at: head.head.sequence,
                            "\(place): the \(head.reason.rawValue) of \(head.time.text) is not "
                                + "signed with the key \(key.name)"
                        )
                    )
                } else {
                    self.good.append(head)
                }
            }
        }

        mutating func note(_ damage: Damage?) { self.damage = self.damage ?? damage }
    }

    /// Verifies a store.
    ///
    /// - Parameters:
    ///   - path: The folder of the store or of its journal.
    ///   - anchors: Nil where there are none to compare with.
    ///   - key: Nil where signatures cannot be checked; hashes are compared all the same.
    /// - Returns: What was found, the first damage named.
    /// - Throws: Where there is no store or it cannot be opened.
    package static func verify(
        store path: String,
        anchors: AnchorFile?,
        key: VerifyingKey?
    ) throws(JournalError) -> Verification {
        let copy = try StoreCopy(path: path)
        var marks = Marks(key: key)
        let checkpoints = try copy.checkpoints()
        marks.note(checkpoints.damage)
        marks.add(checkpoints.heads, from: "checkpoint")
        try marks.add(anchors)
        var walker = ChainWalker(marks: marks.good)
        let damage = unsafe try copy.walk(&walker) { (_, _, _) in true }
        return Verification(walker, marks, damage: damage ?? marks.damage)
    }
}

extension Verification.Marks {
    mutating func add(_ anchors: AnchorFile?) throws(JournalError) {
        guard let anchors else { return }
        let content = try anchors.read()
        if let line = content.unreadableLines.first {
            self.note(Damage(.forged, at: 0, "\(anchors.path), line \(line) is no anchor"))
        }
        self.add(content.heads, from: anchors.path)
    }
}
