import MarketReplay
import TradingCore

/// The listen keys of the user data streams that Binance had until 2026.
struct ListenKeys {
    private struct Entry {
        let text: String
        let customer: Customer
        var validUntil: WallTime
    }

    static let validMilliseconds: Int64 = 3_600_000

    /// In the order in which they were made, so that they end in an order that repeats.
    private var entries: [Entry] = []

    /// The key of a customer; one that is valid is extended rather than replaced.
    mutating func open(
        for customer: Customer,
        at time: WallTime,
        _ random: inout SeededGenerator
    ) -> String {
        let end = time.adding(milliseconds: Self.validMilliseconds)
        if let index = self.entries.firstIndex(where: { $0.customer === customer }) {
            self.entries[index].validUntil = end
            return self.entries[index].text
        }
        let text = String(
            (random.nextClientOrderID() + random.nextClientOrderID() + random.nextClientOrderID())
                .prefix(64)
        )
        self.entries.append(Entry(text: text, customer: customer, validUntil: end))
        return text
    }

    /// Lets a key live on; false where there is none of that name.
    mutating func extend(_ text: String, at time: WallTime) -> Bool {
        guard let index = self.entries.firstIndex(where: { $0.text == text }) else { return false }
        self.entries[index].validUntil = time.adding(milliseconds: Self.validMilliseconds)
        return true
    }

    /// Ends a key; false where there is none of that name.
    mutating func close(_ text: String) -> Bool {
        guard let index = self.entries.firstIndex(where: { $0.text == text }) else { return false }
        self.entries.remove(at: index)
        return true
    }

    /// Whose key it is; nil where it is none.
    func customer(of text: String) -> Customer? {
        self.entries.first { $0.text == text }?.customer
    }

    /// Takes out the keys that nobody extended in time.
    mutating func takeExpired(at time: WallTime) -> [(text: String, customer: Customer)] {
        let expired = self.entries.filter { $0.validUntil <= time }
        guard !expired.isEmpty else { return [] }
        self.entries.removeAll { $0.validUntil <= time }
        return expired.map { ($0.text, $0.customer) }
    }
}

extension Exchange {
    /// `POST /api/v3/userDataStream`, and `userDataStream.start`.
    func openListenKey(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let customer = try call.signer()
        try call.parameters.requireAllRead()
        writer.beginObject()
        writer.field(
            "listenKey",
            self.listenKeys.open(for: customer, at: call.time, &self.random)
        )
        writer.endObject()
    }

    /// `PUT /api/v3/userDataStream`, and `userDataStream.ping`.
    func extendListenKey(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let text = try self.ownListenKey(&call)
        guard self.listenKeys.extend(text, at: call.time) else { throw .unknownListenKey }
        writer.raw("{}")
    }

    /// `DELETE /api/v3/userDataStream`, and `userDataStream.stop`.
    func closeListenKey(_ call: inout APICall, _ writer: inout JSONWriter) throws(APIError) {
        let text = try self.ownListenKey(&call)
        guard self.listenKeys.close(text) else { throw .unknownListenKey }
        self.endListening(to: text, of: try call.signer())
        writer.raw("{}")
    }

    private func ownListenKey(_ call: inout APICall) throws(APIError) -> String {
        let customer = try call.signer()
        let text = try call.parameters.mandatory("listenKey")
        try call.parameters.requireAllRead()
        guard self.listenKeys.customer(of: text) === customer else { throw .unknownListenKey }
        return text
    }

    /// Tells those who listen to keys that nobody extended, once a second.
    func expireListenKeys(at time: WallTime) {
        for (text, customer) in self.listenKeys.takeExpired(at: time) {
            self.send(to: customer, where: { $0.kind == .listenKey(text) }) { writer in
                writer.beginObject()
                writer.field("e", "listenKeyExpired")
                writer.field("E", time)
                writer.field("listenKey", text)
                writer.endObject()
            }
            self.endListening(to: text, of: customer)
        }
    }

    private func endListening(to text: String, of customer: Customer) {
        customer.subscriptions.removeAll { $0.kind == .listenKey(text) }
    }
}
