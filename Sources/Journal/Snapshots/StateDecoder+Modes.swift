import CTradingProto
import ProtobufArena
import TradingCore

extension StateDecoder {
    static func modes(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> ModeBook {
        var installation: ModeRecord?
        if let part = unsafe message.mode {
            installation = try unsafe EventDecoder.mode(part.pointee)
        }
        return ModeBook(
            installation: installation,
            ofStrategies: try unsafe self.modes(message.strategy_modes, message.n_strategy_modes),
            history: try unsafe self.modes(message.mode_history, message.n_mode_history)
        )
    }

    private static func modes(
        _ parts: UnsafeMutablePointer<UnsafeMutablePointer<Trading__Journal__V1__ModeChanged>?>?,
        _ count: Int
    ) throws(DecodingProblem) -> [ModeRecord] {
        var records: [ModeRecord] = []
        for index in 0..<count {
            let part = try unsafe EventDecoder.present(parts?[index])
            records.append(try unsafe EventDecoder.mode(part))
        }
        return records
    }
}
