import MatchingEngine
import TradingCore

extension Exchange {
    /// `POST /api/v3/sor/order` and `/test`: checked as any order, and then refused, because no
    /// symbol here is routed; exchangeInfo has no `sors` to say otherwise.
    func refuseRouting(isTest: Bool, _ call: inout APICall) throws(APIError) {
        let customer = try call.signer()
        if isTest { _ = try call.parameters.flag("computeCommissionRates") }
        for name in ["quoteOrderQty", "stopPrice", "trailingDelta", "pegPriceType"]
        where call.parameters.has(name) {
            throw .notRequired(name)
        }
        let request = try OrderRequest(&call.parameters, self, customer)
        try call.parameters.requireAllRead()
        switch request.fields.terms.type {
        case .limit, .market: throw .unsupported
        default: throw .invalidOrderType
        }
    }
}
