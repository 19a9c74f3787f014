import CTradingProto
import ProtobufArena
import TradingCore

extension StateEncoder {
    func fill(_ message: inout Trading__Journal__V1__StoredState, with modes: ModeBook) {
        if let mode = modes.installation { unsafe message.mode = self.events.mode(mode) }
        unsafe message.n_mode_history = modes.history.count
        unsafe message.mode_history = self.arena.array(
            modes.history.map { unsafe self.events.mode($0) }
        )
        unsafe message.n_strategy_modes = modes.ofStrategies.count
        unsafe message.strategy_modes = self.arena.array(
            modes.ofStrategies.values.sorted { $0.strategy < $1.strategy }
                .map { unsafe self.events.mode($0) }
        )
    }
}
