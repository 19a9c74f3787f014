import TradingCore

extension Verification {
    /// Verifies a store: its records, what follows from them, and the files that hold them.
    ///
    /// - Parameters:
    ///   - path: The folder of the store, or of its journal where snapshots are to be left out.
    ///   - anchors: Nil where there are none to compare with.
    ///   - key: Nil where signatures cannot be checked; hashes are compared all the same.
    ///   - isAnchorFileOwn: Whether the anchors are the file that the server itself writes, whose
    ///     end must be the store's, and not a copy from another day.
    /// - Returns: What was found, the first damage named.
    /// - Throws: Where there is no store or it cannot be opened.
    package static func verify(
        store path: String,
        anchors: AnchorFile?,
        key: VerifyingKey?,
        isAnchorFileOwn: Bool = false
    ) throws(JournalError) -> Verification {
        let copy = try StoreCopy(path: path)
        // Before anything is read without its checksum.
        var complaints = copy.database.complaints()
        complaints += try TableFile.complaints(about: copy.folder)
        if let complaint = copy.complaint { complaints.insert(complaint, at: 0) }
        var marks = Marks(key: key)
        do throws(JournalError) {
            let checkpoints = try copy.checkpoints()
            marks.note(checkpoints.damage)
            marks.add(checkpoints.heads, from: Self.checkpointsName)
        } catch {
            guard error.isDamage else { throw error }
            complaints.append("\(error)")
        }
        try marks.add(anchors)
        var walker = ChainWalker(marks: marks.good)
        var receiptCount = 0
        let damage = unsafe try copy.walk(&walker) { (record, message, _) throws(Damage) in
            unsafe try copy.receipts(of: message, at: record.firstSequence) { (_, _, _) in
                receiptCount += 1
            }
            return true
        }
        var found = Verification(
            walker,
            marks,
            damage: damage ?? marks.damage,
            receiptCount: receiptCount
        )
        found.findings = complaints.prefix(Finding.countMax).map { Finding(.storageEngine, $0) }
        // What would follow from damaged records says nothing.
        var isEndOrderly = false
        if damage == nil {
            let (tables, undecodable) = try copy.derivedTables()
            found.damage = found.damage ?? undecodable ?? tables.damage
            found.findings += tables.findings
            isEndOrderly = tables.endsInOrder
        }
        try found.noteLogs(in: copy.folder, isEndOrderly: isEndOrderly)
        if key == nil, !marks.good.isEmpty {
            found.findings.append(
                Finding(.signingKey, "there is no public key: no signature was checked")
            )
        }
        if isEndOrderly {
            found.noteMissingHead(in: Self.checkpointsName, marks, "a checkpoint")
            if isAnchorFileOwn {
                found.noteMissingHead(in: anchors?.path, marks, "an anchor")
            }
        }
        return found
    }

    private static let checkpointsName = "checkpoint"

    /// An orderly end leaves whole files; what a crash can leave is told and is no damage.
    private mutating func noteLogs(
        in folder: String,
        isEndOrderly: Bool
    ) throws(JournalError) {
        for (name, condition) in try EngineLog.incomplete(in: folder) {
            switch condition {
            case .whole: break
            case .torn(let offset):
                guard isEndOrderly else {
                    self.tornFiles.append(name)
                    continue
                }
                self.findings.append(
                    Finding(
                        .storageEngine,
                        "\(name) ends within a write, at byte \(offset), although the process "
                            + "ended in order"
                    )
                )
            case .damaged(let offset):
                self.findings.append(
                    Finding(.storageEngine, "\(name) was changed at or behind byte \(offset)")
                )
            }
        }
    }

    /// After an orderly end the journal's end is signed, inside and outside of the store.
    private mutating func noteMissingHead(in place: String?, _ marks: Marks, _ what: String) {
        let sequences = place.flatMap { marks.sequences[$0] } ?? []
        guard !sequences.contains(self.head.sequence) else { return }
        self.findings.append(
            Finding(
                .signedHead,
                "the journal was ended in order at event \(self.head.sequence), and \(what) that "
                    + "was signed there is lost, unless the process was killed while it ended"
            )
        )
    }
}

extension StoreCopy {
    /// Compares what follows from the records with them; for a chain that was found to be good.
    fileprivate func derivedTables() throws(JournalError) -> (DerivedTables, Damage?) {
        var tables = DerivedTables(of: self.database)
        if let snapshots = self.snapshots { tables.add(snapshots) }
        var walker = ChainWalker(marks: [])
        let damage = unsafe try self.walk(&walker) { (record, message, _) throws(Damage) in
            do throws(DecodingProblem) {
                unsafe try tables.take(record, message)
            } catch {
                throw Damage(.changed, at: record.firstSequence, error.reason)
            }
            return true
        }
        if damage == nil { tables.finish() }
        return (tables, damage)
    }
}
