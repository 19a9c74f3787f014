import TradingCore

/// The lines of the paper account's log.
///
/// `account ID` comes first. A change is its `order`, `trade` and `balance` lines and an `end`
/// line with the CRC-32 of their bytes; what has no sound `end` never happened.
enum PaperText {
    static func account(_ id: Int64) -> String { "account \(id)\n" }

    static func lines(of change: PaperChange) -> String {
        var text = ""
        for order in change.orders { text += self.line(of: order) }
        for trade in change.trades { text += self.line(of: trade) }
        for (asset, amount) in change.balances.sorted(by: { $0.key < $1.key }) {
            text += "balance \(asset.name) \(amount)\n"
        }
        return text
    }

    private static func line(of order: PaperOrder) -> String {
        let type =
            "\(order.type.venueType.name) \(order.type.limitPrice?.description ?? "-") "
            + "\(order.type.timeInForce?.name ?? "-")"
        // Only what waits for a price has the last two words.
        let trigger = order.type.trigger.map {
            " \($0.stopPrice) \(order.isTriggered ? "triggered" : "armed")"
        }
        return "order \(order.symbol.name) \(order.number) \(order.clientID) \(order.side.name) "
            + "\(type) \(order.quantity) \(order.status.rawValue) \(order.executed) "
            + "\(order.placedAt.nanoseconds) \(order.changedAt.nanoseconds) "
            + "\(order.reason.isEmpty ? "-" : order.reason)\(trigger ?? "")\n"
    }

    private static func line(of trade: TradeReport) -> String {
        "trade \(trade.symbol.name) \(trade.tradeID) \(trade.venueOrderID) \(trade.side.name) "
            + "\(trade.price) \(trade.quantity) \(trade.quoteQuantity) \(trade.fee) "
            + "\(trade.feeAsset?.name ?? "-") \(trade.isMaker ? "maker" : "taker") "
            + "\(trade.time.nanoseconds)\n"
    }

    /// Takes one line into a change; false where it is none.
    static func read(_ line: Substring, into change: inout PaperChange) -> Bool {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        switch words.first {
        case "order":
            guard let order = Self.order(words) else { return false }
            change.orders.append(order)
        case "trade":
            guard let trade = Self.trade(words) else { return false }
            change.trades.append(trade)
        case "balance":
            guard words.count == 3, let amount = try? Amount(words[2]) else { return false }
            change.balances[Asset(String(words[1]))] = amount
        default: return false
        }
        return true
    }

    private static func order(_ words: [Substring]) -> PaperOrder? {
        guard let number = words.count > 2 ? Int64(words[2]) : nil,
            let type = Self.type(words), let side = Self.side(words[4]),
            let quantity = try? Quantity(words[8]),
            let status = UInt8(words[9]).flatMap(VenueOrderStatus.init(rawValue:)),
            let executed = try? Quantity(words[10]), let placedAt = Int64(words[11]),
            let changedAt = Int64(words[12])
        else { return nil }
        var order = PaperOrder(
            symbol: Symbol(String(words[1])),
            number: VenueOrderID(raw: number),
            clientID: String(words[3]),
            side: side,
            type: type,
            quantity: quantity,
            status: status,
            executed: executed,
            placedAt: WallTime(nanoseconds: placedAt),
            changedAt: WallTime(nanoseconds: changedAt),
            reason: words[13] == "-" ? "" : String(words[13])
        )
        order.isTriggered = words.last == "triggered"
        return order
    }

    private static func trade(_ words: [Substring]) -> TradeReport? {
        guard words.count == 12, let id = Int64(words[2]), let order = Int64(words[3]),
            let side = Self.side(words[4]), let price = try? Price(words[5]),
            let quantity = try? Quantity(words[6]), let value = try? Amount(words[7]),
            let fee = try? Amount(words[8]), ["maker", "taker"].contains(words[10]),
            let time = Int64(words[11])
        else { return nil }
        return TradeReport(
            symbol: Symbol(String(words[1])),
            tradeID: TradeID(raw: id),
            venueOrderID: VenueOrderID(raw: order),
            side: side,
            price: price,
            quantity: quantity,
            quoteQuantity: value,
            fee: fee,
            feeAsset: words[9] == "-" ? nil : Asset(String(words[9])),
            isMaker: words[10] == "maker",
            time: WallTime(nanoseconds: time)
        )
    }

    private static func side(_ word: Substring) -> Side? {
        Side.allCases.first { $0.name == word }
    }

    /// The type of an order's line, where the line has the words of that type.
    private static func type(_ words: [Substring]) -> OrderType? {
        guard words.count >= 14, let name = VenueOrderType(name: String(words[5])),
            words.count == (name.isAlgorithmic ? 16 : 14),
            !name.isAlgorithmic || ["armed", "triggered"].contains(words[15])
        else { return nil }
        return OrderType(
            name,
            limitPrice: try? Price(words[6]),
            timeInForce: TimeInForce.allCases.first { $0.name == words[7] },
            stopPrice: name.isAlgorithmic ? try? Price(words[14]) : nil
        )
    }
}
