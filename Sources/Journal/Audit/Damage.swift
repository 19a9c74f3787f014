/// The first thing in a journal that is not what was written.
package struct Damage: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        /// A record is not what it was.
        case changed
        /// Records are missing before others.
        case removed
        /// A record stands where none was.
        case inserted
        /// A record stands in another one's place.
        case swapped
        /// The records behind the end are missing; a signed head saw them.
        case cutOff = "cut off"
        /// The chain agrees with itself and not with a signed head: it was made anew from there.
        case rewritten
        /// A signed head is not signed with the store's key.
        case forged
        /// A receipt is missing or not what it was.
        case receipt
    }

    package var kind: Kind
    /// Of the first event of the first record that is concerned.
    package var sequence: UInt64
    package var detail: String

    package init(_ kind: Kind, at sequence: UInt64, _ detail: String) {
        self.kind = kind
        self.sequence = sequence
        self.detail = detail
    }

    package var description: String {
        "record \(self.sequence): \(self.kind.rawValue): \(self.detail)"
    }
}
