import CTradingProto
import ProtobufArena
import TradingCore

extension ReplyEncoder {
    /// Answers SetMode.
    func changedMode(_ view: ModeView) -> BuiltMessage {
        unsafe self.build(trading__v1__set_mode_response__init) { message in
            unsafe message.mode = self.mode(view.record.mode)
            if let previous = view.previous {
                unsafe message.previous_mode = self.mode(previous)
            }
            unsafe message.effective_mode = self.mode(view.effective)
        }
    }

    /// Answers GetMode.
    func modes(_ view: ModeView) -> BuiltMessage {
        unsafe self.build(trading__v1__get_mode_response__init) { message in
            let record = view.record
            unsafe message.mode = self.mode(record.mode)
            unsafe message.since = record.since.nanoseconds
            unsafe message.changed_by = self.arena.string(record.principal.name)
            unsafe message.reason = self.arena.string(record.reason)
            unsafe message.n_history = view.history.count
            unsafe message.history = self.arena.array(view.history.map { unsafe self.change($0) })
            unsafe message.n_strategies = view.strategies.count
            unsafe message.strategies = self.arena.array(
                view.strategies.map { unsafe self.strategy($0) }
            )
        }
    }

    private func change(
        _ record: ModeRecord
    ) -> UnsafeMutablePointer<Trading__V1__ModeChange> {
        unsafe self.arena.make(trading__v1__mode_change__init) { message in
            unsafe message.mode = self.mode(record.mode)
            unsafe message.since = record.since.nanoseconds
            unsafe message.changed_by = self.arena.string(record.principal.name)
            unsafe message.reason = self.arena.string(record.reason)
            unsafe message.strategy = self.arena.string(record.strategy)
        }
    }

    private func strategy(
        _ strategy: ModeView.Strategy
    ) -> UnsafeMutablePointer<Trading__V1__StrategyMode> {
        unsafe self.arena.make(trading__v1__strategy_mode__init) { message in
            let record = strategy.record
            unsafe message.strategy = self.arena.string(record.strategy)
            unsafe message.mode = self.mode(record.mode)
            unsafe message.effective_mode = self.mode(strategy.effective)
            unsafe message.since = record.since.nanoseconds
            unsafe message.changed_by = self.arena.string(record.principal.name)
            unsafe message.reason = self.arena.string(record.reason)
        }
    }
}
