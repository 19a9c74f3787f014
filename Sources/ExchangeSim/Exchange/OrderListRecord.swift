import MatchingEngine
import TradingCore

/// What the venue remembers of an order list for as long as it runs.
struct OrderListRecord {
    let id: Int64
    let listing: Listing
    let customer: Customer
    let isOTO: Bool
    var clientID: String
    let time: WallTime
    let orders: [VenueOrderID]
    var isDone = false

    var contingency: String { self.isOTO ? "OTO" : "OCO" }

    /// Writes the fields that every answer about a list begins with.
    func writeHead(_ statusType: String, at time: WallTime, to writer: inout JSONWriter) {
        writer.field("orderListId", self.id)
        writer.field("contingencyType", self.contingency)
        writer.field("listStatusType", statusType)
        writer.field("listOrderStatus", statusType == "ALL_DONE" ? "ALL_DONE" : "EXECUTING")
        writer.field("listClientOrderId", self.clientID)
        writer.field("transactionTime", time)
        writer.field("symbol", self.listing.name)
        writer.key("orders")
        self.writeOrders("symbol", "orderId", "clientOrderId", to: &writer)
    }

    private func writeOrders(
        _ symbol: String,
        _ id: String,
        _ clientID: String,
        to writer: inout JSONWriter
    ) {
        writer.beginArray()
        for order in self.orders {
            writer.beginObject()
            writer.field(symbol, self.listing.name)
            writer.field(id, order.raw)
            writer.field(clientID, self.listing.record(order)?.clientOrderID ?? "")
            writer.endObject()
        }
        writer.endArray()
    }

    /// The list as queries show it.
    func writeQuery(to writer: inout JSONWriter) {
        writer.beginObject()
        self.writeHead(self.isDone ? "ALL_DONE" : "EXEC_STARTED", at: self.time, to: &writer)
        writer.endObject()
    }

    /// The `listStatus` event.
    func writeEvent(_ statusType: String, at time: WallTime, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("e", "listStatus")
        writer.field("E", time)
        writer.field("s", self.listing.name)
        writer.field("g", self.id)
        writer.field("c", self.contingency)
        writer.field("l", statusType)
        writer.field("L", statusType == "ALL_DONE" ? "ALL_DONE" : "EXECUTING")
        writer.field("r", "NONE")
        writer.field("C", self.clientID)
        writer.field("T", time)
        writer.key("O")
        self.writeOrders("s", "i", "c", to: &writer)
        writer.endObject()
    }
}

/// All order lists, oldest first.
final class ListArchive {
    private(set) var records: [OrderListRecord] = []

    func record(_ id: Int64) -> OrderListRecord? {
        id >= 1 && id <= Int64(self.records.count) ? self.records[Int(id) - 1] : nil
    }

    func append(_ record: OrderListRecord) {
        invariant(record.id == Int64(self.records.count) + 1, "lists are numbered in sequence")
        self.records.append(record)
    }

    func swapRecords(with other: inout [OrderListRecord]) { swap(&self.records, &other) }

    func finish(_ id: Int64) { self.records[Int(id) - 1].isDone = true }

    func all(of customer: Customer) -> [OrderListRecord] {
        self.records.filter { $0.customer === customer }
    }
}
