public import NIOCore
package import ProtobufArena

/// Answers one call, exactly once, from the server's event loop.
///
/// A second answer is a mistake of ours and ends the process. An answer after the call was
/// cancelled (its deadline passed, its connection is gone) is not: the handler could not know, and
/// it is dropped. A responder that nobody keeps and nobody answered answers INTERNAL by itself.
public final class Responder {
    /// Why nobody waits for the answer any more.
    public enum Cancellation: Hashable, Sendable {
        /// The deadline passed; the caller was told so.
        case deadlineExceeded
        /// The connection is gone, or the server is closing.
        case connectionClosed
    }

    private enum State {
        case open
        case answered
        case cancelled(answeredLate: Bool)
    }

    private let connection: ServerConnection
    private let streamID: UInt32
    private let kind: Call.Kind
    private var state = State.open
    private var cancellationAction: ((Cancellation) -> Void)?

    init(connection: ServerConnection, streamID: UInt32, kind: Call.Kind) {
        self.connection = connection
        self.streamID = streamID
        self.kind = kind
    }

    deinit {
        guard case .open = state else { return }
        connection.eventLoop.preconditionInEventLoop()
        connection.end(
            streamID,
            with: Status(.internal, "the call was dropped without an answer")
        )
    }

    /// Whether an answer would still reach the caller.
    public var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    var isStream: Bool { kind == .serverStreaming }

    /// Bytes that wait on this connection for the peer to read; a measure of a slow subscriber.
    public var outboundBytesPending: Int { connection.outboundBytesPending }

    /// Whether the peer keeps up, so that more may be sent without piling up here.
    public var isWritable: Bool { isOpen && connection.isWritable }

    /// Registers what is to happen when the peer has read what piled up; at most one action at a
    /// time, called once.
    ///
    /// - Parameter action: Called on the event loop, unless the call ends before.
    public func whenWritable(_ action: @escaping () -> Void) {
        connection.eventLoop.preconditionInEventLoop()
        guard isOpen else { return }
        connection.whenWritable(streamID, action)
    }

    /// Answers a unary call, or ends a stream that had a last message.
    ///
    /// - Parameter payload: The packed answer. One that does not fit a frame becomes
    ///   RESOURCE_EXHAUSTED.
    public func succeed(_ payload: ByteBuffer) {
        guard answer() else { return }
        unsafe connection.end(streamID, payloadBytes: payload.readableBytes) { room in
            unsafe payload.withUnsafeReadableBytes { unsafe room.copyMemory(from: $0) }
        }
    }

    /// Answers a unary call, or ends a stream that had a last message.
    ///
    /// - Parameter payload: The packed answer. One that does not fit a frame becomes
    ///   RESOURCE_EXHAUSTED.
    public func succeed(_ payload: [UInt8]) {
        guard answer() else { return }
        unsafe connection.end(streamID, payloadBytes: payload.count) { room in
            unsafe payload.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
        }
    }

    /// Answers a unary call with a message, packed straight into the connection's buffer.
    package func succeed(_ message: BuiltMessage) {
        guard answer() else { return }
        unsafe connection.end(streamID, payloadBytes: message.packedBytes) {
            unsafe message.pack(into: $0)
        }
    }

    /// Answers with an error, in a unary call or a stream.
    ///
    /// - Parameter status: Anything but OK.
    public func fail(_ status: Status) {
        guard status.code != .ok else { fatalError("a call cannot fail with OK") }
        guard answer() else { return }
        connection.end(streamID, with: status)
    }

    /// Sends one message of a stream.
    ///
    /// - Parameter payload: The packed message; may be empty, must fit a frame.
    /// - Returns: Whether the stream was still open. `false` once cancelled, which includes that
    ///   this very message was too much for a slow reader.
    @discardableResult
    public func send(_ payload: ByteBuffer) -> Bool {
        guard kind == .serverStreaming else { fatalError("a unary call has no messages to send") }
        connection.eventLoop.preconditionInEventLoop()
        switch state {
        case .answered: fatalError("a message was sent on a stream that was ended")
        case .cancelled: return false
        case .open: return connection.sendData(payload, on: streamID)
        }
    }

    /// Ends a stream without an error.
    public func finish() {
        guard kind == .serverStreaming else { fatalError("a unary call needs an answer") }
        guard answer() else { return }
        connection.finish(streamID)
    }

    /// Registers what is to happen when nobody waits any more; at most one action, called once.
    ///
    /// - Parameter action: Called on the event loop; not called once the call is answered.
    public func onCancel(_ action: @escaping (Cancellation) -> Void) {
        connection.eventLoop.preconditionInEventLoop()
        guard isOpen else { return }
        guard cancellationAction == nil else { fatalError("a call has one cancellation action") }
        cancellationAction = action
    }

    /// Takes over the deadline: the server no longer answers DEADLINE_EXCEEDED by itself.
    ///
    /// For a handler that has something better to say shortly before `Call.deadline`.
    public func answersDeadlineItself() {
        connection.eventLoop.preconditionInEventLoop()
        guard isOpen else { return }
        connection.forgetDeadline(of: streamID)
    }

    /// Closes the responder from the connection's side.
    func cancel(_ cancellation: Cancellation) {
        guard isOpen else { fatalError("an answered call was cancelled") }
        state = .cancelled(answeredLate: false)
        let action = cancellationAction
        cancellationAction = nil
        action?(cancellation)
    }

    /// Notes the one answer; whether it is to be sent.
    private func answer() -> Bool {
        connection.eventLoop.preconditionInEventLoop()
        switch state {
        case .open:
            state = .answered
            cancellationAction = nil
            return true
        case .cancelled(answeredLate: false):
            state = .cancelled(answeredLate: true)
            return false
        case .answered, .cancelled(answeredLate: true):
            fatalError("a call was answered twice")
        }
    }
}
