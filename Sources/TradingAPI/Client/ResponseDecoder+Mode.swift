import CTradingProto
import ProtobufArena
import TradingCore

extension ResponseDecoder {
    private enum MessageTypes {
        static let getMode = unsafe MessageType(trading__v1__get_mode_response__init)
        static let setMode = unsafe MessageType(trading__v1__set_mode_response__init)
    }

    func mode(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteMode {
        let pointer = try unsafe self.arena.unpack(MessageTypes.getMode, from: bytes.span)
        let message = unsafe pointer.pointee
        let history = unsafe Protobuf.elements(message.history, count: message.n_history)
        let strategies = unsafe Protobuf.elements(message.strategies, count: message.n_strategies)
        return unsafe RemoteMode(
            mode: self.name(of: message.mode),
            since: message.since,
            changedBy: String(protobuf: message.changed_by),
            reason: String(protobuf: message.reason),
            history: history.map { unsafe self.change($0.pointee) },
            strategies: strategies.map { unsafe self.strategy($0.pointee) }
        )
    }

    private func change(_ message: Trading__V1__ModeChange) -> RemoteModeChange {
        unsafe RemoteModeChange(
            mode: self.name(of: message.mode),
            since: message.since,
            changedBy: String(protobuf: message.changed_by),
            reason: String(protobuf: message.reason),
            strategy: String(protobuf: message.strategy)
        )
    }

    private func strategy(_ message: Trading__V1__StrategyMode) -> RemoteStrategyMode {
        unsafe RemoteStrategyMode(
            strategy: String(protobuf: message.strategy),
            mode: self.name(of: message.mode),
            effectiveMode: self.name(of: message.effective_mode),
            since: message.since,
            changedBy: String(protobuf: message.changed_by),
            reason: String(protobuf: message.reason)
        )
    }

    func changedMode(_ bytes: [UInt8]) throws(ProtobufError) -> ChangedMode {
        let message = try unsafe self.arena.unpack(MessageTypes.setMode, from: bytes.span)
        return unsafe ChangedMode(
            mode: self.name(of: message.pointee.mode),
            previousMode: self.name(of: message.pointee.previous_mode),
            effectiveMode: self.name(of: message.pointee.effective_mode)
        )
    }
}
