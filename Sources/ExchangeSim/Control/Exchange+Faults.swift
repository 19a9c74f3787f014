import TradingCore

extension Exchange {
    /// `POST /sim/faults?action=..`: arms a fault; the table is in docs/exchange-sim.md.
    func addFault(_ parameters: inout Parameters, _ writer: inout JSONWriter) throws {
        var target = FaultTarget()
        target.method = parameters.text("method") ?? "*"
        target.path = parameters.text("path") ?? "*"
        target.count = try parameters.integer("count") ?? 1
        target.skip = try parameters.integer("skip") ?? 0
        if let probability = try parameters.decimal("probability", as: Quantity.self) {
            guard probability <= Quantity(raw: 100_000_000) else {
                throw ControlError(message: "a probability is at most 1")
            }
            target.millionths = probability.raw / 100
        }
        let name = try parameters.mandatory("action")
        self.faults.add(try Self.fault(name, &parameters), name: name, target)
        self.listFaults(&writer)
    }

    private static func fault(_ name: String, _ parameters: inout Parameters) throws -> Fault {
        let milliseconds = try parameters.integer("ms")
        let status = Int(try parameters.integer("status") ?? 504)
        let unknown = APIError(-1007, APIError.timeout.message, status: status)
        let page = HTTPReply(
            status: status,
            contentType: "text/html",
            body: Array("<html><body>Gateway Time-out</body></html>".utf8)
        )
        switch name {
        case "drop": return .drop
        case "execute-close": return .executeAndClose
        case "html", "execute-html":
            return .fail(page, unknown, executes: name != "html")
        case "timeout", "execute-timeout":
            return .fail(
                HTTPReply(status: status, body: unknown.body),
                unknown,
                executes: name != "timeout"
            )
        case "error", "execute-error":
            return try Self.errorFault(&parameters, status, executes: name != "error")
        case "delay", "delay-answer":
            guard let milliseconds else { throw ControlError(message: "ms is missing") }
            return name == "delay"
                ? .delay(milliseconds: milliseconds) : .delayAnswer(milliseconds: milliseconds)
        default:
            throw ControlError(message: "no such action: \(name)")
        }
    }

    /// An answer of the caller's choice: `code` without its minus, `msg`, `status`, `retryAfter`.
    private static func errorFault(
        _ parameters: inout Parameters,
        _ status: Int,
        executes: Bool
    ) throws -> Fault {
        guard let code = try parameters.integer("code") else {
            throw ControlError(message: "code is missing; it is sent without its minus")
        }
        var error = APIError(
            -code,
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
        let connections = self.connections(isUser: isUser, of: customer)
        switch action {
        case "cut":
            for connection in connections { connection.cut() }
        case "silence", "resume":
            // A silent stream still answers pings, as one that died behind its front end.
            for connection in connections {
                self.silence(connection, customer, action == "silence")
            }
        case "delay": self.eventFaults.delayMilliseconds = milliseconds
        case "duplicate": self.eventFaults.duplicates = count
        case "lose": self.eventFaults.losses = count
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
        _ customer: Customer?,
        _ isSilenced: Bool
    ) {
        for other in self.customers where customer == nil || other === customer {
            for subscription in other.subscriptions where subscription.connection === connection {
                subscription.isSilenced = isSilenced
            }
        }
    }
}
