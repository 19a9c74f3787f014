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
            unsafe message.stop_loss_price = self.arena.string(stop.stopPrice.description)
            unsafe message.stop_loss_limit = self.arena.string(stop.limitPrice?.description ?? "")
        }
        unsafe message.take_profit_price = self.arena.string(exits.takeProfit?.description ?? "")
        guard let view else { return }
        unsafe message.exits_status = Trading__V1__ExitsStatus(UInt32(view.status.rawValue))
        unsafe message.exits_quantity = self.arena.string(view.rest.description)
        unsafe message.exits_covered_quantity = self.arena.string(view.covered.description)
        unsafe message.exits_problem = self.arena.string(view.problem)
    }
}
