import CTradingProto
import TradingCore

extension RequestDecoder {
    /// The type of a new order: what it has must be there, what it has not must not.
    func type(_ message: Trading__V1__PlaceOrderRequest) throws(BadRequest) -> OrderType {
        let number = unsafe message.type.rawValue
        guard let name = UInt8(exactly: number).flatMap(VenueOrderType.init(rawValue:)) else {
            let names = VenueOrderType.allCases.map(\.name).joined(separator: ", ")
            throw BadRequest("type: expected one of \(names)")
        }
        let type = OrderType(
            name,
            limitPrice: try unsafe self.price(message.price, "price", of: name, !name.isMarket),
            timeInForce: try self.timeInForce(unsafe message.time_in_force, of: name),
            stopPrice: try unsafe self.price(
                message.stop_price,
                "stop_price",
                of: name,
                name.isAlgorithmic
            )
        )
        guard let type else { fatalError("invariant broken: \(name.name) lacks a part it has") }
        return type
    }

    private func price(
        _ text: UnsafeMutablePointer<CChar>?,
        _ field: String,
        of type: VenueOrderType,
        _ isNeeded: Bool
    ) throws(BadRequest) -> Price? {
        guard isNeeded else {
            guard try unsafe self.text(text, field, bytesMax: 64).isEmpty else {
                throw BadRequest("\(field): a \(type.name) order has none")
            }
            return nil
        }
        return try unsafe self.positive(text, field)
    }

    func positive<Decimal: ExactDecimal>(
        _ text: UnsafeMutablePointer<CChar>?,
        _ field: String
    ) throws(BadRequest) -> Decimal {
        let value: Decimal = try unsafe self.decimal(text, field)
        guard value.isPositive else { throw BadRequest("\(field): \(value) is not above zero") }
        return value
    }

    /// How much of the quote asset a market order trades; nil where a quantity is given.
    func quoteQuantity(
        _ message: Trading__V1__PlaceOrderRequest,
        of type: OrderType
    ) throws(BadRequest) -> Amount? {
        let field = "quote_quantity"
        guard try unsafe !self.text(message.quote_quantity, field, bytesMax: 64).isEmpty else {
            return nil
        }
        guard type == .market else {
            throw BadRequest("\(field): a \(type.venueType.name) order has none")
        }
        guard try unsafe self.text(message.quantity, "quantity", bytesMax: 64).isEmpty else {
            throw BadRequest("\(field): give it or a quantity, not both")
        }
        // No venue has more of anything; what is computed with it stays within its range.
        let quantity: Quantity = try unsafe self.positive(message.quote_quantity, field)
        return quantity.amount
    }

    private func timeInForce(
        _ force: Trading__V1__TimeInForce,
        of type: VenueOrderType
    ) throws(BadRequest) -> TimeInForce? {
        let isGiven = force != TRADING__V1__TIME_IN_FORCE__TIME_IN_FORCE_UNSPECIFIED
        guard type.hasTimeInForce else {
            if isGiven { throw BadRequest("time_in_force: a \(type.name) order has none") }
            return nil
        }
        guard isGiven else { return .goodTillCanceled }
        guard let known = TimeInForce(rawValue: UInt8(truncatingIfNeeded: force.rawValue)) else {
            throw BadRequest("time_in_force: expected GTC, IOC or FOK")
        }
        return known
    }
}
