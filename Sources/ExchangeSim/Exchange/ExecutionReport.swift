import MatchingEngine
import TradingCore

/// What one `executionReport` says beyond the order's own state.
struct ExecutionReport {
    enum Kind: String {
        case new = "NEW"
        case canceled = "CANCELED"
        case replaced = "REPLACED"
        case trade = "TRADE"
        case expired = "EXPIRED"
        case tradePrevention = "TRADE_PREVENTION"
    }

    let kind: Kind
    /// The id that the order had before this event; empty where it kept its id.
    var originalClientOrderID = ""
    private var fill: AccountTrade?
    private var match: (value: PreventedMatch, isMaker: Bool)?

    init(_ kind: Kind) { self.kind = kind }

    init(_ fill: AccountTrade) {
        self.kind = .trade
        self.fill = fill
    }

    init(_ match: PreventedMatch, isMaker: Bool) {
        self.kind = .tradePrevention
        self.match = (match, isMaker)
    }

    /// Writes the event with every field that the venue always sends, then the conditional ones.
    func write(
        _ record: OrderRecord,
        _ listing: Listing,
        executionID: Int64,
        at time: WallTime,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("e", "executionReport")
        writer.field("E", time)
        writer.field("s", listing.name)
        writer.field("c", record.clientOrderID)
        writer.field("S", record.terms.side.name)
        writer.field("o", record.terms.type.name)
        writer.field("f", record.terms.timeInForce.name)
        writer.field("q", record.terms.quantity)
        writer.field("p", record.terms.price)
        writer.field("P", record.terms.stopPrice)
        writer.field("F", record.terms.icebergQuantity)
        writer.field("g", record.list)
        writer.field("C", self.originalClientOrderID)
        writer.field("x", self.kind.rawValue)
        writer.field("X", record.status.rawValue)
        writer.field("r", "NONE")
        writer.field("i", record.id.raw)
        self.writeFill(record, executionID: executionID, at: time, to: &writer)
        writer.field("O", record.time)
        writer.field("Z", record.value)
        writer.field("Y", self.fill?.value ?? .zero)
        writer.field("Q", record.terms.quoteQuantity)
        if let workingTime = record.workingTime { writer.field("W", workingTime) }
        writer.field("V", record.terms.selfTradePrevention.rawValue)
        self.writeConditional(record, listing, to: &writer)
        writer.endObject()
    }

    private func writeFill(
        _ record: OrderRecord,
        executionID: Int64,
        at time: WallTime,
        to writer: inout JSONWriter
    ) {
        writer.field("l", self.fill?.quantity ?? .zero)
        writer.field("z", record.executed)
        writer.field("L", self.fill?.price ?? .zero)
        if let fill = self.fill {
            writer.field("n", fill.commission)
            writer.field("N", fill.commissionAsset)
        } else {
            writer.field("n", "0")
            writer.key("N")
            writer.null()
        }
        writer.field("T", time)
        writer.field("t", self.fill?.id.raw ?? -1)
        writer.field("I", executionID)
        let isMaker = self.fill?.isMaker ?? false
        let isOnBook = record.isOpen && record.isWorking && (self.fill == nil || isMaker)
        writer.field("w", isOnBook)
        writer.field("m", isMaker)
        writer.field("M", self.fill != nil)
    }

    private func writeConditional(
        _ record: OrderRecord,
        _ listing: Listing,
        to writer: inout JSONWriter
    ) {
        if record.terms.trailingDelta != 0 {
            writer.field("d", record.terms.trailingDelta)
            writer.field("D", record.trailingTime)
        }
        if let strategyID = record.strategyID { writer.field("j", strategyID) }
        if let strategyType = record.strategyType { writer.field("J", strategyType) }
        if let match = self.match {
            let lost = match.isMaker ? match.value.makerQuantity : match.value.takerQuantity
            writer.field("v", match.value.id)
            writer.field("A", record.prevented)
            writer.field("B", lost)
            writer.field("u", Int64(-1))
            writer.field("U", (match.isMaker ? match.value.taker : match.value.maker).raw)
            writer.field("Cs", listing.name)
            writer.field("pl", lost)
            writer.field("pL", match.value.price)
            writer.field("pY", (match.value.price * lost).amount(rounding: .down))
        }
        if let peg = record.terms.peg {
            writer.field("gP", peg.reference.rawValue)
            if let offset = peg.offset {
                writer.field("gOT", "PRICE_LEVEL")
                writer.field("gOV", Int64(offset))
            }
            if let price = record.peggedPrice { writer.field("gp", price) }
        }
        if let reason = record.expiryReason, self.kind == .expired {
            writer.field("eR", reason.rawValue)
        }
    }
}
