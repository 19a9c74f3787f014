import CTradingProto
import ProtobufArena
package import TradingCore

extension ReplyEncoder {
    /// A message of a subscription that tells an event.
    package func encode(_ event: StreamedEvent) -> [UInt8] {
        self.arena.reset()
        return unsafe self.pack(trading__v1__subscribe_response__init) { message in
            unsafe message.sequence = event.sequence
            unsafe message.time = event.time.nanoseconds
            unsafe message.event = self.event(event)
        }
    }

    /// A message of a subscription that tells how far it has come.
    ///
    /// - Parameters:
    ///   - sequence: The last event that was told or did not pass the filter.
    ///   - time: Now.
    /// - Returns: The packed message.
    package func encodeHeartbeat(upTo sequence: UInt64, at time: WallTime) -> [UInt8] {
        self.arena.reset()
        return unsafe self.pack(trading__v1__subscribe_response__init) { message in
            unsafe message.sequence = sequence
            unsafe message.time = time.nanoseconds
        }
    }

    /// A message of a subscription that tells an alert, and how far it has come.
    ///
    /// - Parameters:
    ///   - alert: What a person should look at.
    ///   - sequence: The last event that was told or did not pass the filter.
    ///   - time: When it was raised.
    /// - Returns: The packed message.
    package func encode(_ alert: Alert, after sequence: UInt64, at time: WallTime) -> [UInt8] {
        self.arena.reset()
        return unsafe self.pack(trading__v1__subscribe_response__init) { message in
            unsafe message.sequence = sequence
            unsafe message.time = time.nanoseconds
            unsafe message.alert = self.alert(alert)
        }
    }

    /// The detail of a status that ends a subscription.
    package func encodeSubscriptionEnd(next sequence: UInt64) -> [UInt8] {
        self.arena.reset()
        return unsafe self.pack(trading__v1__subscription_end__init) { message in
            unsafe message.next_sequence = sequence
        }
    }

    private func event(_ event: StreamedEvent) -> UnsafeMutablePointer<Trading__V1__Event> {
        unsafe self.arena.make(trading__v1__event__init) { message in
            unsafe message.kind = Trading__V1__EventKind(UInt32(event.kind.rawValue))
            unsafe message.name = self.arena.string(event.name)
            let subject = event.subject
            unsafe message.order_id = subject.orderID?.raw ?? 0
            unsafe message.client_order_id = self.arena.string(subject.clientOrderID?.text ?? "")
            if let mode = subject.mode { unsafe message.mode = self.mode(mode) }
            unsafe message.symbol = self.arena.string(subject.symbol?.name ?? "")
            if let side = subject.side {
                unsafe message.side = Trading__V1__Side(UInt32(side.rawValue))
            }
            unsafe message.strategy = self.arena.string(subject.strategy)
            unsafe message.tag = self.arena.string(subject.tag)
            if let status = event.status { unsafe message.status = status.message }
            if let order = event.order { unsafe message.order = self.order(order) }
            if let fill = event.fill { unsafe message.fill = self.fill(fill) }
            if let refusal = event.refusal { unsafe message.refusal = self.refusal(refusal) }
            unsafe message.n_values = event.values.count
            unsafe message.values = self.arena.array(
                event.values.map { unsafe self.value($0.name, $0.value) }
            )
        }
    }

    private func value(
        _ name: String,
        _ value: String
    ) -> UnsafeMutablePointer<Trading__V1__EventValue> {
        unsafe self.arena.make(trading__v1__event_value__init) { message in
            unsafe message.name = self.arena.string(name)
            unsafe message.value = self.arena.string(value)
        }
    }
}
