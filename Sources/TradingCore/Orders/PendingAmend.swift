/// A client's wish to change an order that is at the venue.
package struct AmendRequest: Hashable, Sendable {
    package var orderID: OrderID
    /// The whole new quantity, what was traded included; nil keeps it.
    package var quantity: Quantity?
    /// The new limit price; nil keeps it.
    package var price: Price?
    package var principal: Principal

    package init(orderID: OrderID, quantity: Quantity?, price: Price?, principal: Principal) {
        self.orderID = orderID
        self.quantity = quantity
        self.price = price
        self.principal = principal
    }
}

/// An amendment that was asked for and whose effect is not known yet; a flag beside the state.
package enum PendingAmend: Hashable, Sendable {
    /// The venue makes the order smaller; it keeps its place in the queue.
    case reduction(to: Quantity)
    /// The order is cancelled, and once its end is known another is placed for what is left of
    /// this quantity, at this price.
    case replacement(quantity: Quantity, price: Price)

    /// In words, for listings and the audit.
    package var name: String {
        switch self {
        case .reduction(let quantity): "a quantity of \(quantity)"
        case .replacement(let quantity, let price): "a quantity of \(quantity) at \(price)"
        }
    }
}
