import CTradingProto
import ProtobufArena
import TradingCore

/// A store that is looked at and not used: best a copy, since a running server holds its own.
///
/// Also a damaged one can be opened; what cannot be read is skipped, and the chain names it.
package final class StoreCopy {
    let database: RocksDatabase
    /// The storage engine's folder.
    let folder: String
    /// Nil where only the journal's folder was named.
    let snapshots: SnapshotFolder?
    /// The storage engine's own complaint, where it had one and was told to go on.
    let complaint: String?
    let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)

    /// - Parameter path: The folder of a store, or its `journal` folder.
    /// - Throws: Where there is no store, or a newer program wrote it.
    package init(path: String) throws(JournalError) {
        let inner = path + "/journal"
        let isStore = !Files.names(in: inner).isEmpty
        let folder = isStore ? inner : path
        guard isStore || Files.names(in: folder).contains("CURRENT") else {
            throw .storage("\(path) holds no store")
        }
        self.folder = folder
        self.snapshots = isStore ? SnapshotFolder(path: path + "/snapshots") : nil
        do throws(JournalError) {
            self.database = try RocksDatabase(path: folder, .forensic(skipsDamage: false))
            self.complaint = nil
        } catch {
            guard error.isDamage else { throw error }
            self.database = try RocksDatabase(path: folder, .forensic(skipsDamage: true))
            self.complaint = "\(error)"
        }
        let version = try self.database.value(of: Journal.formatKey, in: .meta)
        if let version, let number = UInt32(bigEndianBytes: version.span),
            number > Journal.formatVersion
        {
            throw .tooNew(formatVersion: number, supportedMax: Journal.formatVersion)
        }
    }

    /// Signed heads that the store holds; what is no signed head is damage.
    func checkpoints() throws(JournalError) -> (heads: [SignedHead], damage: Damage?) {
        try SignedHead.checkpoints(in: self.database)
    }

    /// Walks the whole chain.
    ///
    /// - Parameters:
    ///   - walker: Told the signed heads that the chain must meet.
    ///   - body: Sees each record that stands where it should; returns whether to go on.
    /// - Returns: The first damage, or nil.
    /// - Throws: Where the files cannot be read.
    func walk(
        _ walker: inout ChainWalker,
        _ body: (StoredRecord, Trading__Journal__V1__Record, Span<UInt8>) throws(Damage) -> Bool
    ) throws(JournalError) -> Damage? {
        var damage: Damage?
        var isWhole = true
        let scanned = Result { () throws(JournalError) in
            try self.database.scan(
                from: [],
                in: .journal,
                .ascending
            ) { (key, value) throws(JournalError) in
                do throws(Damage) {
                    guard let place = UInt64(bigEndianBytes: key) else {
                        throw Damage(.inserted, at: 0, "a record stands at no number")
                    }
                    let (record, message) = unsafe try walker.take(
                        at: place,
                        value,
                        in: self.arena
                    )
                    isWhole = unsafe try body(record, message, value)
                    return isWhole
                } catch {
                    damage = error
                    return false
                }
            }
        }
        switch scanned {
        case .success: break
        case .failure(let error) where error.isDamage && damage == nil:
            damage = try self.damage(&walker, in: "\(error)")
        case .failure(let error): throw error
        }
        if damage == nil, isWhole {
            do throws(Damage) { try walker.finish() } catch { damage = error }
        }
        return damage.map { self.explained($0) }
    }

    /// Names the record, of those in the block that the storage engine cannot read.
    private func damage(
        _ walker: inout ChainWalker,
        in complaint: String
    ) throws(JournalError) -> Damage {
        let entries = try TableFile.entries(ofBlockIn: complaint)
        do throws(Damage) {
            let next = walker.head.sequence + 1
            for entry in entries {
                let place = UInt64(bigEndianBytes: entry.key.span) ?? 0
                guard place >= next else { continue }
                _ = unsafe try walker.take(at: place, entry.value.span, in: self.arena)
            }
        } catch {
            return Damage(error.kind, at: error.sequence, "\(error.detail); \(complaint)")
        }
        return Damage(.changed, at: walker.head.sequence + 1, complaint)
    }

    /// What looks removed was made unreadable where the storage engine complained as well.
    private func explained(_ damage: Damage) -> Damage {
        guard let complaint = self.complaint, damage.kind == .removed || damage.kind == .cutOff
        else { return damage }
        return Damage(
            .changed,
            at: damage.sequence,
            "it cannot be read any more (\(complaint)); \(damage.detail)"
        )
    }
}

extension SignedHead {
    /// The checkpoints of a store; what is no signed head is damage.
    static func checkpoints(
        in database: RocksDatabase
    ) throws(JournalError) -> (heads: [SignedHead], damage: Damage?) {
        var heads: [SignedHead] = []
        var damage: Damage?
        try database.scan(
            from: [],
            in: .checkpoints,
            .ascending
        ) { (key, value) throws(JournalError) in
            let text = String(decoding: Array(copying: value), as: UTF8.self)
            let sequence = UInt64(bigEndianBytes: key) ?? 0
            if let head = SignedHead(line: text), head.head.sequence == sequence {
                heads.append(head)
            } else if damage == nil {
                damage = Damage(.forged, at: sequence, "the checkpoint there is none")
            }
            return true
        }
        return (heads, damage)
    }
}

extension [UInt8] {
    init(copying bytes: Span<UInt8>) {
        self.init()
        self.reserveCapacity(bytes.count)
        for index in bytes.indices { self.append(bytes[index]) }
    }
}
