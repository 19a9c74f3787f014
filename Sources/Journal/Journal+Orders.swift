import CProtobufC
import CTradingProto
import ProtobufArena
package import TradingCore

extension Journal {
    /// Looks up what deciding on an input needs (J6).
    package func fetch(_ needs: Needs) throws(JournalError) -> Fetched {
        var fetched = Fetched()
        if let key = needs.key,
            let number = try self.database.value(of: Journal.bytes(of: key), in: .keys)
        {
            fetched.keyHolder = try self.order(try Journal.orderID(number.span))
            if let successor = fetched.keyHolder?.successor {
                try self.fetch(successor, into: &fetched)
            }
        }
        for orderID in needs.orders { try self.fetch(orderID, into: &fetched) }
        if let filter = needs.history { fetched.history = try self.orders(filter) }
        return fetched
    }

    /// Looks up an order and those that were placed instead of it.
    private func fetch(
        _ orderID: OrderID,
        into fetched: inout Fetched
    ) throws(JournalError) {
        var next: OrderID? = orderID
        while let orderID = next {
            let order = try self.order(orderID)
            fetched.orders[orderID] = order
            next = order?.successor
        }
    }

    private func order(_ orderID: OrderID) throws(JournalError) -> Order? {
        let key = orderID.raw.bigEndianBytes
        guard let value = try self.database.value(of: key, in: .orders) else { return nil }
        return try Journal.order(value.span, of: orderID, in: self.arena)
    }

    private static func orderID(_ bytes: Span<UInt8>) throws(JournalError) -> OrderID {
        guard let number = UInt64(bigEndianBytes: bytes) else {
            throw .damaged("an order's number is not a number")
        }
        return OrderID(raw: number)
    }

    private func orders(_ filter: OrderFilter) throws(JournalError) -> [Order] {
        let start = filter.before.map { $0.raw - min($0.raw, 1) } ?? UInt64.max
        var orders: [Order] = []
        try self.database.scan(
            from: start.bigEndianBytes,
            in: .orders,
            .descending
        ) { (key, value) throws(JournalError) in
            let order = try Journal.order(value, of: try Journal.orderID(key), in: self.arena)
            if filter.symbol == nil || order.terms.symbol == filter.symbol {
                orders.append(order)
            }
            return orders.count < filter.countMax
        }
        return orders
    }

    /// A finished order as the store holds it.
    static func order(
        _ value: Span<UInt8>,
        of orderID: OrderID,
        in arena: ProtobufArena
    ) throws(JournalError) -> Order {
        arena.reset()
        let message: Trading__Journal__V1__StoredOrder
        do throws(ProtobufError) {
            unsafe message = try arena.unpackTrusted(
                Journal.storedOrder,
                from: value
            ).pointee
        } catch {
            throw .damaged("stored order \(orderID): \(error)")
        }
        do throws(DecodingProblem) {
            return try unsafe EventDecoder.order(message)
        } catch {
            throw .damaged("stored order \(orderID): \(error.reason)")
        }
    }

    private static let storedOrder = unsafe MessageType(trading__journal__v1__stored_order__init)
}
