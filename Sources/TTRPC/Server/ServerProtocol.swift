/// Calls that wait for an answer.
struct InFlightCounts {
    var connection: Int
    /// Of all connections, this one included.
    var server: Int
}

/// The rules of one connection on the server's side, as a pure value: what a frame leads to.
struct ServerProtocol {
    /// What the connection is to do about a frame.
    enum Action: Equatable {
        /// Hand the call to the handler.
        case dispatch(RequestEnvelope, streamID: UInt32, kind: Call.Kind)
        /// Refuse the call; the connection goes on.
        case refuse(streamID: UInt32, Status)
        /// Nothing: data of a stream that we ended, for instance.
        case ignore
        /// Send the reason on the stream, if there is one to send it on, and close.
        case close(streamID: UInt32?, Status)
    }

    private let configuration: ServerConfiguration
    private var decoder = EnvelopeDecoder()
    private var streamIDs = StreamIDs()
    private(set) var isDraining = false

    init(_ configuration: ServerConfiguration) {
        self.configuration = configuration
    }

    /// From now on new calls are refused with UNAVAILABLE.
    mutating func drain() {
        isDraining = true
    }

    /// Takes a frame.
    ///
    /// Checks come in this order: stream id, content, drain, limits.
    mutating func receive(_ frame: Frame, inFlight: InFlightCounts) -> Action {
        switch frame.kind {
        case .request:
            return request(frame, inFlight: inFlight)
        case .data:
            // Only a client stream carries data towards us. We refused it, but its data may have
            // been under way already.
            let wasOpened = frame.streamID % 2 == 1 && frame.streamID <= streamIDs.last
            return wasOpened
                ? .ignore
                : violation(frame.streamID, "data on stream \(frame.streamID), never opened")
        case .response:
            return violation(nil, "a response is not for a server")
        }
    }

    /// Takes note that the bytes cannot be understood any further.
    mutating func receive(_ violation: FrameViolation) -> Action {
        let isNewRequest =
            violation.type == Frame.Kind.request.rawValue
            && streamIDs.isOpenable(violation.streamID)
        let code: StatusCode =
            if case .tooLarge = violation.reason { .resourceExhausted } else { .invalidArgument }
        return .close(
            streamID: isNewRequest ? violation.streamID : nil,
            Status(code, violation.message)
        )
    }

    private mutating func request(_ frame: Frame, inFlight: InFlightCounts) -> Action {
        let streamID = frame.streamID
        guard streamID % 2 == 1 else {
            return violation(streamID, "stream id \(streamID) is even, which a client may not use")
        }
        guard streamIDs.open(streamID) else {
            // Not on that stream: it may be alive, and this would look like its answer.
            let text = "stream id \(streamID) was used, or is far below \(streamIDs.last)"
            return violation(nil, text)
        }
        let kind: Call.Kind
        switch frame.flags {
        case []: kind = .unary
        case .remoteClosed, [.remoteClosed, .noData]: kind = .serverStreaming
        case .remoteOpen, [.remoteOpen, .noData]:
            return .refuse(
                streamID: streamID,
                Status(.unimplemented, "client streaming is not offered")
            )
        default:
            return violation(streamID, "request with flags \(frame.flags.rawValue)")
        }
        let request: RequestEnvelope
        do {
            request = try decoder.request(frame.payload)
        } catch {
            return .refuse(streamID: streamID, Status(refusing: error, as: "ttrpc.Request"))
        }
        return admit(request, streamID: streamID, kind: kind, inFlight: inFlight)
    }

    private func admit(
        _ request: RequestEnvelope,
        streamID: UInt32,
        kind: Call.Kind,
        inFlight: InFlightCounts
    ) -> Action {
        if isDraining {
            return .refuse(streamID: streamID, Status(.unavailable, "the server is closing"))
        }
        if let text = overload(request, inFlight) {
            return .refuse(streamID: streamID, Status(.resourceExhausted, text))
        }
        guard request.metadata.count <= configuration.metadataEntriesMax else {
            let text =
                "\(request.metadata.count) metadata entries, "
                + "limit \(configuration.metadataEntriesMax)"
            return .refuse(streamID: streamID, Status(.resourceExhausted, text))
        }
        guard request.timeoutNanoseconds >= 0 else {
            return .refuse(
                streamID: streamID,
                Status(.deadlineExceeded, "the deadline passed before arrival")
            )
        }
        return .dispatch(request, streamID: streamID, kind: kind)
    }

    /// Which limit on calls in flight one more would break; nil for none.
    private func overload(_ request: RequestEnvelope, _ inFlight: InFlightCounts) -> String? {
        let connectionMax = configuration.requestsInFlightPerConnectionMax
        let serverMax = configuration.requestsInFlightMax
        guard inFlight.connection >= connectionMax || inFlight.server >= serverMax else {
            return nil
        }
        let isUrgent =
            configuration.urgentMethods[request.service]?.contains(request.method) ?? false
        let extra = isUrgent ? configuration.urgentInFlightMax : 0
        if inFlight.connection >= connectionMax + extra {
            return "\(inFlight.connection) calls in flight on this connection, "
                + "limit \(connectionMax + extra)"
        }
        guard inFlight.server >= serverMax + extra else { return nil }
        return "\(inFlight.server) calls in flight, limit \(serverMax + extra)"
    }

    private func violation(_ streamID: UInt32?, _ text: String) -> Action {
        .close(streamID: streamID, Status(.invalidArgument, text))
    }
}
