import CTradingProto
import ProtobufArena
import TradingCore

extension RequestDecoder {
    func closing(_ payload: Span<UInt8>) throws(BadRequest) -> PositionRequest {
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__close_position_request__init)
        )
        let hasShare = try unsafe !self.text(message.share, "share", bytesMax: 64).isEmpty
        let hasQuantity = try unsafe !self.text(message.quantity, "quantity", bytesMax: 64).isEmpty
        guard !hasShare || !hasQuantity else {
            throw BadRequest("share: not with quantity")
        }
        let goal: PositionGoal
        if hasShare {
            let share: PositionShare = try unsafe self.decimal(message.share, "share")
            guard share.isPositive, share <= PositionShare(raw: 100_000_000) else {
                throw BadRequest("share: \(share) is not above 0 and at most 1")
            }
            goal = .closeShare(share)
        } else if hasQuantity {
            let quantity: Quantity = try unsafe self.decimal(message.quantity, "quantity")
            guard quantity.isPositive else {
                throw BadRequest("quantity: \(quantity) is not above zero")
            }
            goal = .closeQuantity(quantity)
        } else {
            goal = .close
        }
        return try unsafe self.wish(
            goal,
            symbol: message.symbol,
            key: message.idempotency_key,
            mode: message.expected_mode,
            tag: message.tag,
            strategy: message.strategy
        )
    }

    func adjustment(_ payload: Span<UInt8>) throws(BadRequest) -> PositionRequest {
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__adjust_position_request__init)
        )
        let target: Quantity = try unsafe self.decimal(message.target_quantity, "target_quantity")
        guard target >= .zero else {
            throw BadRequest("target_quantity: \(target) is below zero")
        }
        return try unsafe self.wish(
            .reach(target),
            symbol: message.symbol,
            key: message.idempotency_key,
            mode: message.expected_mode,
            tag: message.tag,
            strategy: message.strategy
        )
    }

    /// What both requests say besides their goal.
    private func wish(
        _ goal: PositionGoal,
        symbol: UnsafeMutablePointer<CChar>?,
        key: UnsafeMutablePointer<CChar>?,
        mode: Trading__V1__TradingMode,
        tag: UnsafeMutablePointer<CChar>?,
        strategy: UnsafeMutablePointer<CChar>?
    ) throws(BadRequest) -> PositionRequest {
        var wish = PositionRequest(
            symbol: try unsafe self.symbol(symbol),
            goal: goal,
            principal: self.principal,
            key: try unsafe self.key(key),
            expectedMode: try self.optionalMode(mode, "expected_mode"),
            tag: try unsafe self.text(tag, "tag", bytesMax: Limits.tagBytesMax),
            strategy: try unsafe self.text(strategy, "strategy", bytesMax: Limits.tagBytesMax)
        )
        wish.connection = self.connection
        return wish
    }

    func session(_ payload: Span<UInt8>) throws(BadRequest) -> SessionWish {
        let message = try unsafe self.message(
            payload,
            MessageType(trading__v1__cancel_on_disconnect_request__init)
        )
        let name = try unsafe self.text(message.session, "session", bytesMax: Limits.tagBytesMax)
        guard !name.isEmpty else { throw BadRequest("session is missing") }
        let grace = Int64(unsafe message.grace_milliseconds)
        guard grace <= CancelSession.graceMillisecondsMax else {
            throw BadRequest(
                "grace_milliseconds: \(grace) is above \(CancelSession.graceMillisecondsMax)"
            )
        }
        return SessionWish(
            name: SessionName(name, of: self.principal),
            graceMilliseconds: unsafe message.end != 0 ? nil : grace,
            connection: self.connection
        )
    }

    private func symbol(_ pointer: UnsafeMutablePointer<CChar>?) throws(BadRequest) -> Symbol {
        let symbol = try unsafe self.text(pointer, "symbol", bytesMax: 32)
        guard !symbol.isEmpty else { throw BadRequest("symbol is missing") }
        return Symbol(symbol)
    }
}
