import TradingCore

/// What one frame of a stream means.
enum StreamMessage: Hashable, Sendable {
    /// The user stream is subscribed.
    case subscribed
    /// The venue refused something that the stream cannot do without.
    case refused(VenueError)
    case input(VenueInput)
    /// The stream has ended.
    case ended(String)
    /// The venue announces that it will end the connection, which works until then.
    case ending(String)
    /// Something that must not be missed cannot be read: only a new stream and the
    /// reconciliation behind it can tell what it said.
    case unreadable(String)
    /// Whoever read it has dealt with it.
    case taken
    /// A kind of event that nobody here needs.
    case ignored(String)
}

/// Reads the frames of the WebSocket API connection.
enum UserFrames {
    static func message(_ text: [UInt8]) -> StreamMessage {
        do throws(BodyError) {
            let frame = try JSONText(text).root
            if let event = frame.field("event") { return try self.event(event) }
            let status = Int(try frame.optionalInteger("status") ?? 0)
            if let error = frame.field("error") {
                return .refused(try BinanceBody.error(error, status: status))
            }
            return status == 200
                ? .subscribed : .unreadable("a frame that is neither answer nor event")
        } catch {
            return .unreadable(error.text)
        }
    }

    private static func event(_ json: JSONValue) throws(BodyError) -> StreamMessage {
        switch try json.string("e") {
        case "executionReport":
            return .input(.orderReported(try self.executionReport(json)))
        case "outboundAccountPosition":
            return .input(try self.accountPosition(json))
        case "eventStreamTerminated":
            return .ended("the venue ended the subscription")
        case "serverShutdown":
            return .ending("the venue's server is shutting down")
        case let name:
            return .ignored(name)
        }
    }

    /// `executionReport`, by Binance's own one-letter names.
    private static func executionReport(_ json: JSONValue) throws(BodyError) -> OrderReport {
        let original = try json.string("C")
        let executed: Quantity = try json.decimal("z")
        let reason = try json.string("r")
        var report = OrderReport(
            symbol: Symbol(try json.string("s")),
            venueOrderID: VenueOrderID(raw: try json.integer("i")),
            ownerID: original.isEmpty ? try json.string("c") : original,
            side: try BinanceWord.side(try json.string("S")),
            quantity: try json.decimal("q"),
            price: try json.decimal("p"),
            status: try BinanceWord.status(try json.string("X"), executed: executed),
            executedQuantity: executed,
            trades: [],
            time: WallTime(milliseconds: try json.integer("T")),
            reason: try json.optionalString("eR") ?? (reason == "NONE" ? "" : reason)
        )
        report.type = try json.optionalString("o").flatMap(VenueOrderType.init(name:))
        report.stopPrice = try json.optionalDecimal("P") ?? .zero
        report.quoteQuantity = try json.optionalDecimal("Q") ?? .zero
        guard try json.string("x") == "TRADE" else { return report }
        // Without a trade id it is an internal allocation; what it moved is fetched by query.
        let tradeID = try json.integer("t")
        if tradeID >= 0 {
            report.trades = [try self.trade(json, TradeID(raw: tradeID), of: report)]
        }
        return report
    }

    private static func trade(
        _ json: JSONValue,
        _ tradeID: TradeID,
        of order: OrderReport
    ) throws(BodyError) -> TradeReport {
        let fee: Amount = try json.decimal("n")
        return TradeReport(
            symbol: order.symbol,
            tradeID: tradeID,
            venueOrderID: order.venueOrderID,
            side: order.side,
            price: try json.decimal("L"),
            quantity: try json.decimal("l"),
            quoteQuantity: try json.decimal("Y"),
            fee: fee,
            feeAsset: fee.isZero ? nil : Asset(try json.string("N")),
            isMaker: try json.bool("m"),
            time: order.time
        )
    }

    private static func accountPosition(_ json: JSONValue) throws(BodyError) -> VenueInput {
        var balances: [BalanceReport] = []
        for balance in try json.elements("B") {
            balances.append(
                BalanceReport(
                    asset: Asset(try balance.string("a")),
                    free: try balance.decimal("f"),
                    locked: try balance.decimal("l")
                )
            )
        }
        return .balancesReported(balances, time: WallTime(milliseconds: try json.integer("u")))
    }
}

/// Reads the frames of the combined market streams.
enum MarketFrames {
    static func message(_ text: [UInt8]) -> StreamMessage {
        do throws(BodyError) {
            let frame = try JSONText(text).root
            guard let data = frame.field("data") else { return .ignored("control") }
            let event = try data.optionalString("e")
            if event == "serverShutdown" {
                return .ending("the venue's server is shutting down")
            }
            let stream = try frame.optionalString("stream") ?? ""
            if let symbol = self.depthSymbol(of: stream) {
                return .input(.depthReported(try BinanceBody.depth(data, of: symbol)))
            }
            guard stream.hasSuffix("@bookTicker") else { return .ignored(event ?? stream) }
            let symbol = try data.string("s")
            guard let quote = try BinanceBody.quote(data, bid: "b", ask: "a") else {
                return .ignored("bookTicker with an empty side for \(symbol)")
            }
            return .input(.quoted(Symbol(symbol), quote))
        } catch {
            return .unreadable(error.text)
        }
    }

    /// The kind of stream that tells the levels near the best prices.
    static let depthKind = "depth\(BookSide.levelsMax)@100ms"

    /// The symbol of such a stream: its messages do not say it, and streams are named in lower
    /// case.
    private static func depthSymbol(of stream: String) -> Symbol? {
        let suffix = "@" + self.depthKind
        guard stream.hasSuffix(suffix) else { return nil }
        return Symbol(stream.dropLast(suffix.count).uppercased())
    }
}
