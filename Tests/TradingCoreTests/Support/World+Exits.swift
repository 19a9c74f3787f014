@testable import TradingCore

extension World {
    /// Exits around 100, some of them of no use.
    func someExits() -> ExitTerms? {
        let stop = self.random.happens(75) ? "\(self.random.number(88...99))" : nil
        let isLimited = self.random.happens(30)
        let profit = self.random.happens(75) ? "\(self.random.number(101...112))" : nil
        return Make.exits(stop: stop, limit: isLimited ? stop : nil, profit: profit).orNil
    }

    /// The best prices move, for both symbols; the model's own trades stay around 100.
    func moveQuotes(_ inputs: inout [Input]) {
        guard self.isUp else { return }
        for symbol in [Make.bitcoin, Make.ether] where self.random.happens(60) {
            let bid = Make.price("\(self.random.number(86...113))")
            inputs.append(.venue(.testnet, .quoted(symbol, Quote(bid: bid, ask: bid))))
        }
    }

    /// An exit reaches the venue: no other one of its entry may be alive there.
    func watchExit(_ intent: OrderIntent) {
        guard let entry = intent.entry else { return }
        self.tally["exit \(intent.terms.type.venueType.name)", default: 0] += 1
        for other in self.venue.entries where other.isOpen {
            let owner = ClientOrderIDScheme.owner(of: other.name, prefix: Make.prefix)
            guard case .ours(let number) = owner,
                self.rig.gateway.state.orders[number]?.intent.entry == entry
            else { continue }
            self.break_("D3: order \(intent.orderID) sells beside order \(number)")
        }
    }

    /// The sum of the fills of an entry's exits never exceeds that of its own.
    func judgeExits(of intents: [OrderIntent]) {
        var bought: [OrderID: Amount] = [:]
        var sold: [OrderID: Amount] = [:]
        for intent in intents {
            let fills = self.venue.entries.filter { $0.name == intent.clientOrderID.text }
                .flatMap(\.trades)
            let quantity = fills.reduce(Amount.zero) { $0 + $1.quantity.amount }
            if let entry = intent.entry {
                sold[entry, default: .zero] += quantity
                if quantity.isPositive { self.tally["exit filled", default: 0] += 1 }
            } else {
                bought[intent.orderID] = quantity
            }
        }
        for (entry, quantity) in sold where quantity > bought[entry] ?? .zero {
            self.break_(
                "D3: the exits of order \(entry) sold \(quantity), it bought "
                    + "\(bought[entry] ?? .zero)"
            )
        }
    }
}
