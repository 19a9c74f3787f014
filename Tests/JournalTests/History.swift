@testable import TradingCore

/// A valid history of random orders, one record after the other, from a seed.
struct History {
    struct Record {
        var events: [Event]
        var closed: [Order]
        var time: WallTime
    }

    private(set) var state = State()
    private var random: UInt64
    private var time: Int64 = 1_700_000_000_000_000_000
    private var trades: Int64 = 0

    init(seed: UInt64) { self.random = seed }

    /// The next few records; the first ones make the store.
    mutating func records(_ count: Int) -> [Record] { (0..<count).map { _ in self.record() } }

    /// A record of one event, which must be possible now.
    mutating func record(of event: Event) -> Record {
        var record = self.emptyRecord()
        self.add(event, to: &record)
        return record
    }

    private mutating func emptyRecord() -> Record {
        self.time += 1_000_000
        return Record(events: [], closed: [], time: WallTime(nanoseconds: self.time))
    }

    private mutating func record() -> Record {
        var record = self.emptyRecord()
        if self.state.clientIDPrefix.isEmpty {
            self.add(.storeCreated(clientIDPrefix: "aaaaaaaa"), to: &record)
            self.add(.started(epoch: "bbbbbbbb", version: "1"), to: &record)
            self.add(.ledgerBound(.testnet, accountID: 42), to: &record)
            let million = Amount(raw: 100_000_000_000_000)
            for asset in ["BTC", "USDT"] {
                self.add(
                    .balanceMoved(.testnet, Asset(asset), delta: million, isOpening: true),
                    to: &record
                )
            }
            return record
        }
        for _ in 0...self.number(3) { self.addNext(to: &record) }
        return record
    }

    private mutating func addNext(to record: inout Record) {
        let open = self.state.ordersByAge
        guard let order = open.first(where: { _ in self.number(3) == 0 }), open.count > 3 else {
            let number = self.state.lastOrderID.raw + 1
            var intent = Samples.intent(
                number,
                type: number % 2 == 0 ? .market : .limit(Price(raw: 900_000_000), .goodTillCanceled)
            )
            intent.terms.side = self.number(2) == 0 ? .buy : .sell
            let event: Event =
                self.number(5) == 0
                ? .orderRefused(
                    intent,
                    Refusal(.orderNotional, limit: "1", actual: "2", message: "too much")
                ) : .orderSubmitted(intent)
            self.add(event, to: &record)
            return
        }
        let id = order.orderID
        let venueID = VenueOrderID(raw: Int64(id.raw) + 1_000)
        func reported(_ status: VenueOrderStatus) -> Event {
            .orderChanged(
                id,
                .reported(status, venueID, executed: order.filledQuantity, reason: "")
            )
        }
        switch self.number(6) {
        case 0: self.add(reported(.new), to: &record)
        case 1 where order.status == .submitting:
            self.add(.orderChanged(id, .outcomeUnknown(reason: "timeout")), to: &record)
        case 2 where order.status == .open:
            let name = ClientOrderIDScheme.cancelName(of: order.intent.clientOrderID)
            self.add(.cancelRequested(id, name), to: &record)
        case 3: self.add(reported(.canceled), to: &record)
        default:
            self.trades += 1
            var fill = Samples.fill(self.trades)
            let rest = order.terms.quantity - order.filledQuantity
            fill.quantity = self.number(2) == 0 ? rest : Quantity(raw: (rest.raw + 1) / 2)
            fill.quoteQuantity = Amount(raw: Int128(fill.quantity.raw))
            self.add(.orderChanged(id, .filled(fill)), to: &record)
        }
    }

    private mutating func add(_ event: Event, to record: inout Record) {
        record.events.append(event)
        if let order = self.state.apply(event, at: record.time) { record.closed.append(order) }
    }

    /// A number below a bound (xorshift).
    private mutating func number(_ bound: UInt64) -> UInt64 {
        self.random ^= self.random << 13
        self.random ^= self.random >> 7
        self.random ^= self.random << 17
        return (self.random >> 11) % bound
    }
}
