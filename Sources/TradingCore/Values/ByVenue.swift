/// A value for some of the venues, found without hashing: nearly every event and every order asks
/// for one.
package struct ByVenue<Value> {
    /// By ``VenueID``'s place; nil where there is no entry.
    private var slots: [Value?]

    package init() { self.slots = Array(repeating: nil, count: VenueID.allCases.count) }

    /// The venue's value, or nil; setting nil removes it.
    package subscript(venue: VenueID) -> Value? {
        _read { yield self.slots[venue.place] }
        _modify { yield &self.slots[venue.place] }
    }

    /// The venue's value, made where it is changed and there is none.
    package subscript(venue: VenueID, default value: @autoclosure () -> Value) -> Value {
        get { self[venue] ?? value() }
        _modify {
            var taken = self.slots[venue.place].take() ?? value()
            defer { self.slots[venue.place] = taken }
            yield &taken
        }
    }

    /// The venues that have an entry, in their order.
    package var keys: [VenueID] { VenueID.allCases.filter { self.slots[$0.place] != nil } }

    /// The entries' values, in the venues' order.
    package var values: [Value] { self.slots.compactMap { $0 } }

    package var isEmpty: Bool { self.slots.allSatisfy { $0 == nil } }
}

extension ByVenue: Swift.Sequence {
    /// Goes through the entries in the venues' order.
    package func makeIterator() -> some IteratorProtocol<(key: VenueID, value: Value)> {
        VenueID.allCases.lazy.compactMap { venue in
            self.slots[venue.place].map { (key: venue, value: $0) }
        }
        .makeIterator()
    }
}

extension ByVenue: ExpressibleByDictionaryLiteral {
    /// - Parameter elements: The last one counts where a venue stands there twice.
    package init(dictionaryLiteral elements: (VenueID, Value)...) {
        self.init()
        for (venue, value) in elements { self[venue] = value }
    }
}

extension ByVenue: Equatable where Value: Equatable {}
extension ByVenue: Hashable where Value: Hashable {}
extension ByVenue: Sendable where Value: Sendable {}
