import MatchingEngine
import TradingCore

/// What clients ask Binance's other APIs when they start, although they trade spot only.
///
/// The spot documents do not have these; the answers hold what is true of an exchange without
/// wallets, margin, futures and options.
extension Exchange {
    /// `GET /sapi/v1/capital/config/getall`: the assets, none of which can be moved in or out.
    func coins(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        try call.parameters.requireAllRead()
        writer.beginArray()
        for (index, asset) in self.engine.ledger.assets.enumerated() {
            let balance = self.engine.ledger[customer.account, AssetIndex(raw: index)]
            writer.beginObject()
            writer.field("coin", asset.name)
            writer.field("name", asset.name)
            writer.field("depositAllEnable", false)
            writer.field("withdrawAllEnable", false)
            writer.field("free", balance.free)
            writer.field("locked", balance.locked)
            for name in ["freeze", "withdrawing", "ipoing", "ipoable", "storage"] {
                writer.field(name, "0")
            }
            writer.field("isLegalMoney", false)
            writer.field("trading", true)
            writer.raw(#""networkList":[]"#)
            writer.endObject()
        }
        writer.endArray()
    }

    /// `GET /sapi/v1/asset/tradeFee`: the caller's rates, for one symbol or for all.
    func tradeFees(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        let (listings, _) = try self.listings(&call.parameters)
        try call.parameters.requireAllRead()
        let rates = self.engine.ledger.rates[Int(customer.account.raw)]
        writer.beginArray()
        for listing in listings {
            writer.beginObject()
            writer.field("symbol", listing.name)
            for (name, rate) in [
                ("makerCommission", rates.maker), ("takerCommission", rates.taker),
            ] {
                writer.key(name)
                writer.decimal(rate)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    /// `GET /sapi/v1/account/apiRestrictions`: what the key of the request may do.
    func keyRestrictions(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let permissions = call.permissions
        try call.parameters.requireAllRead()
        writer.beginObject()
        writer.field("ipRestrict", false)
        writer.field("createTime", self.startedAt)
        writer.field("enableReading", permissions.contains(.read))
        writer.field("enableWithdrawals", permissions.contains(.withdraw))
        writer.field("enableSpotAndMarginTrading", permissions.contains(.trade))
        for name in [
            "enableInternalTransfer", "enableMargin", "enableFutures",
            "permitsUniversalTransfer", "enableVanillaOptions", "enableFixApiTrade",
            "enableFixReadOnly", "enablePortfolioMarginTrading",
        ] {
            writer.field(name, false)
        }
        writer.endObject()
    }

    /// `GET /sapi/v1/system/status`.
    func systemStatus(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        try call.parameters.requireAllRead()
        writer.raw(#"{"status":0,"msg":"normal"}"#)
    }

    /// The margin pairs, of which there are none.
    func marginPairs(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        for name in ["symbol", "timestamp", "recvWindow"] { _ = call.parameters.text(name) }
        try call.parameters.requireAllRead()
        writer.raw("[]")
    }

    /// The exchangeInfo of the futures and options APIs, which list nothing.
    func contracts(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        try call.parameters.requireAllRead()
        writer.beginObject()
        writer.field("timezone", "UTC")
        writer.field("serverTime", call.time)
        for name in [
            "rateLimits", "exchangeFilters", "assets", "symbols", "optionContracts",
            "optionAssets", "optionSymbols",
        ] {
            writer.key(name)
            writer.raw("[]")
        }
        writer.endObject()
    }
}
