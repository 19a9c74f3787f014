import CTradingProto
import ProtobufArena
import TradingCore

extension ResponseDecoder {
    func accountBalances(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteBalances {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__balances_response__init),
            from: bytes.span
        ).pointee
        return unsafe RemoteBalances(
            mode: self.name(of: message.mode),
            balances: Protobuf.elements(message.balances, count: message.n_balances)
                .map { unsafe self.balance($0.pointee) }
        )
    }

    func fills(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteFills {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__list_fills_response__init),
            from: bytes.span
        ).pointee
        var fills: [RemoteOrderFill] = []
        for index in 0..<(unsafe message.n_fills) {
            guard let entry = unsafe message.fills?[index],
                let fill = unsafe entry.pointee.fill
            else { throw .malformed }
            fills.append(unsafe self.entry(entry.pointee, fill.pointee))
        }
        return RemoteFills(
            fills: fills,
            nextBeforeSequence: unsafe message.next_before_sequence
        )
    }

    private func entry(
        _ message: Trading__V1__OrderFill,
        _ fill: Trading__V1__Fill
    ) -> RemoteOrderFill {
        let side = Side(rawValue: UInt8(truncatingIfNeeded: unsafe message.side.rawValue))
        return unsafe RemoteOrderFill(
            sequence: message.sequence,
            orderID: message.order_id,
            clientOrderID: String(protobuf: message.client_order_id),
            mode: self.name(of: message.mode),
            symbol: String(protobuf: message.symbol),
            side: side?.name ?? "",
            strategy: String(protobuf: message.strategy),
            tag: String(protobuf: message.tag),
            fill: self.fill(fill)
        )
    }
}
