/// Why a call has no answer, and above all whether it may have been executed.
public enum CallError: Error, Hashable, Sendable {
    /// The server answered with something else than OK; what that says about execution is up to
    /// the code and the service.
    case status(Status)
    /// Not one byte was sent: certainly not executed.
    case notSent(NotSent)
    /// The connection broke before an answer: it may have been executed.
    case connectionLost
    /// Nobody answered within the timeout and the grace after it: it may have been executed.
    case timedOut
    /// The task was cancelled after sending: it may have been executed.
    case cancelled
    /// The server broke the protocol, and the connection was closed: it may have been executed.
    case protocolViolation(String)
    /// The stream's messages were not taken quickly enough; the rest was dropped.
    case streamOverflow(bytesMax: Int)

    /// Why a call was not sent.
    public enum NotSent: Hashable, Sendable {
        /// The connection is closed.
        case closed
        /// The task was cancelled before.
        case cancelled
        /// The request does not fit a frame.
        case tooLarge(bytes: Int, bytesMax: Int)
        /// This connection has used all its stream ids; make a new one.
        case streamIDsExhausted
    }

    /// Whether the server may have done what the call asked for.
    ///
    /// `false` is certain only for what was not sent. A status says nothing here: look at its code.
    public var mayHaveBeenExecuted: Bool {
        switch self {
        case .notSent: false
        case .status, .connectionLost, .timedOut, .cancelled, .protocolViolation, .streamOverflow:
            true
        }
    }
}

/// Why a client could not connect.
public enum ConnectError: Error, Equatable, Sendable {
    /// Nobody listens there, or the file does not exist.
    case refused(String)
    /// It took longer than the configured time.
    case timedOut
    /// The host is neither an IP address nor `localhost`.
    case unknownHost(String)
    /// The path does not fit a socket's address.
    case pathTooLong(String)
    /// Something else failed; the text says what.
    case failed(String)
}
