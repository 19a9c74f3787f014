import TradingCore

/// The rules of one WebSocket connection: pings, messages a second, and its age (section 8.1).
struct ConnectionLife {
    /// Why the venue closes a connection, with the close code and the reason that go with it.
    enum End: Hashable {
        case pongMissing, tooManyMessages, tooOld, serverShutdown

        var code: UInt16 {
            switch self {
            case .pongMissing, .tooManyMessages: 1008
            case .tooOld, .serverShutdown: 1001
            }
        }

        var reason: String {
            switch self {
            case .pongMissing: "Pong timeout"
            case .tooManyMessages: "Too many requests"
            case .tooOld: "Connection is 24 hours old"
            case .serverShutdown: "Server is shutting down"
            }
        }
    }

    /// Three pings without an answer are the venue's 60 seconds.
    static let unansweredMax = 3
    static let messagesPerSecondMax = 5
    static let ageMillisecondsMax: Int64 = 86_400_000

    /// When the connection was opened, in the venue's time.
    let openedAt: WallTime
    /// The pings that were not answered, oldest first.
    private var unanswered: [String] = []
    /// When the last messages came, oldest first.
    private var arrivals: [WallTime] = []

    init(openedAt: WallTime) { self.openedAt = openedAt }

    /// Whether the connection may live on at a time.
    func end(at time: WallTime) -> End? {
        let age = time.milliseconds - self.openedAt.milliseconds
        return age >= Self.ageMillisecondsMax ? .tooOld : nil
    }

    /// Notes a ping that is about to be sent; it is not where too many were not answered.
    mutating func ping(_ payload: String) -> End? {
        guard self.unanswered.count < Self.unansweredMax else { return .pongMissing }
        self.unanswered.append(payload)
        return nil
    }

    /// Notes a pong; one with another payload than a ping had answers nothing.
    mutating func pong(_ payload: String) {
        guard let index = self.unanswered.firstIndex(of: payload) else { return }
        self.unanswered.removeFirst(index + 1)
    }

    /// Notes a message from the client, of whatever kind.
    mutating func receive(at time: WallTime) -> End? {
        self.arrivals.removeAll { time.milliseconds - $0.milliseconds >= 1000 }
        guard self.arrivals.count < Self.messagesPerSecondMax else { return .tooManyMessages }
        self.arrivals.append(time)
        return nil
    }
}
