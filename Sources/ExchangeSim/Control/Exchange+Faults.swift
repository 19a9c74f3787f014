import MarketReplay
import TradingCore

extension Exchange {
    /// `POST /sim/faults?action=..`: arms a fault; the table is in docs/exchange-sim.md.
    func addFault(_ parameters: inout Parameters, _ writer: inout JSONWriter) throws {
        var target = FaultTarget()
        target.method = parameters.text("method") ?? "*"
        target.path = parameters.text("path") ?? "*"
        target.count = try parameters.integer("count") ?? 1
        target.skip = try parameters.integer("skip") ?? 0
        target.millionths = try Self.millionths(&parameters)
        target.isReusedOnly = try parameters.flag("reused") ?? false
        if let milliseconds = try parameters.integer("forMs") {
            target.end = self.now.adding(milliseconds: milliseconds)
        }
        let name = try parameters.mandatory("action")
        self.faults.add(try self.fault(name, &parameters), name: name, target)
        self.listFaults(&writer)
    }

    /// A share between 0 and 1, in millionths.
    private static func millionths(_ parameters: inout Parameters) throws -> Int64 {
        guard let share = try parameters.decimal("probability", as: Quantity.self) else {
            return 1_000_000
        }
        guard share <= Quantity(raw: 100_000_000) else {
            throw ControlError(message: "a probability is at most 1")
        }
        return share.raw / 100
    }

    private func fault(_ name: String, _ parameters: inout Parameters) throws -> Fault {
        switch name {
        case "drop": return .close(executes: false)
        case "execute-close": return .close(executes: true)
        case "hang", "execute-hang": return .hang(executes: name != "hang")
        case "truncate": return .truncate
        case "stale": return .stale(self.snapshot())
        case "delay", "delay-answer":
            guard let least = try parameters.integer("ms") else {
                throw ControlError(message: "ms is missing")
            }
            let most = try parameters.integer("msMax") ?? least
            guard most >= least else { throw ControlError(message: "msMax is less than ms") }
            return .delay(milliseconds: least...most, executesFirst: name != "delay")
        case "rate-limit", "ban":
            let seconds = try parameters.integer("retryAfter") ?? (name == "ban" ? 120 : 10)
            var error =
                name == "ban"
                ? APIError.banned(
                    until: self.now.adding(milliseconds: seconds * 1000),
                    at: self.now
                )
                : APIError.tooMuchWeight
            error.retryAfterSeconds = seconds
            return .fail(self.reply(error), error, executes: false)
        default:
            return try Self.failure(name, &parameters)
        }
    }

    /// The actions that answer something else than what is true.
    private static func failure(_ name: String, _ parameters: inout Parameters) throws -> Fault {
        let status = Int(try parameters.integer("status") ?? 504)
        guard (200...599).contains(status) else {
            throw ControlError(message: "not an HTTP status: \(status)")
        }
        let unknown = APIError(-1007, APIError.timeout.message, status: status)
        switch name {
        case "html", "execute-html":
            return .fail(.page(status, "Gateway Time-out"), unknown, executes: name != "html")
        case "timeout", "execute-timeout":
            return .fail(
                HTTPReply(status: status, body: unknown.body),
                unknown,
                executes: name != "timeout"
            )
        case "error", "execute-error":
            return try Self.errorFault(&parameters, status, executes: name != "error")
        default:
            throw ControlError(message: "no such action: \(name)")
        }
    }

    /// An answer of the caller's choice: `code` with or without its minus, `msg`, `status`,
    /// `retryAfter`.
    private static func errorFault(
        _ parameters: inout Parameters,
        _ status: Int,
        executes: Bool
    ) throws -> Fault {
        guard let code = parameters.text("code").flatMap({ Int64($0) }) else {
            throw ControlError(message: "code is missing, or no number")
        }
        var error = APIError(
            code > 0 ? -code : code,
            parameters.text("msg") ?? "An error that was asked for.",
            status: status
        )
        error.retryAfterSeconds = try parameters.integer("retryAfter")
        var headers: [(String, String)] = []
        if let seconds = error.retryAfterSeconds {
            headers.append(("Retry-After", String(seconds)))
        }
        return .fail(
            HTTPReply(status: status, headers: headers, body: error.body),
            error,
            executes: executes
        )
    }

    func listFaults(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("hits", self.faults.hits)
        writer.key("faults")
        writer.beginArray()
        for rule in self.faults.rules {
            writer.beginObject()
            writer.field("id", rule.id)
            writer.field("action", rule.name)
            writer.field("method", rule.target.method)
            writer.field("path", rule.target.path)
            writer.field("skip", rule.target.skip)
            writer.field("count", rule.target.count)
            writer.field("hits", rule.hits)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// Arms the faults of a scenario: objects whose members are the parameters of a request.
    func armFaults(_ scenario: [JSONValue]) throws {
        for (index, entry) in scenario.enumerated() {
            guard case .object(let members) = entry else {
                throw ControlError(message: "fault \(index + 1) is not an object")
            }
            var parameters = Parameters()
            for member in members {
                guard let value = member.value.spelling else { continue }
                _ = parameters.add(member.name, value)
            }
            var writer = JSONWriter()
            try self.addFault(&parameters, &writer)
            try parameters.requireAllRead()
        }
    }

    // MARK: Streams

    /// `POST /sim/streams?action=..[&kind=user|market][&key=..][&ms=..][&count=..]`.
    func disturbStreams(_ parameters: inout Parameters, _ writer: inout JSONWriter) throws {
        let action = try parameters.mandatory("action")
        let isUser = (parameters.text("kind") ?? "user") == "user"
        let customer = parameters.has("key") ? try self.customerByControl(&parameters) : nil
        let milliseconds = try parameters.integer("ms") ?? 0
        let count = try parameters.integer("count") ?? 1
        let millionths = try Self.millionths(&parameters)
        let connections = self.connections(isUser: isUser, of: customer)
        switch action {
        case "cut":
            for connection in connections { connection.cut() }
        case "silence", "resume":
            // A silent stream still answers pings, as one that died behind its front end.
            for connection in connections {
                connection.isStalled = false
                self.silence(connection, isUser: isUser, customer, action == "silence")
            }
            if action == "resume" { self.changeFaults(isUser: isUser) { $0.clear() } }
        case "stall":
            for connection in connections { connection.isStalled = true }
        case "delay":
            self.changeFaults(isUser: isUser) { $0.delayMilliseconds = milliseconds }
        case "duplicate", "lose", "reorder":
            guard let kind = EventFaults.Kind(rawValue: action) else { break }
            self.changeFaults(isUser: isUser) {
                $0.arm(kind, count: count, millionths: millionths)
            }
        case "shutdown":
            for connection in connections { connection.shutDown() }
        default: throw ControlError(message: "no such action: \(action)")
        }
        writer.beginObject()
        writer.field("connections", Int64(connections.count))
        writer.endObject()
    }

    private func connections(isUser: Bool, of customer: Customer?) -> [WebSocketHandler] {
        self.connections.filter { connection in
            guard isUser else { return !connection.streamNames.isEmpty }
            return self.customers.contains { other in
                (customer == nil || other === customer)
                    && other.subscriptions.contains { $0.connection === connection }
            }
        }
    }

    private func silence(
        _ connection: WebSocketHandler,
        isUser: Bool,
        _ customer: Customer?,
        _ isSilenced: Bool
    ) {
        guard isUser else { return connection.isMuted = isSilenced }
        for other in self.customers where customer == nil || other === customer {
            for subscription in other.subscriptions where subscription.connection === connection {
                subscription.isSilenced = isSilenced
            }
        }
    }

    private func changeFaults(isUser: Bool, _ change: (inout EventFaults) -> Void) {
        if isUser { change(&self.eventFaults) } else { change(&self.streams.faults) }
    }
}
