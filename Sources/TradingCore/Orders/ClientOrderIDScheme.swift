/// How the gateway names its orders at the venue: `prefix-epoch-number`, a cancel with `_c` (S4).
///
/// The prefix is drawn when the store is made, the epoch at every start, so that two stores or a
/// restored backup never use one name twice. Ownership of a venue order is decided by its name
/// alone, never by time.
package struct ClientOrderIDScheme: Hashable, Sendable {
    /// How long a prefix or an epoch is; with both, the number of an order always fits.
    package static let partLength = 8

    package let prefix: String
    package let epoch: String

    package init(prefix: String, epoch: String) {
        self.prefix = prefix
        self.epoch = epoch
    }

    /// The name of an order of this epoch.
    package func name(of orderID: OrderID) -> ClientOrderID {
        let text = "\(self.prefix)-\(self.epoch)-\(String(orderID.raw, radix: 36))"
        guard let name = ClientOrderID(text) else {
            fatalError("invariant broken: \(text) is not a client order id")
        }
        return name
    }

    /// The name of the cancel of an order, derived from the order's own.
    package static func cancelName(of name: ClientOrderID) -> ClientOrderID {
        guard let cancel = ClientOrderID(name.text + ClientOrderIDScheme.cancelMark) else {
            fatalError("invariant broken: \(name) leaves no room for a cancel mark")
        }
        return cancel
    }

    /// Whose order a name at the venue belongs to.
    package enum Owner: Hashable, Sendable {
        case ours(OrderID)
        /// Ours by its prefix, but not in a form that this store gives out.
        case oursMalformed
        case foreign
    }

    /// Reads a name back, of any epoch of a store.
    package static func owner(of text: String, prefix: String) -> Owner {
        guard !prefix.isEmpty, text.hasPrefix(prefix + "-") else { return .foreign }
        var rest = text.dropFirst(prefix.count + 1)
        if rest.hasSuffix(ClientOrderIDScheme.cancelMark) {
            rest.removeLast(ClientOrderIDScheme.cancelMark.count)
        }
        let parts = rest.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = UInt64(parts[1], radix: 36), number > 0 else {
            return .oursMalformed
        }
        return .ours(OrderID(raw: number))
    }

    private static let cancelMark = "_c"
}
