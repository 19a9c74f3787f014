import CTradingProto
import ProtobufArena
import TradingCore

/// Reads the message of a state back; see ``StateEncoder``.
enum StateDecoder {
    static func state(
        _ message: Trading__Journal__V1__StoredState,
        sequence: Sequence
    ) throws(DecodingProblem) -> State {
        var orders: [Order] = []
        for index in 0..<(unsafe message.n_orders) {
            orders.append(
                try unsafe EventDecoder.order(EventDecoder.present(message.orders?[index]))
            )
        }
        var ledgers: ByVenue<Ledger> = [:]
        for index in 0..<(unsafe message.n_ledgers) {
            let part = try unsafe EventDecoder.present(message.ledgers?[index])
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            ledgers[venue] = try unsafe self.ledger(part)
        }
        var closings: ByVenue<[Symbol: Closing]> = [:]
        for index in 0..<(unsafe message.n_closings) {
            let part = try unsafe EventDecoder.present(message.closings?[index])
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            let symbol = Symbol(unsafe EventDecoder.text(part.symbol))
            closings[venue, default: [:]][symbol] = unsafe Closing(
                orderCount: Int(part.order_count),
                failureCount: Int(part.failure_count)
            )
        }
        var lastTrades: ByVenue<[Symbol: TradeMark]> = [:]
        for index in 0..<(unsafe message.n_last_trades) {
            let part = try unsafe EventDecoder.present(message.last_trades?[index])
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            let symbol = Symbol(unsafe EventDecoder.text(part.symbol))
            lastTrades[venue, default: [:]][symbol] = unsafe TradeMark(
                tradeID: TradeID(raw: part.trade_id),
                time: WallTime(nanoseconds: part.time)
            )
        }
        return State(
            sequence: sequence,
            clientIDPrefix: unsafe EventDecoder.text(message.client_id_prefix),
            epoch: unsafe EventDecoder.text(message.epoch),
            createdAt: WallTime(nanoseconds: unsafe message.created_at),
            lastOrderID: OrderID(raw: unsafe message.last_order_id),
            lastPlacements: try unsafe Self.lastPlacements(message),
            orders: orders,
            modes: try unsafe Self.modes(message),
            killSwitch: try unsafe EventDecoder.killSwitch(
                EventDecoder.present(message.kill_switch)
            ),
            secondFactor: unsafe self.secondFactor(message),
            restraints: try unsafe Self.restraints(message),
            lastTrades: lastTrades,
            closings: closings,
            limitChanges: try unsafe Self.limitChanges(message),
            tokens: try unsafe Self.tokens(message),
            cancelSessions: try unsafe Self.cancelSessions(message),
            ledgers: ledgers,
            breaches: try unsafe Self.breaches(message),
            failureCounts: try unsafe Self.failureCounts(message),
            orderDays: try unsafe Self.orderDays(message),
            orderLogs: try unsafe Self.orderLogs(message),
            equities: try unsafe Self.equities(message),
            strategies: try unsafe Self.strategies(message),
            dayNotionals: try unsafe Self.dayNotionals(message),
            exits: try unsafe Self.exits(message)
        )
    }

    private static func restraints(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> ByVenue<VenueRestraint> {
        var restraints: ByVenue<VenueRestraint> = [:]
        for index in 0..<(unsafe message.n_restraints) {
            let part = try unsafe EventDecoder.present(message.restraints?[index])
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            restraints[venue] = try unsafe EventDecoder.restraint(part)
        }
        return restraints
    }

    private static func lastPlacements(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> ByVenue<WallTime> {
        var placements: ByVenue<WallTime> = [:]
        for index in 0..<(unsafe message.n_last_placements) {
            let part = try unsafe EventDecoder.present(message.last_placements?[index])
            let venue = try EventDecoder.known(VenueID.self, unsafe part.venue)
            placements[venue] = unsafe WallTime(nanoseconds: part.time)
        }
        return placements
    }

    private static func tokens(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> TokenList {
        var tokens: [AccessToken] = []
        for index in 0..<(unsafe message.n_tokens) {
            let part = try unsafe EventDecoder.present(message.tokens?[index])
            tokens.append(try unsafe EventDecoder.token(part))
        }
        return TokenList(tokens)
    }

    private static func cancelSessions(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> [SessionName: CancelSession] {
        var sessions: [SessionName: CancelSession] = [:]
        for index in 0..<(unsafe message.n_cancel_sessions) {
            let part = try unsafe EventDecoder.present(message.cancel_sessions?[index])
            let session = try unsafe EventDecoder.session(part)
            sessions[session.name] = session
        }
        return sessions
    }

    private static func secondFactor(
        _ message: Trading__Journal__V1__StoredState
    ) -> SecondFactor {
        let stored = unsafe message.second_factor
        return unsafe SecondFactor(
            lastStep: stored?.pointee.last_step ?? 0,
            failureCount: Int(stored?.pointee.failure_count ?? 0),
            failedAt: WallTime(nanoseconds: stored?.pointee.failed_at ?? 0)
        )
    }

    private static func limitChanges(
        _ message: Trading__Journal__V1__StoredState
    ) throws(DecodingProblem) -> [LimitChange] {
        var changes: [LimitChange] = []
        for index in 0..<(unsafe message.n_limit_changes) {
            let part = try unsafe EventDecoder.present(message.limit_changes?[index])
            changes.append(try unsafe EventDecoder.limitChange(part))
        }
        return changes
    }

    static func ledger(
        _ message: Trading__Journal__V1__StoredLedger
    ) throws(DecodingProblem) -> Ledger {
        var positions: [Symbol: Position] = [:]
        for index in 0..<(unsafe message.n_positions) {
            let position = try unsafe self.position(
                EventDecoder.present(message.positions?[index])
            )
            positions[position.symbol] = position
        }
        return Ledger(
            accountID: unsafe message.has_account_id != 0 ? unsafe message.account_id : nil,
            totals: try unsafe self.amounts(message.totals, count: message.n_totals),
            reserved: try unsafe self.amounts(message.reserved, count: message.n_reserved),
            positions: positions
        )
    }

    static func amounts(
        _ messages: UnsafeMutablePointer<
            UnsafeMutablePointer<Trading__Journal__V1__AssetAmount>?
        >?,
        count: Int
    ) throws(DecodingProblem) -> [Asset: Amount] {
        var amounts: [Asset: Amount] = [:]
        for index in 0..<count {
            let part = try unsafe EventDecoder.present(messages?[index])
            let asset = Asset(unsafe EventDecoder.text(part.asset))
            amounts[asset] = try unsafe EventDecoder.amount(part.amount)
        }
        return amounts
    }

    private static func position(
        _ message: Trading__Journal__V1__StoredPosition
    ) throws(DecodingProblem) -> Position {
        var fees: [Position.Fee] = []
        for index in 0..<(unsafe message.n_fees) {
            let part = try unsafe EventDecoder.present(message.fees?[index])
            fees.append(
                Position.Fee(
                    asset: Asset(unsafe EventDecoder.text(part.asset)),
                    amount: try unsafe EventDecoder.amount(part.amount)
                )
            )
        }
        return Position(
            symbol: Symbol(unsafe EventDecoder.text(message.symbol)),
            baseAsset: Asset(unsafe EventDecoder.text(message.base_asset)),
            quoteAsset: Asset(unsafe EventDecoder.text(message.quote_asset)),
            quantity: try unsafe EventDecoder.amount(message.quantity),
            cost: try self.notional(unsafe EventDecoder.text(message.cost)),
            realizedProfit: try self.notional(unsafe EventDecoder.text(message.realized_profit)),
            fees: fees,
            fillCount: unsafe message.fill_count
        )
    }

    static func notional(_ text: String) throws(DecodingProblem) -> Notional {
        do {
            return try Notional(text)
        } catch {
            throw DecodingProblem("\"\(text)\" is not a notional")
        }
    }
}
