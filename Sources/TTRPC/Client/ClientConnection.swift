import NIOCore
import ProtobufArena

/// What a client wants sent.
struct OutgoingCall: Sendable {
    let request: RequestEnvelope
    let kind: Call.Kind
    /// The caller's timeout and the grace after it; nil = wait for ever.
    let giveUpAfter: TimeAmount?
}

/// Whoever waits for what the server sends on a stream.
protocol CallReceiver: AnyObject, Sendable {
    /// Whether the caller gave up before the call was sent.
    var isCancelled: Bool { get }
    /// A message of a stream; false ends the interest in it.
    func receive(_ message: ByteBuffer) -> Bool
    /// The end: an answer, the end of a stream (nil), or an error. Called once.
    func end(_ result: Result<ByteBuffer?, CallError>)
}

/// The client's end of a connection: stream ids, what waits for which answer.
///
/// On the event loop.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Waiting {
        let receiver: any CallReceiver
        let kind: Call.Kind
        let giveUpAt: NIODeadline?
    }

    private let eventLoop: any EventLoop
    private let deadlines: DeadlineTimer
    private let arena = ProtobufArena()
    private let decoder = EnvelopeDecoder()
    private var reader: FrameReader
    private var context: ChannelHandlerContext?
    private var waiting: [UInt32: Waiting] = [:]
    private var streams: [ObjectIdentifier: UInt32] = [:]
    private var lastStreamID: UInt32?
    private var outbound = ByteBuffer()
    private var flushIsQueued = false

    init(eventLoop: any EventLoop, frameBytesMax: Int) {
        self.eventLoop = eventLoop
        deadlines = DeadlineTimer(eventLoop: eventLoop)
        reader = FrameReader(frameBytesMax: frameBytesMax)
    }

    // MARK: Calls

    /// Sends a call; `receiver` gets exactly one end.
    func start(_ call: OutgoingCall, _ receiver: any CallReceiver) {
        guard !receiver.isCancelled else { return receiver.end(.failure(.notSent(.cancelled))) }
        guard context?.channel.isActive == true else {
            return receiver.end(.failure(.notSent(.closed)))
        }
        let (streamID, overflow) = lastStreamID?.addingReportingOverflow(2) ?? (1, false)
        guard !overflow else {
            return receiver.end(.failure(.notSent(.streamIDsExhausted)))
        }
        do throws(FrameViolation) {
            try outbound.writeRequest(
                call.request,
                streamID: streamID,
                flags: call.kind == .unary ? [] : .remoteClosed,
                arena: arena
            )
        } catch {
            guard case .tooLarge(let bytes, let bytesMax) = error.reason else {
                fatalError("our own frame has an unknown type")
            }
            let reason = CallError.NotSent.tooLarge(bytes: bytes, bytesMax: bytesMax)
            return receiver.end(.failure(.notSent(reason)))
        }
        lastStreamID = streamID
        let giveUpAt = call.giveUpAfter.map { NIODeadline.now() + $0 }
        waiting[streamID] = Waiting(receiver: receiver, kind: call.kind, giveUpAt: giveUpAt)
        streams[ObjectIdentifier(receiver)] = streamID
        if let giveUpAt { deadlines.arm(for: giveUpAt) { [self] in sweepDeadlines() } }
        queueFlush()
    }

    /// Stops waiting for a call; what the server still sends for it is dropped.
    func cancel(_ receiver: any CallReceiver) {
        guard let streamID = streams[ObjectIdentifier(receiver)] else { return }
        end(streamID, .failure(.cancelled))
    }

    func close() {
        context?.close(promise: nil)
    }

    private func end(_ streamID: UInt32, _ result: Result<ByteBuffer?, CallError>) {
        guard let call = waiting.removeValue(forKey: streamID) else { return }
        streams[ObjectIdentifier(call.receiver)] = nil
        call.receiver.end(result)
    }

    private func endAll(_ error: CallError) {
        for streamID in waiting.keys.sorted() { end(streamID, .failure(error)) }
    }

    private func sweepDeadlines() {
        let now = NIODeadline.now()
        let passed = waiting.filter { ($0.value.giveUpAt ?? .distantFuture) <= now }
        for streamID in passed.keys.sorted() { end(streamID, .failure(.timedOut)) }
        if let earliest = waiting.values.compactMap(\.giveUpAt).min() {
            deadlines.arm(for: earliest) { [self] in sweepDeadlines() }
        }
    }

    /// Writes once for all calls that were handed over in this tick.
    private func queueFlush() {
        guard !flushIsQueued else { return }
        flushIsQueued = true
        eventLoop.assumeIsolated().execute { [self] in
            flushIsQueued = false
            guard let context, outbound.readableBytes > 0 else { return }
            context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
            outbound.clear()
        }
    }

    // MARK: What arrives

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // With TLS 1.3 a server refuses a client's certificate when calls are under way already.
        if let reason = HandshakeWaiter.refusal(error) { endAll(.protocolViolation(reason)) }
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        do throws(FrameViolation) {
            while let frame = try reader.next() { receive(frame) }
        } catch {
            violated(error.message)
        }
    }

    private func receive(_ frame: Frame) {
        guard frame.streamID % 2 == 1, let lastStreamID, frame.streamID <= lastStreamID else {
            return violated("stream \(frame.streamID) was never opened")
        }
        // No longer waiting: the caller gave up before.
        guard let call = waiting[frame.streamID] else { return }
        switch frame.kind {
        case .request:
            violated("a request is not for a client")
        case .response:
            receiveResponse(frame)
        case .data:
            guard call.kind == .serverStreaming else {
                return violated("data on the unary stream \(frame.streamID)")
            }
            if !frame.flags.contains(.noData), !call.receiver.receive(frame.payload) {
                // The receiver ended itself.
                waiting[frame.streamID] = nil
                streams[ObjectIdentifier(call.receiver)] = nil
            } else if frame.flags.contains(.remoteClosed) {
                end(frame.streamID, .success(nil))
            }
        }
    }

    private func receiveResponse(_ frame: Frame) {
        let response: ResponseEnvelope
        do {
            response = try decoder.response(frame.payload)
        } catch {
            return violated("the response is not a ttrpc.Response: \(error)")
        }
        let isOK = response.status.code == .ok
        end(frame.streamID, isOK ? .success(response.payload) : .failure(.status(response.status)))
    }

    private func violated(_ text: String) {
        endAll(.protocolViolation(text))
        close()
    }

    private func ended() {
        guard context != nil else { return }
        context = nil
        deadlines.cancel()
        endAll(.connectionLost)
    }
}
