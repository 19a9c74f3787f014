import CTradingProto
import ProtobufArena
package import TradingCore

/// Follows a chain from its first record and names the first thing that is not what it was.
///
/// Pure: where the records come from, a store or an export, is the caller's affair.
package struct ChainWalker {
    /// Where the chain stands.
    package private(set) var head = ChainHead.start
    package private(set) var recordCount = 0
    package private(set) var firstTime: WallTime?
    package private(set) var lastTime: WallTime?
    /// Signed heads that the chain has met.
    package private(set) var metCount = 0
    private var last: (record: StoredRecord, before: ChainHash)?
    private var marks: ArraySlice<SignedHead>
    private var lastMet: UInt64
    /// The hash that a chain beginning in the middle goes on from is not known here.
    private var isPredecessorKnown: Bool

    /// - Parameters:
    ///   - marks: Signed heads with good signatures.
    ///   - first: The first event of the chain; above 1 for a part of a journal.
    package init(marks: [SignedHead], first: UInt64 = 1) {
        self.marks =
            marks.filter { $0.head.sequence >= first }
            .sorted { $0.head.sequence < $1.head.sequence }[...]
        self.head = ChainHead(sequence: first - 1, hash: .zero)
        self.lastMet = first - 1
        self.isPredecessorKnown = first == 1
    }

    /// Takes the next record of the store, by its key.
    mutating func take(
        at place: UInt64,
        _ value: Span<UInt8>,
        in arena: ProtobufArena
    ) throws(Damage) -> (record: StoredRecord, message: Trading__Journal__V1__Record) {
        let expected = self.head.sequence + 1
        guard place >= expected else {
            throw Damage(
                .inserted,
                at: place,
                "a record stands inside of the one before, which ends at \(self.head.sequence)"
            )
        }
        let record: StoredRecord
        let message: Trading__Journal__V1__Record
        do throws(StoredRecord.Defect) {
            unsafe (record, message) = try unsafe StoredRecord.read(value, in: arena)
        } catch {
            guard place == expected else { throw self.gap(upTo: place) }
            throw Damage(.changed, at: place, error.text)
        }
        try self.check(record, at: place)
        self.last = (record, self.head.hash)
        self.isPredecessorKnown = true
        self.head = ChainHead(sequence: record.lastSequence, hash: record.hash)
        self.recordCount += 1
        self.firstTime = self.firstTime ?? record.time
        self.lastTime = record.time
        try self.checkMarks()
        return unsafe (record, message)
    }

    private func gap(upTo place: UInt64) -> Damage {
        let expected = self.head.sequence + 1
        return Damage(
            .removed,
            at: expected,
            "events \(expected) to \(place - 1) are missing; the next record is at \(place)"
        )
    }

    private func check(_ record: StoredRecord, at place: UInt64) throws(Damage) {
        let expected = self.head.sequence + 1
        let isNext = record.previousHash == self.head.hash || !self.isPredecessorKnown
        if place == expected, record.firstSequence == place, isNext { return }
        // It goes on from the record before the last one: the last one was put between them.
        if let last = self.last, record.previousHash == last.before {
            throw Damage(
                .inserted,
                at: last.record.firstSequence,
                "the record at \(place) follows from the one before it"
            )
        }
        guard place == expected else { throw self.gap(upTo: place) }
        guard record.firstSequence == place else {
            throw Damage(
                .swapped,
                at: place,
                "in its place stands the record of \(record.firstSequence)"
            )
        }
        guard let last = self.last else {
            throw Damage(.changed, at: place, "the first record names one before it")
        }
        throw Damage(
            .changed,
            at: last.record.firstSequence,
            "the record at \(place) follows from another one; this one was sealed again"
        )
    }

    private mutating func checkMarks() throws(Damage) {
        while let mark = self.marks.first, mark.head.sequence <= self.head.sequence {
            guard mark.head == self.head else {
                throw Damage(
                    .rewritten,
                    at: self.lastMet + 1,
                    "at event \(mark.head.sequence) the chain has not the hash that was signed "
                        + "(\(mark.reason.rawValue), \(mark.time.text)); it was made anew "
                        + "somewhere behind event \(self.lastMet)"
                )
            }
            self.marks.removeFirst()
            self.lastMet = mark.head.sequence
            self.metCount += 1
        }
    }

    /// Says that there are no more records.
    package func finish() throws(Damage) {
        guard let mark = self.marks.last else { return }
        throw Damage(
            .cutOff,
            at: self.head.sequence + 1,
            "the journal ends at event \(self.head.sequence), event \(mark.head.sequence) was "
                + "signed (\(mark.reason.rawValue), \(mark.time.text))"
        )
    }
}

extension WallTime {
    /// Date and time in UTC, exact to the nanosecond.
    package var text: String {
        let seconds = self.nanoseconds.divided(by: 1_000_000_000, rounding: .down)
        let days = seconds.divided(by: 86_400, rounding: .down)
        let rest = seconds - days * 86_400
        // The calendar repeats every 400 years; years begin in March, so that leap days are last.
        let shifted = days + 719_468
        let era = shifted.divided(by: 146_097, rounding: .down)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let clock =
            "\(padded(rest / 3_600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))"
        return "\(date)T\(clock).\(padded(self.nanoseconds - seconds * 1_000_000_000, 9))Z"
    }
}
