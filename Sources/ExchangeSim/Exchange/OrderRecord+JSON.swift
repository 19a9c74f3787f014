import MatchingEngine
import TradingCore

extension OrderRecord {
    /// The answer to a placement, as much of it as was asked for.
    func writePlacement(
        _ response: ResponseType,
        _ listing: Listing,
        _ trace: OrderTrace?,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("symbol", listing.name)
        writer.field("orderId", self.id.raw)
        writer.field("orderListId", self.list)
        writer.field("clientOrderId", self.clientOrderID)
        writer.field("transactTime", self.time)
        if response != .ack {
            self.writeState(to: &writer)
            writer.field("workingTime", self.workingTime)
            if response == .full { Self.writeFills(trace?.fills ?? [], to: &writer) }
            writer.field("selfTradePreventionMode", self.terms.selfTradePrevention.rawValue)
            if let prevented = trace?.prevented, !prevented.isEmpty, response == .full {
                Self.writePrevented(prevented, to: &writer)
            }
            self.writeConditional(isQuery: false, to: &writer)
        }
        writer.endObject()
    }

    /// The answer to a cancel.
    func writeCancel(
        original: String,
        _ listing: Listing,
        at time: WallTime,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("symbol", listing.name)
        writer.field("origClientOrderId", original)
        writer.field("orderId", self.id.raw)
        writer.field("orderListId", self.list)
        writer.field("clientOrderId", self.clientOrderID)
        writer.field("transactTime", time)
        self.writeState(to: &writer)
        writer.field("selfTradePreventionMode", self.terms.selfTradePrevention.rawValue)
        self.writeConditional(isQuery: false, to: &writer)
        writer.endObject()
    }

    /// The order as queries show it.
    func writeQuery(_ listing: Listing, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("symbol", listing.name)
        writer.field("orderId", self.id.raw)
        writer.field("orderListId", self.list)
        writer.field("clientOrderId", self.clientOrderID)
        writer.field("price", self.terms.price)
        if self.terms.quantity.isPositive { writer.field("origQty", self.terms.quantity) }
        writer.field("executedQty", self.executed)
        writer.field("cummulativeQuoteQty", self.value)
        writer.field("status", self.status.rawValue)
        writer.field("timeInForce", self.terms.timeInForce.name)
        writer.field("type", self.terms.type.name)
        writer.field("side", self.terms.side.name)
        writer.field("stopPrice", self.terms.stopPrice)
        writer.field("icebergQty", self.terms.icebergQuantity)
        writer.field("time", self.time)
        writer.field("updateTime", self.updateTime)
        writer.field("isWorking", self.isWorking)
        writer.field("workingTime", self.workingTime)
        writer.field("origQuoteOrderQty", self.terms.quoteQuantity)
        writer.field("selfTradePreventionMode", self.terms.selfTradePrevention.rawValue)
        self.writeConditional(isQuery: true, to: &writer)
        writer.endObject()
    }

    private func writeState(to writer: inout JSONWriter) {
        writer.field("price", self.terms.price)
        // The quantity of an order that waits for what another one buys is not known yet.
        if self.terms.quantity.isPositive { writer.field("origQty", self.terms.quantity) }
        writer.field("executedQty", self.executed)
        writer.field("origQuoteOrderQty", self.terms.quoteQuantity)
        writer.field("cummulativeQuoteQty", self.value)
        writer.field("status", self.status.rawValue)
        writer.field("timeInForce", self.terms.timeInForce.name)
        writer.field("type", self.terms.type.name)
        writer.field("side", self.terms.side.name)
    }

    /// The fields that only some orders have (section 3.4).
    private func writeConditional(isQuery: Bool, to writer: inout JSONWriter) {
        if !isQuery {
            if self.terms.icebergQuantity.isPositive {
                writer.field("icebergQty", self.terms.icebergQuantity)
            }
            if self.terms.type.isAlgorithmic { writer.field("stopPrice", self.terms.stopPrice) }
        }
        if self.terms.trailingDelta != 0 {
            writer.field("trailingDelta", self.terms.trailingDelta)
            writer.field("trailingTime", self.trailingTime)
        }
        if let peg = self.terms.peg {
            writer.field("pegPriceType", peg.reference.rawValue)
            if let offset = peg.offset {
                writer.field("pegOffsetType", "PRICE_LEVEL")
                writer.field("pegOffsetValue", Int64(offset))
            }
            if let price = self.peggedPrice { writer.field("peggedPrice", price) }
        }
        if let strategyID = self.strategyID { writer.field("strategyId", strategyID) }
        if let strategyType = self.strategyType { writer.field("strategyType", strategyType) }
        if let matchID = self.lastPreventedID {
            writer.field("preventedMatchId", matchID)
            writer.field("preventedQuantity", self.prevented)
        }
        if let reason = self.expiryReason { writer.field("expiryReason", reason.rawValue) }
    }

    private static func writeFills(_ fills: [AccountTrade], to writer: inout JSONWriter) {
        writer.key("fills")
        writer.beginArray()
        for fill in fills {
            writer.beginObject()
            writer.field("price", fill.price)
            writer.field("qty", fill.quantity)
            writer.field("commission", fill.commission)
            writer.field("commissionAsset", fill.commissionAsset)
            writer.field("tradeId", fill.id.raw)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func writePrevented(
        _ matches: [PreventedMatch],
        to writer: inout JSONWriter
    ) {
        writer.key("preventedMatches")
        writer.beginArray()
        for match in matches {
            writer.beginObject()
            writer.field("preventedMatchId", match.id)
            writer.field("makerOrderId", match.maker.raw)
            writer.field("price", match.price)
            if match.takerQuantity.isPositive {
                writer.field("takerPreventedQuantity", match.takerQuantity)
            }
            if match.makerQuantity.isPositive {
                writer.field("makerPreventedQuantity", match.makerQuantity)
            }
            writer.endObject()
        }
        writer.endArray()
    }
}
