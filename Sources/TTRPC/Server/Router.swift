/// A handler that finds the function for a call by service and method.
///
/// What is not there is answered UNIMPLEMENTED, and so is a method called in the wrong kind.
public final class Router: CallHandler {
    /// Answers one method's calls, on the event loop.
    public typealias Method = (Call, Responder) -> Void

    private struct Route {
        let kind: Call.Kind
        let method: Method
    }

    private var services: [String: [String: Route]] = [:]
    /// What was called last, because it is what is mostly called next.
    private var last: (service: String, method: String, route: Route)?
    private let opened: (ConnectionInfo) -> Void
    private let closed: (ConnectionInfo, CloseReason) -> Void

    /// Makes a router without routes.
    ///
    /// - Parameters:
    ///   - connectionOpened: Called for each accepted connection.
    ///   - connectionClosed: Called for each connection that ended, or was refused.
    public init(
        connectionOpened: @escaping (ConnectionInfo) -> Void = { _ in },
        connectionClosed: @escaping (ConnectionInfo, CloseReason) -> Void = { _, _ in }
    ) {
        opened = connectionOpened
        closed = connectionClosed
    }

    /// Adds a method; one name can be added once.
    ///
    /// - Parameters:
    ///   - name: The bare method name.
    ///   - service: The full service name.
    ///   - kind: The only kind of call it takes.
    ///   - method: Answers its calls.
    public func add(
        _ name: String,
        of service: String,
        kind: Call.Kind = .unary,
        _ method: @escaping Method
    ) {
        let previous = services[service, default: [:]].updateValue(
            Route(kind: kind, method: method),
            forKey: name
        )
        guard previous == nil else { fatalError("\(service)/\(name) was added twice") }
    }

    /// Calls the method, or answers UNIMPLEMENTED.
    ///
    /// - Parameters:
    ///   - call: The request.
    ///   - responder: Goes to the method.
    public func receive(_ call: Call, _ responder: Responder) {
        if let last, last.method == call.method, last.service == call.service {
            return follow(last.route, call, responder)
        }
        guard let methods = services[call.service] else {
            let text = "there is no service \(call.service)"
            return responder.fail(Status(.unimplemented, text))
        }
        guard let route = methods[call.method] else {
            let text = "\(call.service) has no method \(call.method)"
            return responder.fail(Status(.unimplemented, text))
        }
        last = (call.service, call.method, route)
        follow(route, call, responder)
    }

    private func follow(_ route: Route, _ call: Call, _ responder: Responder) {
        guard route.kind == call.kind else {
            let text = "\(call.service)/\(call.method) is \(route.kind), not \(call.kind)"
            return responder.fail(Status(.unimplemented, text))
        }
        route.method(call, responder)
    }

    /// Passes on what the initialiser was given.
    ///
    /// - Parameter connection: The new connection.
    public func connectionOpened(_ connection: ConnectionInfo) {
        opened(connection)
    }

    /// Passes on what the initialiser was given.
    ///
    /// - Parameters:
    ///   - connection: The connection.
    ///   - reason: Why it ended.
    public func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason) {
        closed(connection, reason)
    }
}
