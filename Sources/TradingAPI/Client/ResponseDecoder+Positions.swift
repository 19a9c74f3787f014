import CTradingProto
import ProtobufArena

extension ResponseDecoder {
    func closedPosition(_ bytes: [UInt8]) throws(ProtobufError) -> RemotePositionChange {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__close_position_response__init),
            from: bytes.span
        ).pointee
        return try unsafe self.change(
            message.order,
            isRepeat: message.is_repeat != 0,
            message.nothing_to_do
        )
    }

    func adjustedPosition(_ bytes: [UInt8]) throws(ProtobufError) -> RemotePositionChange {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__adjust_position_response__init),
            from: bytes.span
        ).pointee
        return try unsafe self.change(
            message.order,
            isRepeat: message.is_repeat != 0,
            message.nothing_to_do
        )
    }

    private func change(
        _ order: UnsafeMutablePointer<Trading__V1__Order>?,
        isRepeat: Bool,
        _ nothing: UnsafeMutablePointer<Trading__V1__NothingToDo>?
    ) throws(ProtobufError) -> RemotePositionChange {
        guard let nothing = unsafe nothing else {
            return RemotePositionChange(
                order: try unsafe self.required(order),
                isRepeat: isRepeat,
                nothingToDo: nil
            )
        }
        return unsafe RemotePositionChange(
            order: nil,
            isRepeat: isRepeat,
            nothingToDo: RemoteNothingToDo(
                positionQuantity: String(protobuf: nothing.pointee.position_quantity),
                pendingQuantity: String(protobuf: nothing.pointee.pending_quantity),
                message: String(protobuf: nothing.pointee.message)
            )
        )
    }

    func session(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteSession {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__cancel_on_disconnect_response__init),
            from: bytes.span
        ).pointee
        return unsafe RemoteSession(
            isResumed: message.is_resumed != 0,
            orderIDs: Array(
                UnsafeBufferPointer(start: message.order_ids, count: message.n_order_ids)
            )
        )
    }
}
