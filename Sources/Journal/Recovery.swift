package import TradingCore

/// A store as a start finds it: the newest usable snapshot and what the journal says behind it.
package struct Recovery {
    package let state: State
    /// Ready for writing; nil where the store is damaged, and nothing may be written.
    package let journal: Journal?
    /// Why the store must not be traded on; the state is what could be read before the damage.
    package let damage: JournalError?
    /// Where the replay began; 0 without a snapshot.
    package let snapshotSequence: UInt64
    /// Snapshots that could not be used, and why.
    package let warnings: [String]

    /// The folders of a store.
    package struct Layout: Sendable {
        package let journal: String
        package let snapshots: SnapshotFolder
        /// Outside the store.
        package let anchors: AnchorFile
        /// The private key's file, outside the store.
        package let signingKey: String
        /// The folder of the daily reports, outside the store.
        package let reports: String

        /// - Parameters:
        ///   - store: The folder of the store, which must exist.
        ///   - anchors: The file of anchors; beside the store where nil.
        ///   - signingKey: The file of the key; beside the store where nil.
        ///   - reports: The folder of the daily reports; beside the store where nil.
        package init(
            store: String,
            anchors: String? = nil,
            signingKey: String? = nil,
            reports: String? = nil
        ) {
            self.journal = store + "/journal"
            self.snapshots = SnapshotFolder(path: store + "/snapshots")
            self.anchors = AnchorFile(path: anchors ?? Self.beside(store, ".anchors"))
            self.signingKey = signingKey ?? Self.beside(store, ".signing-key")
            self.reports = reports ?? Self.beside(store, ".reports")
        }

        /// The path of something that belongs to a store and lies outside of it.
        package static func beside(_ store: String, _ suffix: String) -> String {
            var store = store
            while store.count > 1, store.hasSuffix("/") { store.removeLast() }
            return store + suffix
        }
    }

    /// Opens a store and reads it.
    ///
    /// A damaged store is a result, because the kill switch must work on it.
    ///
    /// - Parameters:
    ///   - layout: Where it lies.
    ///   - key: Checks the anchors; nil believes them all.
    /// - Returns: What was found.
    /// - Throws: Where the store cannot be opened for another reason, or is too new.
    package static func run(
        _ layout: Layout,
        verifying key: VerifyingKey? = nil
    ) throws(JournalError) -> Recovery {
        var warnings: [String] = []
        let anchor = try Self.newestAnchor(layout.anchors, key, &warnings)
        let snapshots = layout.snapshots.sequences.compactMap { sequence in
            do throws(JournalError) {
                return try layout.snapshots.read(sequence)
            } catch {
                warnings.append("snapshot \(sequence) is not used: \(error)")
                return nil
            }
        }
        do throws(JournalError) {
            let journal = try Journal(path: layout.journal)
            return try Self.replay(journal, from: snapshots, anchor, warnings: warnings)
        } catch {
            guard error.isDamage else { throw error }
            return Recovery(
                state: snapshots.first?.state ?? State(),
                journal: nil,
                damage: error,
                snapshotSequence: snapshots.first?.head.sequence ?? 0,
                warnings: warnings
            )
        }
    }

    /// The last anchor that can be believed.
    private static func newestAnchor(
        _ file: AnchorFile,
        _ key: VerifyingKey?,
        _ warnings: inout [String]
    ) throws(JournalError) -> SignedHead? {
        let content = try file.read()
        if let line = content.unreadableLines.first {
            warnings.append("\(file.path), line \(line): not an anchor")
        }
        return content.heads.last { anchor in
            guard let key, !anchor.isValid(under: key) else { return true }
            warnings.append(
                "the anchor at \(anchor.head.sequence) is not signed with the store's key"
            )
            return false
        }
    }

    private static func replay(
        _ journal: Journal,
        from snapshots: [Snapshot],
        _ anchor: SignedHead?,
        warnings: [String]
    ) throws(JournalError) -> Recovery {
        var state = State()
        var damage: JournalError?
        if let snapshot = snapshots.first {
            // It was taken of synced records: a journal that lacks them is not the one it was.
            guard try journal.resume(at: snapshot.head) else {
                return Recovery(
                    state: snapshot.state,
                    journal: nil,
                    damage: .corrupt(
                        recordAt: snapshot.head.sequence,
                        reason: "no record ends there with the hash that a snapshot saw: the "
                            + "journal was cut, rewritten or restored from a copy"
                    ),
                    snapshotSequence: snapshot.head.sequence,
                    warnings: warnings
                )
            }
            state = snapshot.state
        }
        let start = journal.head.sequence
        do throws(JournalError) {
            try journal.replay { event, time in _ = state.apply(event, at: time) }
        } catch {
            guard error.isDamage else { throw error }
            damage = error
        }
        if damage == nil, let anchor, try !journal.holds(anchor.head) {
            let isCut = anchor.head.sequence > journal.head.sequence
            damage = .corrupt(
                recordAt: isCut ? journal.head.sequence + 1 : anchor.head.sequence,
                reason: isCut
                    ? "the journal ends before it, an anchor saw event \(anchor.head.sequence): "
                        + "the journal was cut or restored from a copy"
                    : "it does not end with the hash that an anchor saw: the journal was rewritten"
            )
        }
        return Recovery(
            state: state,
            journal: damage == nil ? journal : nil,
            damage: damage,
            snapshotSequence: start,
            warnings: warnings
        )
    }
}

extension JournalError {
    /// Whether the store is not what was written, rather than out of reach.
    package var isDamage: Bool {
        switch self {
        case .damaged, .corrupt: true
        case .storage, .tooNew: false
        }
    }
}
