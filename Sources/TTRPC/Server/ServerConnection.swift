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
    private var inFlight: [UInt32: InFlight] = [:]
    private var outbound = ByteBuffer()
    private var bytesInChannel = 0
    private var isReading = false
    private var flushIsQueued = false
    /// Whether a call waits for the peer to read.
    private var isAwaited = false

    init(_ info: ConnectionInfo, server: ServerCore) {
        self.info = info
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
        noteBytesInChannel()
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
        inFlight[streamID] = InFlight(responder: responder, deadline: deadline)
        server.inFlightCount += 1
        server.handler.receive(call, responder)
        if let deadline, inFlight[streamID]?.deadline != nil {
            deadlines.arm(for: deadline) { [self] in sweepDeadlines() }
        }
    }

    // MARK: Answers

    /// Bytes that wait for the peer to read.
    var outboundBytesPending: Int { outbound.readableBytes + bytesInChannel }

    /// Whether less waits for the peer than would be worth waiting for.
    var isWritable: Bool {
        phase == .open
            && outboundBytesPending < server.configuration.writableBytes.upperBound
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
        for streamID in inFlight.keys.sorted() {
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
        _ writePayload: (inout ByteBuffer) -> Void
    ) {
        guard leave(streamID) else { return }
        endSuccessfully(streamID, payloadBytes: payloadBytes, writePayload)
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
        _ writePayload: (inout ByteBuffer) -> Void
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
            $0.writeResponseStart(payloadBytes: payloadBytes, streamID: streamID)
            writePayload(&$0)
        }
    }

    /// Takes a call off the table; false if the connection is past answering.
    private func leave(_ streamID: UInt32) -> Bool {
        take(streamID) != nil && phase == .open
    }

    private func take(_ streamID: UInt32) -> InFlight? {
        guard let call = inFlight.removeValue(forKey: streamID) else { return nil }
        server.inFlightCount -= 1
        return call
    }

    private func sweepDeadlines() {
        let now = NIODeadline.now()
        let passed = inFlight.filter { ($0.value.deadline ?? .distantFuture) <= now }
        for streamID in passed.keys.sorted() {
            // An action of a handler below may have ended others meanwhile.
            guard let call = take(streamID) else { continue }
            let status = Status(.deadlineExceeded, "the deadline passed before an answer")
            write { $0.writeResponse(status: status, streamID: streamID, arena: server.arena) }
            call.responder.cancel(.deadlineExceeded)
        }
        if let earliest = inFlight.values.compactMap(\.deadline).min() {
            deadlines.arm(for: earliest) { [self] in sweepDeadlines() }
        }
        closeIfDrained()
    }

    // MARK: Writing

    private func write(_ append: (inout ByteBuffer) -> Void) {
        guard phase == .open else { return }
        append(&outbound)
        let bytesMax = server.configuration.outboundBytesMax
        if outboundBytesPending > bytesMax {
            // What was counted last may have been read since.
            noteBytesInChannel()
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
        guard outbound.readableBytes > 0, phase != .closed, let context else { return }
        context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
        // A new buffer of like size if the channel still holds this one, else the same again.
        if outbound.capacity > server.configuration.writableBytes.upperBound {
            outbound = ByteBuffer()
        } else {
            outbound.clear()
        }
        noteBytesInChannel()
    }

    private func noteBytesInChannel() {
        guard let channel = context?.channel else { return }
        // Below the high mark the exact number does not matter.
        bytesInChannel =
            channel.isWritable
            ? 0 : (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // MARK: Ending

    /// No new calls; the connection closes when the last one is answered.
    ///
    /// Streams end now.
    func drain() {
        guard phase == .open else { return }
        rules.drain()
        for streamID in inFlight.keys.sorted() {
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
        outbound = ByteBuffer()
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
        outbound = ByteBuffer()
        deadlines.cancel()
        arrivals.cancel()
        cancelInFlight()
        server.connectionEnded(self, closeReason)
    }

    private func cancelInFlight() {
        for streamID in inFlight.keys.sorted() {
            // An action below may end others.
            take(streamID)?.responder.cancel(.connectionClosed)
        }
    }
}
