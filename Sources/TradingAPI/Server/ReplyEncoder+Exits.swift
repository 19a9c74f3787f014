import CTradingProto
import ProtobufArena
import TradingCore

extension ReplyEncoder {
    /// Adds the exits that an order has, or whose exit it is.
    func addExits(
        of intent: OrderIntent,
        _ view: ExitsView?,
        to message: inout Trading__V1__Order
    ) {
        unsafe message.entry_order_id = intent.entry?.raw ?? 0
        guard let exits = intent.exits else { return }
        if let stop = exits.stopLoss {
            unsafe message.stop_loss_price = self.text(stop.stopPrice)
            unsafe message.stop_loss_limit = self.text(stop.limitPrice)
        }
        unsafe message.take_profit_price = self.text(exits.takeProfit)
        guard let view else { return }
        unsafe message.exits_status = Trading__V1__ExitsStatus(UInt32(view.status.rawValue))
        unsafe message.exits_quantity = self.text(view.rest)
        unsafe message.exits_covered_quantity = self.text(view.covered)
        unsafe message.exits_problem = self.arena.string(view.problem)
    }
}
