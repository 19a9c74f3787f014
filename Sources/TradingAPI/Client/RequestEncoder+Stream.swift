import CTradingProto
import ProtobufArena
import TradingCore

extension RequestEncoder {
    func subscription(_ wish: SubscriptionWish) -> [UInt8] {
        unsafe self.pack(trading__v1__subscribe_request__init) { message in
            unsafe message.from_sequence = wish.fromSequence
            let kinds = wish.filter.kinds.map(\.rawValue).sorted()
            unsafe message.n_kinds = kinds.count
            unsafe message.kinds = self.arena.array(
                scalars: kinds.map { Trading__V1__EventKind(UInt32($0)) }
            )
            unsafe message.n_symbols = wish.filter.symbols.count
            unsafe message.symbols = self.arena.array(wish.filter.symbols.map(\.name).sorted())
            unsafe message.n_strategies = wish.filter.strategies.count
            unsafe message.strategies = self.arena.array(wish.filter.strategies.sorted())
            unsafe message.n_tags = wish.filter.tags.count
            unsafe message.tags = self.arena.array(wish.filter.tags.sorted())
            unsafe message.heartbeat_milliseconds = UInt32(clamping: wish.heartbeatMilliseconds)
        }
    }
}
