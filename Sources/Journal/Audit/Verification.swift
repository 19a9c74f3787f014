package import TradingCore

/// What a look at a whole journal found.
package struct Verification: Hashable, Sendable {
    /// Nil where every record is what was written.
    package var damage: Damage?
    /// What is wrong or lost beside the records; not everything is looked at behind damage.
    package var findings: [Finding] = []
    /// The storage engine's files that end within a write; a crash leaves such.
    package var tornFiles: [String] = []
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
        /// The places of the heads, by where they are kept.
        private(set) var sequences: [String: Set<UInt64>] = [:]

        init(key: VerifyingKey?) { self.key = key }

        mutating func add(_ heads: [SignedHead], from place: String) {
            for head in heads {
                if let key = self.key, head.keyName != key.name || !head.isValid(under: key) {
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
                    self.sequences[place, default: []].insert(head.head.sequence)
                }
            }
        }

        mutating func note(_ damage: Damage?) { self.damage = self.damage ?? damage }
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
