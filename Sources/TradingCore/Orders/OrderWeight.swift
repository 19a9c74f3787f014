/// What an order takes of what is counted over all orders.
struct OrderWeight: Equatable {
    var reservedQuantity: Quantity
    var dayNotional: Notional
    var status: OrderStatus
    var isSettled: Bool
    var cameTooLate: Bool

    init(of order: Order) {
        self.reservedQuantity = order.reservedQuantity
        self.dayNotional = order.dayNotional
        self.status = order.status
        self.isSettled = order.isSettled
        self.cameTooLate = order.cameTooLate
    }
}

extension Order {
    /// Takes in a change, and tells what is counted of the order before and after it.
    mutating func apply(
        weighing change: OrderChange,
        at time: WallTime
    ) -> (intent: OrderIntent, before: OrderWeight, after: OrderWeight) {
        let before = OrderWeight(of: self)
        self.apply(change, at: time)
        return (self.intent, before, OrderWeight(of: self))
    }
}
