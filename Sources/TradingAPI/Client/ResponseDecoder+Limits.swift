import CTradingProto
import ProtobufArena
import TradingCore

extension ResponseDecoder {
    func limits(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteLimit] {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__get_limits_response__init),
            from: bytes.span
        ).pointee
        return unsafe Protobuf.elements(message.limits, count: message.n_limits).map { limit in
            unsafe RemoteLimit(
                name: String(protobuf: limit.pointee.name),
                symbol: String(protobuf: limit.pointee.symbol),
                strategy: String(protobuf: limit.pointee.strategy),
                value: String(protobuf: limit.pointee.value),
                configuredValue: String(protobuf: limit.pointee.configured_value),
                isChanged: limit.pointee.is_changed != 0,
                changedBy: String(protobuf: limit.pointee.changed_by),
                reason: String(protobuf: limit.pointee.reason),
                changedAt: limit.pointee.changed_at,
                expected: String(protobuf: limit.pointee.expected)
            )
        }
    }

    func limitSteps(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteLimitStep] {
        let message = try unsafe self.arena.unpack(
            MessageType(trading__v1__set_limits_response__init),
            from: bytes.span
        ).pointee
        return unsafe Protobuf.elements(message.steps, count: message.n_steps).map { step in
            let known: [LimitDirection] = [.unchanged, .tightens, .loosens]
            let direction = known.first { unsafe $0.message == step.pointee.direction }
            return unsafe RemoteLimitStep(
                name: String(protobuf: step.pointee.name),
                symbol: String(protobuf: step.pointee.symbol),
                strategy: String(protobuf: step.pointee.strategy),
                oldValue: String(protobuf: step.pointee.old_value),
                newValue: String(protobuf: step.pointee.new_value),
                direction: direction?.rawValue ?? ""
            )
        }
    }
}
