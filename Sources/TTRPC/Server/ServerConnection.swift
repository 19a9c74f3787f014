import NIOCore
import ProtobufArena

/// One connection of a server: performs what `ServerProtocol` decides.
///
/// Lives on the event loop.
///
/// Answers gather in one buffer, written and flushed once per read, or once per tick for answers
/// that come later.
final class ServerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case open
        /// The reason was sent; what still arrives is read and forgotten, so that the peer gets it.
        case lingering
        case closed
    }

    private struct InFlight {
        /// Unowned, so that dropping the responder is noticed; it leaves the table when it goes.
        unowned let responder: Responder
        var deadline: NIODeadline?
        /// Waits for the peer to read.
        var whenWritable: (() -> Void)?
    }

    let eventLoop: any EventLoop
    let info: ConnectionInfo
    private let server: ServerCore
    private let deadlines: DeadlineTimer
    private let arrivals: ArrivalWatch
    private var context: ChannelHandlerContext?
    private var reader: FrameReader
    private var rules: ServerProtocol
    private var phase = Phase.open
    private var closeReason = CloseReason.peer
    private var inFlight = CallTable<InFlight>()
    private var outbox = Outbox()
    /// Whether nothing lies between this handler and the socket, such as TLS.
    private let isPlain: Bool
    private var isReading = false
    private var flushIsQueued = false
    /// Whether a call waits for the peer to read.
    private var isAwaited = false

    init(_ info: ConnectionInfo, server: ServerCore, isPlain: Bool) {
        self.info = info
        self.isPlain = isPlain
        self.server = server
        eventLoop = server.eventLoop
        deadlines = DeadlineTimer(eventLoop: server.eventLoop)
        arrivals = ArrivalWatch(
            eventLoop: server.eventLoop,
            frameTimeout: server.configuration.frameTimeout
        )
        reader = FrameReader(frameBytesMax: server.configuration.frameBytesMax)
        rules = ServerProtocol(server.configuration)
    }

    // MARK: What arrives

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if isPlain { outbox.sendDirectly(to: context.channel) }
        arrivals.begin(firstCallWithin: server.configuration.firstCallTimeout) { [self] missing in
            close(.tooSlow(missing))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if phase == .open, let reason = CloseReason(handshakeError: error) { closeReason = reason }
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open else { return }
        isReading = true
        reader.append(unwrapInboundIn(data))
        let now = NIODeadline.now()
        var frameCount = 0
        defer {
            arrivals.arrived(frameCount: frameCount, pendingBytes: reader.pendingBytes, now)
        }
        while phase == .open {
            do throws(FrameViolation) {
                guard let frame = try reader.next() else { break }
                frameCount += 1
                perform(rules.receive(frame, inFlight: server.counts(beside: inFlight.count)), now)
            } catch {
                perform(rules.receive(error), now)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        outbox.look(at: context.channel)
        callAwaiting()
        context.fireChannelWritabilityChanged()
    }

    private func perform(_ action: ServerProtocol.Action, _ now: NIODeadline) {
        switch action {
        case .dispatch(let request, let streamID, let kind):
            dispatch(request, streamID: streamID, kind: kind, now)
        case .refuse(let streamID, let status):
            write { $0.writeResponse(status: status, streamID: streamID, arena: server.arena) }
        case .ignore:
            break
        case .close(let streamID, let status):
            if let streamID {
                write { $0.writeResponse(status: status, streamID: streamID, arena: server.arena) }
            }
            linger(.protocolViolation(status.message))
        }
    }

    private func dispatch(
        _ request: RequestEnvelope,
        streamID: UInt32,
        kind: Call.Kind,
        _ now: NIODeadline
    ) {
        let deadline: NIODeadline? =
            request.timeoutNanoseconds == 0
            ? nil : now + .nanoseconds(request.timeoutNanoseconds)
        let call = Call(
            service: request.service,
            method: request.method,
            kind: kind,
            payload: request.payload,
            deadline: deadline,
            metadata: request.metadata,
            received: now,
            connection: info,
            streamID: streamID
        )
        let responder = Responder(connection: self, streamID: streamID, kind: kind)
        inFlight.insert(InFlight(responder: responder, deadline: deadline), for: streamID)
        server.inFlightCount += 1
        server.handler.receive(call, responder)
        if let deadline, inFlight[streamID]?.deadline != nil {
            deadlines.arm(for: deadline) { [self] in sweepDeadlines() }
        }
    }

    // MARK: Answers

    /// Bytes that wait for the peer to read.
    var outboundBytesPending: Int { outbox.bytesPending }

    /// Whether less waits for the peer than would be worth waiting for.
    var isWritable: Bool {
        // What the channel is full above; exactly so much is not told of when it is read.
        phase == .open
            && outboundBytesPending <= server.configuration.writableBytes.upperBound
    }

    /// Calls `action` once, when the peer has read; at the end of this tick at the earliest.
    func whenWritable(_ streamID: UInt32, _ action: @escaping () -> Void) {
        inFlight[streamID]?.whenWritable = action
        isAwaited = true
        // What is written and not flushed yet may all go out, and then nothing would change.
        if !flushIsQueued {
            flushIsQueued = true
            server.queueFlush(of: self)
        }
    }

    private func callAwaiting() {
        guard isAwaited, isWritable else { return }
        isAwaited = false
        for streamID in inFlight.streamIDs {
            guard let action = inFlight[streamID]?.whenWritable else { continue }
            inFlight[streamID]?.whenWritable = nil
            action()
        }
    }

    func end(_ streamID: UInt32, with status: Status) {
        guard leave(streamID) else { return }
        write { $0.writeResponse(status: status, streamID: streamID, arena: server.arena) }
        closeIfDrained()
    }

    /// Ends a call with an answer, whose bytes are written straight into what is sent.
    func end(
        _ streamID: UInt32,
        payloadBytes: Int,
        _ pack: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        guard leave(streamID) else { return }
        unsafe endSuccessfully(streamID, payloadBytes: payloadBytes, pack)
        closeIfDrained()
    }

    func finish(_ streamID: UInt32) {
        guard leave(streamID) else { return }
        write {
            $0.writeFrameHeader(
                bytes: 0,
                streamID: streamID,
                kind: .data,
                flags: [.remoteClosed, .noData]
            )
        }
        closeIfDrained()
    }

    func sendData(_ payload: ByteBuffer, on streamID: UInt32) -> Bool {
        guard phase == .open else { return false }
        write {
            $0.writeFrameHeader(bytes: payload.readableBytes, streamID: streamID, kind: .data)
            $0.writeImmutableBuffer(payload)
        }
        return phase == .open
    }

    func forgetDeadline(of streamID: UInt32) {
        inFlight[streamID]?.deadline = nil
    }

    private func endSuccessfully(
        _ streamID: UInt32,
        payloadBytes: Int,
        _ pack: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let bytes = ByteBuffer.responseBytes(payloadBytes: payloadBytes)
        guard bytes <= Frame.protocolBytesMax else {
            let status = Status(
                .resourceExhausted,
                "answer of \(bytes) bytes exceeds the limit of \(Frame.protocolBytesMax)"
            )
            write { $0.writeResponse(status: status, streamID: streamID, arena: server.arena) }
            return
        }
        write {
            unsafe $0.writeResponse(payloadBytes: payloadBytes, streamID: streamID, pack)
        }
    }

    /// Takes a call off the table; false if the connection is past answering.
    private func leave(_ streamID: UInt32) -> Bool {
        take(streamID) != nil && phase == .open
    }

    private func take(_ streamID: UInt32) -> InFlight? {
        guard let call = inFlight.remove(streamID) else { return nil }
        server.inFlightCount -= 1
        return call
    }

    private func sweepDeadlines() {
        let now = NIODeadline.now()
        for streamID in inFlight.streamIDs {
            guard let deadline = inFlight[streamID]?.deadline, deadline <= now else { continue }
            // An action of a handler below may have ended others meanwhile.
            guard let call = take(streamID) else { continue }
            let status = Status(.deadlineExceeded, "the deadline passed before an answer")
            write { $0.writeResponse(status: status, streamID: streamID, arena: server.arena) }
            call.responder.cancel(.deadlineExceeded)
        }
        if let earliest = inFlight.entries.compactMap(\.entry.deadline).min() {
            deadlines.arm(for: earliest) { [self] in sweepDeadlines() }
        }
        closeIfDrained()
    }

    // MARK: Writing

    private func write(_ append: (inout ByteBuffer) -> Void) {
        guard phase == .open else { return }
        outbox.write(append)
        let bytesMax = server.configuration.outboundBytesMax
        if outboundBytesPending > bytesMax {
            // What was counted last may have been read since.
            if let channel = context?.channel { outbox.look(at: channel) }
            guard outboundBytesPending <= bytesMax else {
                return close(.slowReader(bytesWaiting: outboundBytesPending))
            }
        }
        if !isReading, !flushIsQueued {
            flushIsQueued = true
            server.queueFlush(of: self)
        }
    }

    func flush() {
        flushIsQueued = false
        defer { callAwaiting() }
        guard phase != .closed, let context else { return }
        let keptBytes = server.configuration.writableBytes.upperBound
        guard let rest = outbox.send(by: context.channel, keeping: keptBytes) else { return }
        // From within, the channel tells that it is full, or that it is not any more.
        context.writeAndFlush(wrapOutboundOut(rest), promise: nil)
        outbox.look(at: context.channel)
    }

    // MARK: Ending

    /// No new calls; the connection closes when the last one is answered.
    ///
    /// Streams end now.
    func drain() {
        guard phase == .open else { return }
        rules.drain()
        for streamID in inFlight.streamIDs {
            guard inFlight[streamID]?.responder.isStream == true, let call = take(streamID) else {
                continue
            }
            let status = Status(.unavailable, "the server is closing")
            write { $0.writeResponse(status: status, streamID: streamID, arena: server.arena) }
            call.responder.cancel(.connectionClosed)
        }
        closeIfDrained()
    }

    private func closeIfDrained() {
        guard rules.isDraining, inFlight.isEmpty, phase == .open else { return }
        linger(.serverClosing)
    }

    /// Closes at once.
    ///
    /// Calls in flight are cancelled when the channel reports its end, not now: the handler may be
    /// in the middle of one of them.
    func close(_ reason: CloseReason) {
        guard phase != .closed else { return }
        if phase == .open { closeReason = reason }
        phase = .closed
        outbox.clear()
        context?.close(promise: nil)
    }

    /// Sends what is written, then closes once the peer did, or after `lingerMax`.
    ///
    /// Closing with unread input would make the kernel discard what the peer has not read yet.
    private func linger(_ reason: CloseReason) {
        guard phase == .open, let context else { return }
        closeReason = reason
        flush()
        phase = .lingering
        cancelInFlight()
        context.close(mode: .output, promise: nil)
        deadlines.cancel()
        arrivals.cancel()
        deadlines.arm(for: .now() + server.configuration.lingerMax) { [self] in close(reason) }
    }

    private func ended() {
        guard context != nil else { return }
        context = nil
        phase = .closed
        outbox.clear()
        deadlines.cancel()
        arrivals.cancel()
        cancelInFlight()
        server.connectionEnded(self, closeReason)
    }

    private func cancelInFlight() {
        for streamID in inFlight.streamIDs {
            // An action below may end others.
            take(streamID)?.responder.cancel(.connectionClosed)
        }
    }
}
