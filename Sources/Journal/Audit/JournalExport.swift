import CTradingProto
import ProtobufArena
import TradingCore

/// A journal as text, for other programs and for keeping elsewhere.
package enum JournalExport {
    package enum Format: String, Sendable, CaseIterable {
        /// A line a record, with the stored bytes: can be verified.
        case jsonl
        /// A line an event: for spreadsheets.
        case csv
    }

    /// Writes the records that hold an event of a range, and the signed heads among them.
    ///
    /// - Parameters:
    ///   - path: The folder of the store or of its journal.
    ///   - format: How.
    ///   - range: Of sequences; records are written as a whole.
    ///   - write: Takes a line at a time, without its end.
    /// - Returns: What the chain is like; an export ends at the first damage.
    /// - Throws: Where there is no store or it cannot be opened.
    package static func write(
        store path: String,
        _ format: Format,
        _ range: ClosedRange<UInt64>,
        _ write: (String) -> Void
    ) throws(JournalError) -> Verification {
        let copy = try StoreCopy(path: path)
        let marks = Verification.Marks(key: nil)
        var checkpoints = try copy.checkpoints().heads[...]
        if format == .csv { write(ExportLine.csvHeader) }
        var walker = ChainWalker(marks: [])
        let damage = unsafe try copy.walk(&walker) { (record, message, value) throws(Damage) in
            guard record.firstSequence <= range.upperBound else { return false }
            while let head = checkpoints.first, head.head.sequence < record.firstSequence {
                checkpoints.removeFirst()
                if format == .jsonl, range.contains(head.head.sequence) {
                    write(#"{"checkpoint":\#(head.line)}"#)
                }
            }
            guard record.lastSequence >= range.lowerBound else { return true }
            do throws(DecodingProblem) {
                switch format {
                case .jsonl: write(unsafe try ExportLine.json(record, message, value))
                case .csv:
                    for line in unsafe try ExportLine.csv(record, message) { write(line) }
                }
            } catch {
                throw Damage(.changed, at: record.firstSequence, error.reason)
            }
            return true
        }
        if damage == nil, format == .jsonl {
            for head in checkpoints where range.contains(head.head.sequence) {
                write(#"{"checkpoint":\#(head.line)}"#)
            }
        }
        return Verification(walker, marks, damage: damage)
    }

    /// Verifies a `jsonl` export without its store.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - anchors: Nil where there are none to compare with.
    ///   - key: Nil where signatures cannot be checked.
    /// - Returns: What was found, the first damage named.
    /// - Throws: Where the file cannot be read.
    package static func verify(
        _ path: String,
        anchors: AnchorFile?,
        key: VerifyingKey?
    ) throws(JournalError) -> Verification {
        guard let bytes = try Files.read(path) else { throw .storage("there is no \(path)") }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        var marks = Verification.Marks(key: key)
        let prefix = #"{"checkpoint":"#
        for line in lines where line.hasPrefix(prefix) {
            if let head = SignedHead(line: line.dropFirst(prefix.count).dropLast()) {
                marks.add([head], from: path)
            } else {
                marks.note(Damage(.forged, at: 0, "a checkpoint's line is none"))
            }
        }
        try marks.add(anchors)
        let records = lines.filter { !$0.hasPrefix(prefix) }
        let first = records.first.flatMap { ExportLine.stored($0)?.place } ?? 1
        var walker = ChainWalker(marks: marks.good, first: first)
        let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
        var damage: Damage?
        do throws(Damage) {
            for line in records { try Self.verify(line, &walker, arena) }
            try walker.finish()
        } catch {
            damage = error
        }
        return Verification(walker, marks, damage: damage ?? marks.damage)
    }

    private static func verify(
        _ line: Substring,
        _ walker: inout ChainWalker,
        _ arena: ProtobufArena
    ) throws(Damage) {
        let next = walker.head.sequence + 1
        guard let (place, value) = ExportLine.stored(line) else {
            throw Damage(.changed, at: next, "the line is not one of an export")
        }
        let (record, message) = unsafe try walker.take(at: place, value.span, in: arena)
        let words = unsafe try? ExportLine.json(record, message, value.span)
        guard let words, words == line else {
            throw Damage(
                .changed,
                at: place,
                "the line does not say what its stored bytes say"
            )
        }
    }
}
