import CTradingProto
import ProtobufArena
import TradingCore

extension ReplyEncoder {
    func positions(_ view: PositionsView, to method: TradingMethod) -> BuiltMessage {
        if method == .balances {
            return unsafe self.build(trading__v1__balances_response__init) { message in
                unsafe message.mode = self.mode(view.mode)
                unsafe message.n_balances = view.balances.count
                unsafe message.balances = self.arena.array(
                    view.balances.map { unsafe self.balance($0) }
                )
            }
        }
        return unsafe self.build(trading__v1__positions_response__init) { message in
            unsafe message.mode = self.mode(view.mode)
            unsafe message.n_positions = view.positions.count
            unsafe message.positions = self.arena.array(
                view.positions.map { unsafe self.position($0) }
            )
            unsafe message.n_balances = view.balances.count
            unsafe message.balances = self.arena.array(
                view.balances.map { unsafe self.balance($0) }
            )
        }
    }

    private func position(
        _ marked: PositionsView.MarkedPosition
    ) -> UnsafeMutablePointer<Trading__V1__Position> {
        let position = marked.position
        let unrealized = marked.mark.map { position.unrealizedProfit(at: $0) }
        return unsafe self.arena.make(trading__v1__position__init) { message in
            unsafe message.symbol = self.arena.string(position.symbol.name)
            unsafe message.quantity = self.text(position.quantity)
            unsafe message.average_price = self.text(position.averagePrice)
            unsafe message.mark_price = self.text(marked.mark)
            unsafe message.realized_pnl = self.text(
                position.realizedProfit.amount(rounding: .down)
            )
            unsafe message.unrealized_pnl = self.text(unrealized?.amount(rounding: .down))
            unsafe message.n_fees = position.fees.count
            unsafe message.fees = self.arena.array(
                position.fees.map { fee in
                    unsafe self.balance(
                        fee.asset,
                        total: fee.amount,
                        reserved: .zero,
                        available: .zero
                    )
                }
            )
            unsafe message.fill_count = position.fillCount
            unsafe message.is_dust = marked.isDust ? 1 : 0
        }
    }

    private func balance(
        _ balance: PositionsView.Balance
    ) -> UnsafeMutablePointer<Trading__V1__Balance> {
        unsafe self.balance(
            balance.asset,
            total: balance.total,
            reserved: balance.reserved,
            available: balance.available
        )
    }

    func balance(
        _ asset: Asset,
        total: Amount,
        reserved: Amount,
        available: Amount
    ) -> UnsafeMutablePointer<Trading__V1__Balance> {
        unsafe self.arena.make(trading__v1__balance__init) { message in
            unsafe message.asset = self.arena.string(asset.name)
            unsafe message.total = self.text(total)
            unsafe message.reserved = self.text(reserved)
            unsafe message.available = self.text(available)
        }
    }

    /// Answers ClosePosition and AdjustPosition where no order was placed.
    func nothingToDo(_ reached: PositionReached, to method: TradingMethod) -> BuiltMessage {
        let nothing = unsafe self.arena.make(trading__v1__nothing_to_do__init) { message in
            unsafe message.position_quantity = self.text(reached.held)
            unsafe message.pending_quantity = self.text(reached.pending)
            unsafe message.message = self.arena.string(reached.message)
        }
        guard method == .closePosition else {
            return unsafe self.build(trading__v1__adjust_position_response__init) {
                unsafe $0.nothing_to_do = nothing
            }
        }
        return unsafe self.build(trading__v1__close_position_response__init) {
            unsafe $0.nothing_to_do = nothing
        }
    }

    /// Answers ListSessions.
    func sessions(_ statuses: [SessionStatus]) -> BuiltMessage {
        unsafe self.build(trading__v1__list_sessions_response__init) { message in
            unsafe message.n_sessions = statuses.count
            unsafe message.sessions = self.arena.array(
                statuses.map { unsafe self.session($0) }
            )
        }
    }

    private func session(
        _ status: SessionStatus
    ) -> UnsafeMutablePointer<Trading__V1__CancelSession> {
        unsafe self.arena.make(trading__v1__cancel_session__init) { message in
            let session = status.session
            unsafe message.session = self.arena.string(session.name.text)
            unsafe message.principal = self.arena.string(session.name.principal.name)
            unsafe message.opened_at = session.openedAt.nanoseconds
            unsafe message.grace_milliseconds = UInt32(clamping: session.graceMilliseconds)
            unsafe message.connection_count = UInt32(clamping: status.connectionCount)
            let left = UInt32(clamping: status.graceLeftMilliseconds)
            unsafe message.grace_left_milliseconds = left
            unsafe message.n_order_ids = status.open.count
            unsafe message.order_ids = self.arena.array(scalars: status.open.map(\.raw))
        }
    }

    /// Answers CancelOnDisconnect.
    func session(_ view: SessionView) -> BuiltMessage {
        unsafe self.build(trading__v1__cancel_on_disconnect_response__init) { message in
            unsafe message.is_resumed = view.isResumed ? 1 : 0
            unsafe message.n_order_ids = view.open.count
            unsafe message.order_ids = self.arena.array(scalars: view.open.map(\.raw))
        }
    }
}
