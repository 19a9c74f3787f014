import TradingCore

/// What one frame of a stream means.
enum StreamMessage: Hashable, Sendable {
    /// The user stream is subscribed.
    case subscribed
    /// The venue refused something that the stream cannot do without.
    case refused(String)
    case input(VenueInput)
    /// The venue announces that the stream ends.
    case ended(String)
    /// Something that must not be missed cannot be read: only a new stream and the
    /// reconciliation behind it can tell what it said.
    case unreadable(String)
    /// A kind of event that nobody here needs.
    case ignored(String)
}

/// Reads the frames of the WebSocket API connection.
enum UserFrames {
    static func message(_ text: [UInt8]) -> StreamMessage {
        do throws(BodyError) {
            let frame = try JSONDocument(text).object()
            if let error = try frame.optionalObject("error") {
                return .refused("\(try error.text("msg")) (\(try error.integer("code")))")
            }
            guard let event = try frame.optionalObject("event") else {
                return try frame.optionalInteger("status") == 200
                    ? .subscribed : .unreadable("a frame that is neither answer nor event")
            }
            return try self.message(of: event)
        } catch {
            return .unreadable(error.text)
        }
    }

    private static func message(of event: JSONObject) throws(BodyError) -> StreamMessage {
        switch try event.text("e") {
        case "executionReport":
            return .input(.orderReported(try ExecutionReportBody.report(event)))
        case "outboundAccountPosition":
            let time = WallTime(milliseconds: try event.integer("u"))
            return .input(.balancesReported(try self.balances(event), time: time))
        case "eventStreamTerminated":
            return .ended("the venue ended the subscription")
        case "serverShutdown":
            return .ended("the venue's server is shutting down")
        case let name:
            return .ignored(name)
        }
    }

    private static func balances(_ event: JSONObject) throws(BodyError) -> [BalanceReport] {
        var balances: [BalanceReport] = []
        for balance in try event.objects("B") {
            balances.append(
                BalanceReport(
                    asset: Asset(try balance.text("a")),
                    free: try balance.decimal("f"),
                    locked: try balance.decimal("l")
                )
            )
        }
        return balances
    }
}

/// `executionReport`, by Binance's own one-letter names.
private enum ExecutionReportBody {
    static func report(_ event: JSONObject) throws(BodyError) -> OrderReport {
        let side = try BinanceWord.side(event.text("S"))
        let executed: Quantity = try event.decimal("z")
        let placedName = try event.text("C")
        let refusal = try event.text("r")
        var report = OrderReport(
            symbol: Symbol(try event.text("s")),
            venueOrderID: VenueOrderID(raw: try event.integer("i")),
            ownerID: try placedName.isEmpty ? event.text("c") : placedName,
            side: side,
            quantity: try event.decimal("q"),
            price: try event.decimal("p"),
            status: try BinanceWord.status(event.text("X"), executed: executed),
            executedQuantity: executed,
            trades: [],
            time: WallTime(milliseconds: try event.integer("T")),
            reason: try event.optionalText("eR") ?? (refusal == "NONE" ? "" : refusal)
        )
        // Without a trade id it is an internal allocation; what it moved is fetched by query.
        let tradeID = try event.integer("t")
        if try event.text("x") == "TRADE", tradeID >= 0 {
            report.trades = [try self.trade(TradeID(raw: tradeID), event, of: report)]
        }
        return report
    }

    private static func trade(
        _ tradeID: TradeID,
        _ event: JSONObject,
        of report: OrderReport
    ) throws(BodyError) -> TradeReport {
        let fee: Amount = try event.decimal("n")
        let feeAsset = try event.optionalText("N").map(Asset.init)
        guard fee.isZero || feeAsset != nil else { throw .unreadable("a fee without its asset") }
        return TradeReport(
            symbol: report.symbol,
            tradeID: tradeID,
            venueOrderID: report.venueOrderID,
            side: report.side,
            price: try event.decimal("L"),
            quantity: try event.decimal("l"),
            quoteQuantity: try event.decimal("Y"),
            fee: fee,
            feeAsset: fee.isZero ? nil : feeAsset,
            isMaker: try event.boolean("m"),
            time: report.time
        )
    }
}

/// Reads the frames of the combined market streams.
enum MarketFrames {
    static func message(_ text: [UInt8]) -> StreamMessage {
        do throws(BodyError) {
            let frame = try decodeJSON(MarketFrame.self, from: text)
            guard let data = frame.data else { return .ignored("control") }
            if data.e == "serverShutdown" {
                return .ended("the venue's server is shutting down")
            }
            guard frame.stream?.hasSuffix("@bookTicker") == true, let symbol = data.s,
                let bid = data.b?.value, let ask = data.a?.value
            else { return .ignored(data.e ?? frame.stream ?? "unnamed") }
            return .input(.quoted(Symbol(symbol), Quote(bid: bid, ask: ask)))
        } catch {
            return .unreadable(error.text)
        }
    }

    private struct MarketFrame: Decodable {
        struct Content: Decodable {
            var e: String?
            var s: String?
            var b: ExactText<Price>?
            var a: ExactText<Price>?
        }

        var stream: String?
        var data: Content?
    }
}
