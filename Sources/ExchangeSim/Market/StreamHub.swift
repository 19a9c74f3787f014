/// Who listens to which market stream.
final class StreamHub {
    private var listeners: [String: [WebSocketHandler]] = [:]
    /// How market events are disturbed, for tests of clients.
    var faults: EventFaults

    init(seed: UInt64) { self.faults = EventFaults(seed: seed) }

    /// Whether nobody listens to any stream.
    var isEmpty: Bool { self.listeners.isEmpty }

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
    func send(_ name: String, _ write: (inout JSONWriter) -> Void) {
        guard let listeners = self.listeners[name] else { return }
        let fate = self.faults.next()
        guard fate.copies > 0 else { return }
        var bare = Rendering()
        var wrapped = Rendering()
        for connection in listeners where !connection.isMuted {
            let unit = connection.timeUnit
            let text =
                connection.isCombined
                ? wrapped.text(in: unit) { Self.wrap(name, write, to: &$0) }
                : bare.text(in: unit, write)
            connection.deliver(text, fate)
        }
    }

    static func wrap(
        _ name: String,
        _ write: (inout JSONWriter) -> Void,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("stream", name)
        writer.key("data")
        write(&writer)
        writer.endObject()
    }
}
