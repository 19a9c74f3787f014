import MatchingEngine
import TradingCore

extension Exchange {
    /// `GET /api/v3/account/commission`.
    func commission(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        try call.parameters.requireAllRead()
        let none = CommissionRates(maker: 0, taker: 0)
        writer.beginObject()
        writer.field("symbol", listing.name)
        let standard = self.engine.ledger.rates[Int(customer.account.raw)]
        for (name, rates) in [
            ("standardCommission", standard),
            ("specialCommission", none), ("taxCommission", none),
        ] {
            writer.key(name)
            Self.writeRates(rates, to: &writer)
        }
        self.writeDiscount(standard, to: &writer)
        writer.endObject()
    }

    /// `GET /api/v3/myPreventedMatches`.
    func preventedMatches(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        let matchID = try call.parameters.integer("preventedMatchId")
        let orderID = try call.parameters.integer("orderId")
        let fromID = try call.parameters.integer("fromPreventedMatchId")
        let limit = try Self.limit(&call.parameters, default: 500, max: 1000)
        try call.parameters.requireAllRead()
        guard (matchID == nil) != (orderID == nil), matchID == nil || fromID == nil else {
            throw .badCombination
        }
        let matches = listing.prevented.filter { entry in
            let match = entry.match
            return match.account == customer.account && (matchID == nil || match.id == matchID)
                && (orderID == nil || match.taker.raw == orderID || match.maker.raw == orderID)
                && match.id >= fromID ?? 0
        }
        writer.beginArray()
        for (match, time) in matches.prefix(limit) {
            writer.beginObject()
            writer.field("symbol", listing.name)
            writer.field("preventedMatchId", match.id)
            writer.field("takerOrderId", match.taker.raw)
            writer.field("makerSymbol", listing.name)
            writer.field("makerOrderId", match.maker.raw)
            writer.field("tradeGroupId", Int64(-1))
            writer.field("selfTradePreventionMode", match.mode.rawValue)
            writer.field("price", match.price)
            if match.takerQuantity.isPositive {
                writer.field("takerPreventedQuantity", match.takerQuantity)
            }
            if match.makerQuantity.isPositive {
                writer.field("makerPreventedQuantity", match.makerQuantity)
            }
            writer.field("transactTime", time)
            writer.endObject()
        }
        writer.endArray()
    }

    /// `GET /api/v3/myAllocations`; smart order routing does not exist here.
    func allocations(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        _ = try call.signer()
        _ = try self.listing(call.parameters.mandatory("symbol"))
        _ = try TimeWindow(&call.parameters)
        for name in ["fromAllocationId", "orderId", "limit"] {
            _ = try call.parameters.integer(name)
        }
        try call.parameters.requireAllRead()
        writer.beginArray()
        writer.endArray()
    }

    /// `GET /api/v3/myFilters`.
    func filters(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        _ = try call.signer()
        let listing = try self.listing(call.parameters.mandatory("symbol"))
        try call.parameters.requireAllRead()
        writer.beginObject()
        writer.raw(#""exchangeFilters":[]"#)
        writer.key("symbolFilters")
        listing.rules.writeFilters(to: &writer)
        writer.raw(#""assetFilters":[]"#)
        writer.endObject()
    }
}
