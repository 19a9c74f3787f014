/// Who listens to which market stream.
final class StreamHub {
    private var listeners: [String: [WebSocketHandler]] = [:]

    /// Whether anybody listens to a stream.
    func hasListeners(_ name: String) -> Bool { self.listeners[name] != nil }

    func add(_ connection: WebSocketHandler, to name: String) {
        guard self.listeners[name]?.contains(where: { $0 === connection }) != true else { return }
        self.listeners[name, default: []].append(connection)
    }

    func remove(_ connection: WebSocketHandler, from name: String) {
        self.listeners[name]?.removeAll { $0 === connection }
        if self.listeners[name]?.isEmpty == true { self.listeners[name] = nil }
    }

    /// Sends a payload to all who listen to a stream, wrapped for those who asked for it.
    func send(_ name: String, _ payload: [UInt8]) {
        guard let listeners = self.listeners[name] else { return }
        var wrapped: [UInt8]?
        for connection in listeners {
            guard connection.isCombined else {
                connection.send(payload)
                continue
            }
            let bytes = wrapped ?? Self.wrap(name, payload)
            wrapped = bytes
            connection.send(bytes)
        }
    }

    private static func wrap(_ name: String, _ payload: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: payload.count + name.utf8.count + 32)
        writer.beginObject()
        writer.field("stream", name)
        writer.key("data")
        writer.raw(payload)
        writer.endObject()
        return writer.bytes
    }
}
