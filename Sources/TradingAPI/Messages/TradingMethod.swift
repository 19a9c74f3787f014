/// The methods of `trading.v1.TradingService`.
package enum TradingMethod: String, CaseIterable, Sendable {
    case placeOrder = "PlaceOrder"
    case cancel = "Cancel"
    case cancelAll = "CancelAll"
    case getOrder = "GetOrder"
    case listOrders = "ListOrders"
    case positions = "Positions"
    case getMode = "GetMode"
    case setMode = "SetMode"
    case killSwitch = "KillSwitch"
    case health = "Health"

    /// The full name of the service that the methods belong to.
    package static let service = "trading.v1.TradingService"

    /// The type of a refusal in a status's details.
    package static let refusalTypeURL = "type.googleapis.com/trading.v1.Refusal"
}
