import Foundation
import TradingCore

/// A decimal number that Binance writes as a string.
struct ExactText<Value: ExactDecimal>: Decodable {
    var value: Value

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do {
            self.value = try Value(text)
        } catch {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not an exact decimal: \(error)"
            )
        }
    }
}

/// Words that Binance writes in upper case, as the core's values; an unknown word is an error.
enum BinanceWord {
    static func side(_ text: String) throws(BodyError) -> Side {
        switch text {
        case "BUY": .buy
        case "SELL": .sell
        default: throw .unknownWord(field: "side", text)
        }
    }

    static func status(_ text: String, executed: Quantity) throws(BodyError) -> VenueOrderStatus {
        switch text {
        case "NEW", "PENDING_NEW": .new
        case "PARTIALLY_FILLED": .partiallyFilled
        // Still on the book until it is CANCELED.
        case "PENDING_CANCEL": executed.isZero ? .new : .partiallyFilled
        case "FILLED": .filled
        case "CANCELED": .canceled
        case "EXPIRED", "EXPIRED_IN_MATCH": .expired
        case "REJECTED": .rejected
        default: throw .unknownWord(field: "status", text)
        }
    }
}

/// Why a message of the venue cannot be used.
enum BodyError: Error, Hashable, Sendable {
    /// Not JSON, or a field is missing or of another type; the text names the place, not the value.
    case unreadable(String)
    case unknownWord(field: String, String)

    var text: String {
        switch self {
        case .unreadable(let place): "unreadable: \(place)"
        case .unknownWord(let field, let word): "unknown \(field) \(word.prefix(40))"
        }
    }

    init(_ error: any Error) {
        switch error {
        case let error as BodyError:
            self = error
        case DecodingError.keyNotFound(let key, let context):
            self = .unreadable("\(Self.path(context.codingPath + [key])) is missing")
        case DecodingError.valueNotFound(_, let context):
            self = .unreadable("\(Self.path(context.codingPath)) is null")
        case DecodingError.typeMismatch(_, let context):
            self = .unreadable("\(Self.path(context.codingPath)) has another type")
        case DecodingError.dataCorrupted(let context):
            self = .unreadable(
                context.codingPath.isEmpty ? "not JSON" : "\(Self.path(context.codingPath)) is bad"
            )
        default:
            self = .unreadable("not JSON")
        }
    }

    private static func path(_ path: [any CodingKey]) -> String {
        path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}

/// Reads one JSON value.
func decodeJSON<Body: Decodable>(_ type: Body.Type, from bytes: [UInt8]) throws(BodyError) -> Body {
    do {
        return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
        throw BodyError(error)
    }
}

struct ErrorBody: Decodable {
    var code: Int
    var msg: String
}

/// An order, as the answer to a placement, a cancel or a query describes it.
struct OrderBody: Decodable {
    var symbol: String
    var orderId: Int64
    /// Present in the answer to a cancel, where `clientOrderId` is the cancel's.
    var origClientOrderId: String?
    var clientOrderId: String
    var price: ExactText<Price>
    var origQty: ExactText<Quantity>
    var executedQty: ExactText<Quantity>
    var status: String
    var side: String
    var transactTime: Int64?
    var time: Int64?
    var updateTime: Int64?
    var expiryReason: String?
    var fills: [FillBody]?

    struct FillBody: Decodable {
        var price: ExactText<Price>
        var qty: ExactText<Quantity>
        var commission: ExactText<Amount>
        var commissionAsset: String
        var tradeId: Int64
    }

    func report() throws(BodyError) -> OrderReport {
        guard let milliseconds = self.transactTime ?? self.updateTime ?? self.time else {
            throw .unreadable("the order has no time")
        }
        let time = WallTime(milliseconds: milliseconds)
        let side = try BinanceWord.side(self.side)
        let executed = self.executedQty.value
        var report = OrderReport(
            symbol: Symbol(self.symbol),
            venueOrderID: VenueOrderID(raw: self.orderId),
            ownerID: self.origClientOrderId ?? self.clientOrderId,
            side: side,
            quantity: self.origQty.value,
            price: self.price.value,
            status: try BinanceWord.status(self.status, executed: executed),
            executedQuantity: executed,
            trades: [],
            time: time,
            reason: self.expiryReason ?? ""
        )
        // A fill without a trade id is an internal allocation; what it moved is fetched by query.
        for fill in self.fills ?? [] where fill.tradeId >= 0 {
            let notional = fill.price.value * fill.qty.value
            report.trades.append(
                TradeReport(
                    symbol: report.symbol,
                    tradeID: TradeID(raw: fill.tradeId),
                    venueOrderID: report.venueOrderID,
                    side: side,
                    price: fill.price.value,
                    quantity: fill.qty.value,
                    quoteQuantity: notional.amount(rounding: .down),
                    fee: fill.commission.value,
                    feeAsset: fill.commission.value.isZero ? nil : Asset(fill.commissionAsset),
                    // What trades on arrival takes.
                    isMaker: false,
                    time: time
                )
            )
        }
        return report
    }
}

/// A row of `myTrades`.
struct TradeBody: Decodable {
    var symbol: String
    var id: Int64
    var orderId: Int64
    var price: ExactText<Price>
    var qty: ExactText<Quantity>
    var quoteQty: ExactText<Amount>
    var commission: ExactText<Amount>
    var commissionAsset: String
    var time: Int64
    var isBuyer: Bool
    var isMaker: Bool

    var report: TradeReport {
        TradeReport(
            symbol: Symbol(self.symbol),
            tradeID: TradeID(raw: self.id),
            venueOrderID: VenueOrderID(raw: self.orderId),
            side: self.isBuyer ? .buy : .sell,
            price: self.price.value,
            quantity: self.qty.value,
            quoteQuantity: self.quoteQty.value,
            fee: self.commission.value,
            feeAsset: self.commission.value.isZero ? nil : Asset(self.commissionAsset),
            isMaker: self.isMaker,
            time: WallTime(milliseconds: self.time)
        )
    }
}

struct AccountBody: Decodable {
    struct Balance: Decodable {
        var asset: String
        var free: ExactText<Amount>
        var locked: ExactText<Amount>
    }

    var uid: Int64
    var canTrade: Bool
    var balances: [Balance]

    var report: AccountReport {
        AccountReport(
            accountID: self.uid,
            canTrade: self.canTrade,
            balances: self.balances.map {
                BalanceReport(
                    asset: Asset($0.asset),
                    free: $0.free.value,
                    locked: $0.locked.value
                )
            }
        )
    }
}

struct TimeBody: Decodable {
    var serverTime: Int64
}

/// Best bid and ask of one symbol.
struct TickerBody: Decodable {
    var symbol: String
    var bidPrice: ExactText<Price>
    var askPrice: ExactText<Price>

    /// Nil while a side of the book is empty, which Binance writes as a price of zero.
    var quote: SymbolQuote? {
        guard self.bidPrice.value.isPositive, self.askPrice.value.isPositive else { return nil }
        return SymbolQuote(
            symbol: Symbol(self.symbol),
            quote: Quote(bid: self.bidPrice.value, ask: self.askPrice.value))
    }
}
