/// What a WebSocket's path asks for.
struct WebSocketTarget: Hashable {
    let dialect: WebSocketHandler.Dialect
    let timeUnit: TimeUnit

    /// Reads a path; nil for one that is none of a WebSocket.
    ///
    /// - Throws: -1194 for a `timeUnit` that is none.
    init?(_ uri: String) throws(APIError) {
        let parts = uri.split(separator: "?", maxSplits: 1)
        let path = parts.first.map(String.init) ?? ""
        var query: [String: String] = [:]
        for field in Form.fields(of: Array((parts.count > 1 ? String(parts[1]) : "").utf8)) {
            query[Form.decode(field.name)] = Form.decode(field.value)
        }
        guard let dialect = Self.dialect(path, query) else { return nil }
        self.dialect = dialect
        self.timeUnit = try TimeUnit(name: query["timeUnit"])
    }

    /// Whether it is the WebSocket API rather than market streams.
    var isAPI: Bool { if case .api = self.dialect { true } else { false } }

    private static func dialect(
        _ path: String,
        _ query: [String: String]
    ) -> WebSocketHandler.Dialect? {
        if path == "/ws-api/v3" {
            return .api(returnsRateLimits: query["returnRateLimits"] != "false")
        }
        // Some clients send a shard number where a stream's name could be; it says nothing.
        if path == "/stream" || path.hasPrefix("/stream/") {
            let names = (query["streams"] ?? "").split(separator: "/").map(String.init)
            return .streams(isCombined: true, names: names)
        }
        if path == "/ws" { return .streams(isCombined: false, names: []) }
        guard path.hasPrefix("/ws/") else { return nil }
        let names = path.dropFirst(4).split(separator: "/")
            .map { Form.decode(ArraySlice($0.utf8)) }
        return .streams(isCombined: false, names: names)
    }
}
