/// Which connections stand for which sessions; begun anew with the process.
struct SessionLinks {
    private struct Link: Hashable {
        var connection: UInt64
        var principal: Principal
    }

    /// The session of what a principal places over a connection: the last one that it named there.
    private var sessions: [Link: SessionName] = [:]
    private var connections: [SessionName: Set<UInt64>] = [:]
    /// When those without a connection are lost.
    private var ends: [SessionName: MonotonicTime] = [:]

    /// When the first of those without a connection is lost.
    var nextEnd: MonotonicTime? { self.ends.values.min() }

    /// Whose orders a connection places; empty where no session's.
    func session(of connection: UInt64, _ principal: Principal) -> String {
        guard connection != 0, !self.sessions.isEmpty else { return "" }
        return self.sessions[Link(connection: connection, principal: principal)]?.text ?? ""
    }

    mutating func join(_ name: SessionName, _ connection: UInt64) {
        let link = Link(connection: connection, principal: name.principal)
        self.sessions[link] = name
        self.connections[name, default: []].insert(connection)
        self.ends[name] = nil
    }

    /// Forgets a connection.
    ///
    /// - Returns: The sessions that have none any more, by name.
    mutating func close(_ connection: UInt64) -> [SessionName] {
        self.sessions = self.sessions.filter { $0.key.connection != connection }
        var left: [SessionName] = []
        for name in self.connections.keys.sorted() {
            guard self.connections[name]?.remove(connection) != nil,
                self.connections[name]?.isEmpty == true
            else { continue }
            self.connections[name] = nil
            left.append(name)
        }
        return left
    }

    mutating func wait(for name: SessionName, until end: MonotonicTime) { self.ends[name] = end }

    func connectionCount(of name: SessionName) -> Int { self.connections[name]?.count ?? 0 }

    /// How long nobody may be there for a session yet; 0 where somebody is.
    func graceLeftMilliseconds(of name: SessionName, at now: MonotonicTime) -> Int64 {
        guard let end = self.ends[name], end > now else { return 0 }
        // What is left of a millisecond is left.
        return Int64(clamping: (end.nanoseconds - now.nanoseconds + 999_999) / 1_000_000)
    }

    /// Those that nobody came back for in time, by name.
    func lost(at now: MonotonicTime) -> [SessionName] {
        self.ends.filter { $0.value <= now }.keys.sorted()
    }

    /// Forgets a session.
    mutating func remove(_ name: SessionName) {
        self.ends[name] = nil
        self.connections[name] = nil
        self.sessions = self.sessions.filter { $0.value != name }
    }
}
