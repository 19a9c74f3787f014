import CTradingProto
import ProtobufArena
import TradingCore

extension RequestEncoder {
    func fills(_ filter: FillFilter) -> [UInt8] {
        unsafe self.pack(trading__v1__list_fills_request__init) { message in
            unsafe message.symbol = self.arena.string(filter.symbol?.name ?? "")
            unsafe message.order_id = filter.orderID?.raw ?? 0
            unsafe message.strategy = self.arena.string(filter.strategy ?? "")
            unsafe message.since = filter.since?.nanoseconds ?? 0
            unsafe message.until = filter.until?.nanoseconds ?? 0
            unsafe message.limit = UInt32(clamping: filter.countMax)
            unsafe message.before_sequence = filter.before ?? 0
        }
    }
}
