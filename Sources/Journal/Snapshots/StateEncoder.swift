import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

/// Builds the message of a state, the same bytes for the same state.
///
/// A stored property that ``State`` or a type inside of it gains must be written here and read by
/// ``StateDecoder``, with a field of its own in `snapshot.proto` or `journal.proto`.
@safe
struct StateEncoder {
    let arena: ProtobufArena
    let events: EventEncoder

    init(arena: ProtobufArena) {
        self.arena = arena
        self.events = EventEncoder(arena: arena)
    }

    func state(_ state: State) -> UnsafeMutablePointer<Trading__Journal__V1__StoredState> {
        let orders = state.ordersByAge
        let ledgers = Array(state.ledgers)
        let days = Array(state.dayNotionals)
        var closings: [(venue: VenueID, symbol: Symbol, closing: Closing)] = []
        for (venue, ofVenue) in state.closings {
            for (symbol, closing) in ofVenue.sorted(by: { $0.key < $1.key }) {
                closings.append((venue, symbol, closing))
            }
        }
        let placements = Array(state.lastPlacements)
        let restraints = Array(state.restraints)
        var trades: [(venue: VenueID, symbol: Symbol, mark: TradeMark)] = []
        for (venue, ofVenue) in state.lastTrades {
            for (symbol, mark) in ofVenue.sorted(by: { $0.key < $1.key }) {
                trades.append((venue, symbol, mark))
            }
        }
        return unsafe self.arena.make(trading__journal__v1__stored_state__init) { message in
            unsafe message.client_id_prefix = self.arena.string(state.clientIDPrefix)
            unsafe message.epoch = self.arena.string(state.epoch)
            unsafe message.created_at = state.createdAt.nanoseconds
            unsafe message.last_order_id = state.lastOrderID.raw
            unsafe message.n_last_placements = placements.count
            unsafe message.last_placements = self.arena.array(
                placements.map { unsafe self.placement($0.value, on: $0.key) }
            )
            unsafe message.n_orders = orders.count
            unsafe message.orders = self.arena.array(
                orders.map { unsafe self.events.order($0) }
            )
            unsafe self.fill(&message, with: state.modes)
            unsafe message.kill_switch = self.events.killSwitch(state.killSwitch)
            unsafe message.second_factor = self.secondFactor(state.secondFactor)
            unsafe message.n_day_notionals = days.count
            unsafe message.day_notionals = self.arena.array(
                days.map { unsafe self.day($0.value, of: $0.key) }
            )
            unsafe message.n_ledgers = ledgers.count
            unsafe message.ledgers = self.arena.array(
                ledgers.map { unsafe self.ledger($0.value, of: $0.key) }
            )
            unsafe message.n_closings = closings.count
            unsafe message.closings = self.arena.array(
                closings.map { unsafe self.closing($0.closing, of: $0.symbol, on: $0.venue) }
            )
            unsafe message.n_restraints = restraints.count
            unsafe message.restraints = self.arena.array(
                restraints.map { unsafe self.events.restraint($0.value, of: $0.key) }
            )
            unsafe message.n_last_trades = trades.count
            unsafe message.last_trades = self.arena.array(
                trades.map { unsafe self.trade($0.mark, of: $0.symbol, on: $0.venue) }
            )
            unsafe self.addRisk(of: state, to: &message)
            let limits = state.limitChanges.values.sorted { $0.key < $1.key }
            unsafe message.n_limit_changes = limits.count
            unsafe message.limit_changes = self.arena.array(
                limits.map { unsafe self.events.limitChange($0) }
            )
            unsafe self.addAccess(of: state, to: &message)
        }
    }

    private func addAccess(
        of state: State,
        to message: inout Trading__Journal__V1__StoredState
    ) {
        let sessions = state.cancelSessions.values.sorted { $0.name < $1.name }
        unsafe message.n_cancel_sessions = sessions.count
        unsafe message.cancel_sessions = self.arena.array(
            sessions.map { unsafe self.events.session($0) }
        )
        unsafe message.n_tokens = state.tokens.tokens.count
        unsafe message.tokens = self.arena.array(
            state.tokens.tokens.map { unsafe self.events.token($0) }
        )
    }

    private func placement(
        _ time: WallTime,
        on venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredPlacement> {
        unsafe self.arena.make(trading__journal__v1__stored_placement__init) { message in
            unsafe message.venue = UInt32(venue.rawValue)
            unsafe message.time = time.nanoseconds
        }
    }

    private func secondFactor(
        _ factor: SecondFactor
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredSecondFactor> {
        unsafe self.arena.make(trading__journal__v1__stored_second_factor__init) { message in
            unsafe message.last_step = factor.lastStep
            unsafe message.failure_count = UInt32(clamping: factor.failureCount)
            unsafe message.failed_at = factor.failedAt.nanoseconds
        }
    }

    private func trade(
        _ mark: TradeMark,
        of symbol: Symbol,
        on venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredTrade> {
        unsafe self.arena.make(trading__journal__v1__stored_trade__init) { message in
            unsafe message.venue = UInt32(venue.rawValue)
            unsafe message.symbol = self.arena.string(symbol.name)
            unsafe message.trade_id = mark.tradeID.raw
            unsafe message.time = mark.time.nanoseconds
        }
    }

    private func closing(
        _ closing: Closing,
        of symbol: Symbol,
        on venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredClosing> {
        unsafe self.arena.make(trading__journal__v1__stored_closing__init) { message in
            unsafe message.venue = UInt32(venue.rawValue)
            unsafe message.symbol = self.arena.string(symbol.name)
            unsafe message.order_count = Int64(closing.orderCount)
            unsafe message.failure_count = Int64(closing.failureCount)
        }
    }

    func ledger(
        _ ledger: Ledger,
        of venue: VenueID
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredLedger> {
        let totals = ledger.totals.sorted { $0.key < $1.key }
        let reserved = ledger.reserved.sorted { $0.key < $1.key }
        let positions = ledger.positionsBySymbol
        return unsafe self.arena.make(trading__journal__v1__stored_ledger__init) { message in
            unsafe message.venue = UInt32(venue.rawValue)
            unsafe message.has_account_id = ledger.accountID == nil ? 0 : 1
            unsafe message.account_id = ledger.accountID ?? 0
            unsafe message.n_totals = totals.count
            unsafe message.totals = self.arena.array(
                totals.map { unsafe self.amount($0.value, of: $0.key) }
            )
            unsafe message.n_reserved = reserved.count
            unsafe message.reserved = self.arena.array(
                reserved.map { unsafe self.amount($0.value, of: $0.key) }
            )
            unsafe message.n_positions = positions.count
            unsafe message.positions = self.arena.array(
                positions.map { unsafe self.position($0) }
            )
        }
    }

    func amount(
        _ amount: Amount,
        of asset: Asset
    ) -> UnsafeMutablePointer<Trading__Journal__V1__AssetAmount> {
        unsafe self.arena.make(trading__journal__v1__asset_amount__init) { message in
            unsafe message.asset = self.arena.string(asset.name)
            unsafe message.amount = self.arena.string(amount.description)
        }
    }

    private func position(
        _ position: Position
    ) -> UnsafeMutablePointer<Trading__Journal__V1__StoredPosition> {
        unsafe self.arena.make(trading__journal__v1__stored_position__init) { message in
            unsafe message.symbol = self.arena.string(position.symbol.name)
            unsafe message.base_asset = self.arena.string(position.baseAsset.name)
            unsafe message.quote_asset = self.arena.string(position.quoteAsset.name)
            unsafe message.quantity = self.arena.string(position.quantity.description)
            unsafe message.cost = self.arena.string(position.cost.description)
            unsafe message.realized_profit = self.arena.string(
                position.realizedProfit.description
            )
            unsafe message.n_fees = position.fees.count
            unsafe message.fees = self.arena.array(
                position.fees.map { unsafe self.amount($0.amount, of: $0.asset) }
            )
            unsafe message.fill_count = position.fillCount
        }
    }
}
