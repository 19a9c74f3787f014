/// What a person found out about an order whose fate the gateway could not find out (E6).
public enum Resolution: Hashable, Sendable {
    /// It never existed at the venue.
    case absent
    /// It is at the venue no more; what it traded is known already.
    case canceled
    /// All of it was traded, the rest that is not known at this price.
    case filled(at: Price)
    /// It is this order at the venue, whatever its name there: evidence decides from here on.
    case identified(VenueOrderID)

    /// The words for it in listings and on the command line.
    public var name: String {
        switch self {
        case .absent: "absent"
        case .canceled: "canceled"
        case .filled(let price): "filled at \(price)"
        case .identified(let venueOrderID): "order \(venueOrderID) of the venue"
        }
    }
}

extension Fill {
    /// The rest of an order, as a person says that it was traded.
    ///
    /// Venues number trades upwards from zero, so that no trade of theirs has its number. What was
    /// paid as a fee is not known; the comparison of balances brings it.
    init(resolving order: Order, at price: Price, time: WallTime) {
        let quantity = order.quantity - order.filledQuantity
        self.init(
            tradeID: TradeID(raw: -Int64(clamping: order.orderID.raw)),
            price: price,
            quantity: quantity,
            quoteQuantity: (price * quantity).amount(rounding: .down),
            fee: .zero,
            feeAsset: nil,
            isMaker: false,
            time: time
        )
    }

    /// Whether a person entered it.
    package var isOperators: Bool { self.tradeID.raw < 0 }
}
