import CTradingProto
import ProtobufArena
import TradingCore

extension ResponseDecoder {
    private enum MessageTypes {
        static let update = unsafe MessageType(trading__v1__subscribe_response__init)
        static let end = unsafe MessageType(trading__v1__subscription_end__init)
    }

    func update(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteUpdate {
        self.arena.reset()
        let message = try unsafe self.arena.unpack(MessageTypes.update, from: bytes.span)
        return unsafe RemoteUpdate(
            sequence: message.pointee.sequence,
            time: message.pointee.time,
            event: message.pointee.event.map { unsafe self.event($0.pointee) },
            alert: message.pointee.alert.map { unsafe self.alert($0.pointee) }
        )
    }

    /// Where to go on with a subscription that ended.
    func subscriptionEnd(_ bytes: [UInt8]) throws(ProtobufError) -> UInt64 {
        self.arena.reset()
        return try unsafe self.arena.unpack(MessageTypes.end, from: bytes.span)
            .pointee.next_sequence
    }

    private func event(_ message: Trading__V1__Event) -> RemoteEvent {
        let kind = EventKind(rawValue: UInt8(clamping: unsafe message.kind.rawValue))
        let side = Side(rawValue: UInt8(truncatingIfNeeded: unsafe message.side.rawValue))
        let values = unsafe Protobuf.elements(message.values, count: message.n_values)
        return unsafe RemoteEvent(
            kind: kind?.name ?? "",
            name: String(protobuf: message.name),
            orderID: message.order_id,
            clientOrderID: String(protobuf: message.client_order_id),
            mode: self.name(of: message.mode),
            symbol: String(protobuf: message.symbol),
            side: side?.name ?? "",
            strategy: String(protobuf: message.strategy),
            tag: String(protobuf: message.tag),
            status: OrderStatus.allCases.first { unsafe $0.message == message.status }?.name ?? "",
            order: message.order.map { unsafe self.order($0.pointee) },
            fill: message.fill.map { unsafe self.fill($0.pointee) },
            refusal: message.refusal.map { unsafe self.refusal($0.pointee) },
            values: values.map { value in
                unsafe RemoteValue(
                    name: String(protobuf: value.pointee.name),
                    value: String(protobuf: value.pointee.value)
                )
            }
        )
    }
}
