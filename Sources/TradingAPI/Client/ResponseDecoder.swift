import CTradingProto
import ProtobufArena
import TradingCore

/// Turns the service's answers into the client's values.
@safe
struct ResponseDecoder {
    let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)

    private enum MessageTypes {
        static let placeOrder = unsafe MessageType(trading__v1__place_order_response__init)
        static let cancel = unsafe MessageType(trading__v1__cancel_response__init)
        static let amend = unsafe MessageType(trading__v1__amend_response__init)
        static let cancelAll = unsafe MessageType(trading__v1__cancel_all_response__init)
        static let getOrder = unsafe MessageType(trading__v1__get_order_response__init)
        static let listOrders = unsafe MessageType(trading__v1__list_orders_response__init)
        static let resolveOrder = unsafe MessageType(trading__v1__resolve_order_response__init)
        static let positions = unsafe MessageType(trading__v1__positions_response__init)
        static let killSwitch = unsafe MessageType(trading__v1__kill_switch_response__init)
        static let listApprovals = unsafe MessageType(
            trading__v1__list_approvals_response__init
        )
        static let approve = unsafe MessageType(trading__v1__approve_response__init)
        static let deny = unsafe MessageType(trading__v1__deny_response__init)
        static let health = unsafe MessageType(trading__v1__health_response__init)
        static let refusal = unsafe MessageType(trading__v1__refusal__init)
    }

    func placedOrder(_ bytes: [UInt8]) throws(ProtobufError) -> (RemoteOrder, isRepeat: Bool) {
        let message = try unsafe self.arena.unpack(MessageTypes.placeOrder, from: bytes.span)
        return unsafe (
            try self.required(message.pointee.order), message.pointee.is_repeat != 0
        )
    }

    func cancelledOrder(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteOrder {
        let message = try unsafe self.arena.unpack(MessageTypes.cancel, from: bytes.span)
        return try unsafe self.required(message.pointee.order)
    }

    func amendedOrder(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteOrder {
        let message = try unsafe self.arena.unpack(MessageTypes.amend, from: bytes.span)
        return try unsafe self.required(message.pointee.order)
    }

    func resolvedOrder(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteOrder {
        let message = try unsafe self.arena.unpack(MessageTypes.resolveOrder, from: bytes.span)
        return try unsafe self.required(message.pointee.order)
    }

    func approvedOrder(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteOrder {
        let message = try unsafe self.arena.unpack(MessageTypes.approve, from: bytes.span)
        return try unsafe self.required(message.pointee.order)
    }

    func deniedOrder(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteOrder {
        let message = try unsafe self.arena.unpack(MessageTypes.deny, from: bytes.span)
        return try unsafe self.required(message.pointee.order)
    }

    func approvals(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteApprovals {
        let message = try unsafe self.arena.unpack(MessageTypes.listApprovals, from: bytes.span)
        var held: [RemoteHeldOrder] = []
        for index in 0..<(unsafe message.pointee.n_orders) {
            guard let part = unsafe message.pointee.orders?[index] else { throw .malformed }
            held.append(
                RemoteHeldOrder(
                    order: try unsafe self.required(part.pointee.order),
                    expiresAt: unsafe part.pointee.expires_at
                )
            )
        }
        return RemoteApprovals(
            orders: held,
            codesLockedUntil: unsafe message.pointee.codes_locked_until
        )
    }

    func cancelledOrders(_ bytes: [UInt8]) throws(ProtobufError) -> [UInt64] {
        let message = try unsafe self.arena.unpack(MessageTypes.cancelAll, from: bytes.span)
        return unsafe Array(
            UnsafeBufferPointer(
                start: message.pointee.order_ids,
                count: message.pointee.n_order_ids
            )
        )
    }

    func order(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteOrder {
        let message = try unsafe self.arena.unpack(MessageTypes.getOrder, from: bytes.span)
        return try unsafe self.required(message.pointee.order)
    }

    func orders(_ bytes: [UInt8]) throws(ProtobufError) -> [RemoteOrder] {
        let message = try unsafe self.arena.unpack(MessageTypes.listOrders, from: bytes.span)
        return unsafe Protobuf.elements(message.pointee.orders, count: message.pointee.n_orders)
            .map { unsafe self.order($0.pointee) }
    }

    func positions(_ bytes: [UInt8]) throws(ProtobufError) -> RemotePositions {
        let message = try unsafe self.arena.unpack(MessageTypes.positions, from: bytes.span)
        let positions = unsafe Protobuf.elements(
            message.pointee.positions,
            count: message.pointee.n_positions
        )
        let balances = unsafe Protobuf.elements(
            message.pointee.balances,
            count: message.pointee.n_balances
        )
        return RemotePositions(
            mode: self.name(of: unsafe message.pointee.mode),
            positions: unsafe positions.map { unsafe self.position($0.pointee) },
            balances: unsafe balances.map { unsafe self.balance($0.pointee) }
        )
    }

    func balance(_ message: Trading__V1__Balance) -> RemoteBalance {
        unsafe RemoteBalance(
            asset: String(protobuf: message.asset),
            total: String(protobuf: message.total),
            reserved: String(protobuf: message.reserved),
            available: String(protobuf: message.available)
        )
    }

    func killSwitch(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteKillSwitch {
        let pointer = try unsafe self.arena.unpack(MessageTypes.killSwitch, from: bytes.span)
        let message = unsafe pointer.pointee
        let level = KillLevel(rawValue: UInt8(truncatingIfNeeded: unsafe message.level.rawValue))
        return unsafe RemoteKillSwitch(
            isEngaged: message.is_engaged != 0,
            level: level?.name ?? "",
            reason: String(protobuf: message.reason),
            changedBy: String(protobuf: message.changed_by),
            since: message.since,
            isDurable: message.is_durable != 0,
            inFlightOrderIDs: Array(
                UnsafeBufferPointer(
                    start: message.in_flight_order_ids,
                    count: message.n_in_flight_order_ids
                )
            ),
            openOrderIDs: Array(
                UnsafeBufferPointer(
                    start: message.open_order_ids,
                    count: message.n_open_order_ids
                )
            ),
            canceledCount: message.canceled_count,
            unconfirmedOrderIDs: Array(
                UnsafeBufferPointer(
                    start: message.unconfirmed_order_ids,
                    count: message.n_unconfirmed_order_ids
                )
            ),
            venues: Protobuf.elements(message.venues, count: message.n_venues).map {
                unsafe self.progress($0.pointee)
            },
            isDone: message.is_done != 0
        )
    }

    private func progress(_ message: Trading__V1__KillProgress) -> RemoteKillProgress {
        let closings = unsafe Protobuf.elements(message.closings, count: message.n_closings)
        return unsafe RemoteKillProgress(
            mode: self.name(of: message.mode),
            zeroSince: message.zero_since,
            closings: closings.map { pointer in
                let closing = unsafe pointer.pointee
                let status = KillSwitchView.Closing.Status(
                    rawValue: UInt8(truncatingIfNeeded: unsafe closing.status.rawValue)
                )
                return unsafe RemoteClosing(
                    symbol: String(protobuf: closing.symbol),
                    quantity: String(protobuf: closing.quantity),
                    status: status?.name ?? "",
                    reason: String(protobuf: closing.reason),
                    orderCount: closing.order_count
                )
            }
        )
    }

    func health(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteHealth {
        let pointer = try unsafe self.arena.unpack(MessageTypes.health, from: bytes.span)
        let message = unsafe pointer.pointee
        return unsafe RemoteHealth(
            isReady: message.is_ready != 0,
            notReadyReasons: Protobuf.texts(
                message.not_ready_reasons,
                count: message.n_not_ready_reasons
            ),
            mode: self.name(of: message.mode),
            version: String(protobuf: message.version),
            journalSequence: message.journal_sequence,
            openOrderCount: message.open_order_count,
            unknownOrderCount: message.unknown_order_count,
            startedAt: message.started_at,
            authenticationFailureCount: message.authentication_failure_count,
            alerts: Protobuf.elements(message.alerts, count: message.n_alerts)
                .map { unsafe self.alert($0.pointee) }
        )
    }

    func alert(_ message: Trading__V1__Alert) -> RemoteAlert {
        unsafe RemoteAlert(
            kind: String(protobuf: message.kind),
            message: String(protobuf: message.message)
        )
    }

    /// A refusal from a status's details.
    func refusal(_ bytes: [UInt8]) throws(ProtobufError) -> RemoteRefusal {
        let message = try unsafe self.arena.unpack(MessageTypes.refusal, from: bytes.span)
        return unsafe self.refusal(message.pointee)
    }

    // MARK: Parts

    func required(
        _ order: UnsafeMutablePointer<Trading__V1__Order>?
    ) throws(ProtobufError) -> RemoteOrder {
        guard let order = unsafe order else { throw .malformed }
        return unsafe self.order(order.pointee)
    }

    func order(_ message: Trading__V1__Order) -> RemoteOrder {
        let side = Side(rawValue: UInt8(truncatingIfNeeded: unsafe message.side.rawValue))
        let force = TimeInForce(
            rawValue: UInt8(truncatingIfNeeded: unsafe message.time_in_force.rawValue)
        )
        let fills = unsafe Protobuf.elements(message.fills, count: message.n_fills)
        return unsafe RemoteOrder(
            orderID: message.order_id,
            clientOrderID: String(protobuf: message.client_order_id),
            venueOrderID: message.venue_order_id,
            mode: self.name(of: message.mode),
            symbol: String(protobuf: message.symbol),
            side: side == .sell ? "SELL" : "BUY",
            type: VenueOrderType(rawValue: UInt8(truncatingIfNeeded: message.type.rawValue))?.name
                ?? "",
            timeInForce: force?.name ?? "",
            quantity: String(protobuf: message.quantity),
            price: String(protobuf: message.price),
            status: OrderStatus.allCases.first { unsafe $0.message == message.status }?.name ?? "",
            filledQuantity: String(protobuf: message.filled_quantity),
            filledNotional: String(protobuf: message.filled_notional),
            averagePrice: String(protobuf: message.average_price),
            fills: fills.map { unsafe self.fill($0.pointee) },
            refusal: message.refusal.map { unsafe self.refusal($0.pointee) },
            reason: String(protobuf: message.reason),
            isCancelPending: message.is_cancel_pending != 0,
            tag: String(protobuf: message.tag),
            createdAt: message.created_at,
            updatedAt: message.updated_at,
            predecessorOrderID: message.predecessor_order_id,
            successorOrderID: message.successor_order_id,
            isAmendPending: message.is_amend_pending != 0,
            originalQuantity: String(protobuf: message.original_quantity),
            strategy: String(protobuf: message.strategy),
            stopPrice: String(protobuf: message.stop_price),
            quoteQuantity: String(protobuf: message.quote_quantity),
            stopLossPrice: String(protobuf: message.stop_loss_price),
            stopLossLimit: String(protobuf: message.stop_loss_limit),
            takeProfitPrice: String(protobuf: message.take_profit_price),
            entryOrderID: message.entry_order_id,
            exitsStatus: ExitsView.Status(
                rawValue: UInt8(truncatingIfNeeded: message.exits_status.rawValue)
            )?.name ?? "",
            exitsQuantity: String(protobuf: message.exits_quantity),
            exitsCoveredQuantity: String(protobuf: message.exits_covered_quantity),
            exitsProblem: String(protobuf: message.exits_problem)
        )
    }

    func fill(_ message: Trading__V1__Fill) -> RemoteFill {
        unsafe RemoteFill(
            tradeID: message.trade_id,
            price: String(protobuf: message.price),
            quantity: String(protobuf: message.quantity),
            fee: String(protobuf: message.fee),
            feeAsset: String(protobuf: message.fee_asset),
            isMaker: message.is_maker != 0,
            time: message.time
        )
    }

    func refusal(_ message: Trading__V1__Refusal) -> RemoteRefusal {
        unsafe RemoteRefusal(
            rule: String(protobuf: message.rule),
            limit: String(protobuf: message.limit),
            actual: String(protobuf: message.actual),
            message: String(protobuf: message.message),
            permitted: String(protobuf: message.permitted)
        )
    }

    private func position(_ message: Trading__V1__Position) -> RemotePosition {
        let fees = unsafe Protobuf.elements(message.fees, count: message.n_fees)
        return unsafe RemotePosition(
            symbol: String(protobuf: message.symbol),
            quantity: String(protobuf: message.quantity),
            averagePrice: String(protobuf: message.average_price),
            markPrice: String(protobuf: message.mark_price),
            realizedProfit: String(protobuf: message.realized_pnl),
            unrealizedProfit: String(protobuf: message.unrealized_pnl),
            fees: fees.map { fee in
                unsafe RemoteFee(
                    asset: String(protobuf: fee.pointee.asset),
                    amount: String(protobuf: fee.pointee.total)
                )
            },
            fillCount: message.fill_count,
            isDust: message.is_dust != 0
        )
    }

    func name(of mode: Trading__V1__TradingMode) -> String {
        TradingMode(rawValue: UInt8(truncatingIfNeeded: mode.rawValue))?.name ?? ""
    }
}
