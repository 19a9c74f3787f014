public import TradingCore

extension OrderWish {
    /// A market order.
    ///
    /// - Parameters:
    ///   - symbol: The pair as the venue spells it.
    ///   - side: Which way it trades.
    ///   - quantity: In the base asset.
    /// - Returns: The wish; give it an idempotency key before placing it.
    public static func market(_ symbol: String, _ side: Side, _ quantity: Quantity) -> OrderWish {
        OrderWish(symbol: symbol, side: side, quantity: quantity.description)
    }

    /// A limit order.
    ///
    /// - Parameters:
    ///   - symbol: The pair as the venue spells it.
    ///   - side: Which way it trades.
    ///   - quantity: In the base asset.
    ///   - price: The worst price, in the quote asset.
    ///   - timeInForce: How long it stays.
    /// - Returns: The wish; give it an idempotency key before placing it.
    public static func limit(
        _ symbol: String,
        _ side: Side,
        _ quantity: Quantity,
        at price: Price,
        _ timeInForce: TimeInForce = .goodTillCanceled
    ) -> OrderWish {
        var wish = OrderWish(symbol: symbol, side: side, quantity: quantity.description)
        wish.limitPrice = price.description
        wish.timeInForce = timeInForce
        return wish
    }
}

extension OrderWish {
    /// A key that nobody has used, for a wish that is to be placed again until its fate is known.
    ///
    /// - Returns: 128 random bits as text.
    public static func freshIdempotencyKey() -> String {
        "auto-" + UInt128.random(in: 0 ... .max).hexadecimal
    }
}

extension UInt128 {
    /// Two digits for each of the bytes.
    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}

extension RemoteOrder {
    /// Whether nothing of the order is in the market any more, and no doubt is left about it.
    ///
    /// Only its status tells what became of it; see `docs/orders.md`. A status that this library
    /// does not know counts as one that is not the last.
    public var isTerminal: Bool {
        OrderStatus.allCases.first { $0.name == self.status }?.isTerminal ?? false
    }
}

extension TradingClientError {
    /// Whether the gateway may have done what the call asked for.
    ///
    /// Where it may have, a placement can be repeated with the same idempotency key, a
    /// cancellation as it is; look before repeating anything else.
    public var mayHaveTakenEffect: Bool {
        switch self {
        case .refused, .unreachable: false
        case .connectionLost, .malformedAnswer: true
        case .status(let status):
            switch status.code {
            // Said before the call is looked at; see docs/rpc.md.
            case .invalidArgument, .unauthenticated, .permissionDenied, .unimplemented,
                .resourceExhausted, .unavailable:
                false
            default: true
            }
        }
    }

    /// This error, saying by which key the order that there may be is found.
    func naming(_ key: String) -> TradingClientError {
        guard self.mayHaveTakenEffect else { return self }
        let hint = "; the idempotency key is \(key)"
        return switch self {
        case .connectionLost(let reason): .connectionLost(reason + hint)
        case .malformedAnswer(let reason): .malformedAnswer(reason + hint)
        case .status(let status):
            .status(Status(status.code, status.message + hint, details: status.details))
        case .refused, .unreachable: self
        }
    }
}
