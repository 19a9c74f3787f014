import MatchingEngine
import NIOCore
import TradingCore

/// Which resting orders are to be filled bit by bit, and when.
struct FillSchedule {
    /// One part of an order: how long after its placement, and how much of its quantity.
    struct Part {
        let milliseconds: Int64
        /// A share of the order's quantity, in millionths.
        let millionths: Int64

        /// Reads `250:0.4`.
        init?(_ text: some StringProtocol) {
            let halves = text.split(separator: ":", omittingEmptySubsequences: false)
            guard halves.count == 2, let milliseconds = Int64(halves[0]), milliseconds >= 0,
                let share = try? Quantity(halves[1]), share.isPositive,
                share <= Quantity(raw: 100_000_000)
            else { return nil }
            self.milliseconds = milliseconds
            self.millionths = share.raw / 100
        }
    }

    /// What is to be done to the next orders that match.
    struct Rule {
        let parts: [Part]
        let symbol: String?
        let side: Side?
        let customer: Customer?
        /// How many orders are still to be met; 0 for all.
        var count: Int64
    }

    /// A part that is due at some time.
    struct Due {
        let time: WallTime
        let listing: Listing
        let order: VenueOrderID
        let quantity: Quantity
    }

    var rules: [Rule] = []
    private(set) var due: [Due] = []
    let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// When the next part is due, in milliseconds; never where there is none.
    var next: Int64 { self.due.first?.time.milliseconds ?? .max }

    mutating func add(_ part: Due) {
        let index = self.due.firstIndex { $0.time > part.time } ?? self.due.count
        self.due.insert(part, at: index)
    }

    /// Takes out the next part that is due.
    mutating func take(at time: WallTime) -> Due? {
        guard let first = self.due.first, first.time <= time else { return nil }
        return self.due.removeFirst()
    }
}

extension Exchange {
    /// `POST /sim/fills?schedule=250:0.4,500:0.6[&symbol=..][&side=..][&key=..][&count=1]`.
    func addFills(_ parameters: inout Parameters, _ writer: inout JSONWriter) throws {
        let texts = try parameters.mandatory("schedule").split(separator: ",")
        let parts = texts.compactMap { FillSchedule.Part($0) }
        guard parts.count == texts.count, !parts.isEmpty else {
            throw ControlError(message: "a schedule is like 250:0.4,500:0.6")
        }
        let side = parameters.text("side")
        guard side == nil || side.flatMap({ Side(name: $0) }) != nil else {
            throw ControlError(message: "not a side: \(side ?? "")")
        }
        let symbol = parameters.text("symbol")
        if let symbol { _ = try self.listing(symbol) }
        self.fills.rules.append(
            FillSchedule.Rule(
                parts: parts,
                symbol: symbol,
                side: side.flatMap { Side(name: $0) },
                customer: parameters.has("key") ? try self.customerByControl(&parameters) : nil,
                count: try parameters.integer("count") ?? 1
            )
        )
        writer.beginObject()
        writer.field("rules", Int64(self.fills.rules.count))
        writer.endObject()
    }

    /// Notes when a new order is to be filled, where a rule matches it.
    func scheduleFills(_ id: VenueOrderID, _ listing: Listing, at time: WallTime) {
        guard !self.fills.rules.isEmpty, let record = listing.record(id),
            let customer = self.customer(of: record.terms.account),
            let index = self.fills.rules.firstIndex(where: { rule in
                rule.symbol ?? listing.name == listing.name
                    && rule.side ?? record.terms.side == record.terms.side
                    && rule.customer ?? customer === customer
            })
        else { return }
        let rule = self.fills.rules[index]
        if rule.count == 1 { self.fills.rules.remove(at: index) }
        if rule.count > 1 { self.fills.rules[index].count -= 1 }
        let step = listing.rules.symbol.stepSize
        for part in rule.parts {
            let raw = Int128(record.terms.quantity.raw) * Int128(part.millionths) / 1_000_000
            self.fills.add(
                FillSchedule.Due(
                    time: time.adding(milliseconds: part.milliseconds),
                    listing: listing,
                    order: id,
                    quantity: Quantity(raw: Int64(clamping: raw)).roundedDown(to: step)
                )
            )
            guard !self.clock.isVirtual || self.configuration.isClockRecorded else { continue }
            let bound = NIOLoopBound(self, eventLoop: self.fills.eventLoop)
            self.fills.eventLoop.scheduleTask(in: .milliseconds(part.milliseconds + 1)) {
                bound.value.performFills()
            }
        }
    }

    /// Fills what is due by now; orders that are gone by then are passed over.
    func performFills() {
        let now = self.now
        while let part = self.fills.take(at: now) {
            guard part.quantity.isPositive else { continue }
            self.engine.houseFills(part.order, part.quantity, on: part.listing.market, at: now)
            self.commit(part.listing, at: now)
        }
        self.flushes.schedule()
    }
}
