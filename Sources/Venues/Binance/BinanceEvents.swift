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
            let frame = try decodeJSON(UserFrame.self, from: text)
            if let error = frame.error {
                return .refused("\(error.msg) (\(error.code))")
            }
            guard let event = frame.event else {
                return frame.status == 200
                    ? .subscribed : .unreadable("a frame that is neither answer nor event")
            }
            return try event.message()
        } catch {
            return .unreadable(error.text)
        }
    }

    private struct UserFrame: Decodable {
        var status: Int?
        var error: ErrorBody?
        var event: UserEvent?
    }

    private enum UserEvent: Decodable {
        case order(ExecutionReportBody)
        case balances(AccountPositionBody)
        case other(String)

        private enum Key: CodingKey { case e }

        init(from decoder: any Decoder) throws {
            let name = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .e)
            switch name {
            case "executionReport": self = .order(try ExecutionReportBody(from: decoder))
            case "outboundAccountPosition":
                self = .balances(try AccountPositionBody(from: decoder))
            default: self = .other(name)
            }
        }

        func message() throws(BodyError) -> StreamMessage {
            switch self {
            case .order(let body):
                return .input(.orderReported(try body.report()))
            case .balances(let body):
                let time = WallTime(milliseconds: body.u)
                return .input(.balancesReported(body.B.map(\.report), time: time))
            case .other("eventStreamTerminated"):
                return .ended("the venue ended the subscription")
            case .other("serverShutdown"):
                return .ended("the venue's server is shutting down")
            case .other(let name):
                return .ignored(name)
            }
        }
    }
}

/// `executionReport`, by Binance's own one-letter names.
private struct ExecutionReportBody: Decodable {
    var s: String
    var c: String
    var C: String
    var S: String
    var q: ExactText<Quantity>
    var p: ExactText<Price>
    var x: String
    var X: String
    var r: String
    var i: Int64
    var l: ExactText<Quantity>
    var z: ExactText<Quantity>
    var L: ExactText<Price>
    var Y: ExactText<Amount>
    var n: ExactText<Amount>
    var N: String?
    var T: Int64
    var t: Int64
    var m: Bool
    var eR: String?

    func report() throws(BodyError) -> OrderReport {
        let side = try BinanceWord.side(self.S)
        var report = OrderReport(
            symbol: Symbol(self.s),
            venueOrderID: VenueOrderID(raw: self.i),
            ownerID: self.C.isEmpty ? self.c : self.C,
            side: side,
            quantity: self.q.value,
            price: self.p.value,
            status: try BinanceWord.status(self.X, executed: self.z.value),
            executedQuantity: self.z.value,
            trades: [],
            time: WallTime(milliseconds: self.T),
            reason: self.eR ?? (self.r == "NONE" ? "" : self.r)
        )
        // Without a trade id it is an internal allocation; what it moved is fetched by query.
        if self.x == "TRADE", self.t >= 0 { report.trades = [try self.trade(side)] }
        return report
    }

    private func trade(_ side: Side) throws(BodyError) -> TradeReport {
        let fee = self.n.value
        guard fee.isZero || self.N != nil else { throw .unreadable("a fee without its asset") }
        return TradeReport(
            symbol: Symbol(self.s),
            tradeID: TradeID(raw: self.t),
            venueOrderID: VenueOrderID(raw: self.i),
            side: side,
            price: self.L.value,
            quantity: self.l.value,
            quoteQuantity: self.Y.value,
            fee: fee,
            feeAsset: fee.isZero ? nil : self.N.map(Asset.init),
            isMaker: self.m,
            time: WallTime(milliseconds: self.T)
        )
    }
}

/// `outboundAccountPosition`.
private struct AccountPositionBody: Decodable {
    struct Balance: Decodable {
        var a: String
        var f: ExactText<Amount>
        var l: ExactText<Amount>

        var report: BalanceReport {
            BalanceReport(asset: Asset(self.a), free: self.f.value, locked: self.l.value)
        }
    }

    var u: Int64
    var B: [Balance]
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
