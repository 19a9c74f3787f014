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

    func sessions(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteCancelSession] {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__list_sessions_response__init),
            from: bytes.span
        ).pointee
        return unsafe Protobuf.elements(message.sessions, count: message.n_sessions)
            .map { unsafe self.session($0.pointee) }
    }

    private func session(_ message: Trading__V1__CancelSession) -> RemoteCancelSession {
        unsafe RemoteCancelSession(
            session: String(protobuf: message.session),
            principal: String(protobuf: message.principal),
            openedAt: message.opened_at,
            graceMilliseconds: message.grace_milliseconds,
            connectionCount: message.connection_count,
            graceLeftMilliseconds: message.grace_left_milliseconds,
            orderIDs: Array(
                UnsafeBufferPointer(start: message.order_ids, count: message.n_order_ids)
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
