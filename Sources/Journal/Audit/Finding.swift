/// Something beside the records that is not what was written, or is lost; the records are intact.
package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// What it was found in.
    package enum Place: String, Hashable, Sendable {
        /// The storage engine's own files, or what it says of them.
        case storageEngine = "storage engine"
        /// A table that follows from the records.
        case derivedTable = "derived table"
        case snapshot
        /// A checkpoint or an anchor.
        case signedHead = "signed head"
        case signingKey = "signing key"
    }

    /// More are not kept: who has twenty needs another copy, not a longer list.
    package static let countMax = 20

    package var place: Place
    package var detail: String

    package init(_ place: Place, _ detail: String) {
        self.place = place
        self.detail = detail
    }

    package var description: String { "\(self.place.rawValue): \(self.detail)" }
}
