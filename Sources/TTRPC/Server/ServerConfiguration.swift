public import NIOCore

/// Where a server listens.
public enum ListenAddress: Hashable, Sendable {
    /// A Unix socket; its file gets mode 0600. At most 107 bytes of path.
    case unix(path: String)

    /// TCP. `host` is an IP address or `localhost`, and must be a loopback address unless the
    /// configuration has TLS. Port 0 lets the system choose.
    case tcp(host: String, port: Int)
}

/// The limits of a server; each is the most that one peer can take.
public struct ServerConfiguration: Sendable {
    /// The largest frame accepted, in bytes without the header; 1 to 4,194,304.
    public var frameBytesMax = 4 << 20

    /// Calls and streams of one connection that wait for an answer; one more is refused with
    /// RESOURCE_EXHAUSTED.
    public var requestsInFlightPerConnectionMax = 1024

    /// The same over all connections.
    public var requestsInFlightMax = 8192

    /// How many calls of `urgentMethods` go beyond both, per connection and over all.
    public var urgentInFlightMax = 64

    /// Methods that must still be answered while others are refused, by service.
    public var urgentMethods: [String: Set<String>] = [:]

    /// Connections at a time; one more is closed at once.
    public var connectionsMax = 256

    /// Metadata entries of one request; more are refused with RESOURCE_EXHAUSTED.
    public var metadataEntriesMax = 64

    /// Bytes waiting for a peer that does not read; beyond, its connection is cut.
    ///
    /// Must leave room for one frame.
    public var outboundBytesMax = 8 << 20

    /// The write buffer's marks, in bytes, between which a connection counts as writable again.
    public var writableBytes = 64 << 10..<256 << 10

    /// How long a peer may take to its first call, a TLS handshake included.
    public var firstCallTimeout = TimeAmount.seconds(30)

    /// How long a peer may take to send the rest of a frame that it began.
    public var frameTimeout = TimeAmount.seconds(10)

    /// How long a closing connection waits for the peer to have read the reason.
    public var lingerMax = TimeAmount.seconds(1)

    /// How long a peer whose TLS handshake failed waits for the end of its connection.
    public var failedHandshakeDelay = TimeAmount.zero

    /// So many of them wait at a time; one more is let go at once.
    public var failedHandshakesHeldMax = 64

    /// Connections waiting to be accepted, per address.
    public var backlog: Int32 = 128

    /// What TCP connections begin with; nil for plain ones, on loopback only.
    public var tls: ServerTLS?

    /// Makes the default configuration.
    public init() {}

    /// Ends the process when the limits contradict each other.
    func check() {
        guard (1...Frame.protocolBytesMax).contains(frameBytesMax),
            requestsInFlightPerConnectionMax > 0, requestsInFlightMax > 0, urgentInFlightMax >= 0,
            firstCallTimeout.nanoseconds > 0, frameTimeout.nanoseconds > 0, connectionsMax > 0,
            metadataEntriesMax >= 0,
            outboundBytesMax >= Frame.protocolBytesMax + Frame.headerBytes,
            writableBytes.lowerBound > 0, writableBytes.upperBound <= outboundBytesMax,
            lingerMax.nanoseconds >= 0, backlog > 0, failedHandshakeDelay.nanoseconds >= 0,
            failedHandshakesHeldMax >= 0
        else { fatalError("these server limits contradict each other: \(self)") }
    }
}

/// Why a server could not start; nothing of it is left behind.
public enum ServerStartError: Error, Equatable, Sendable {
    /// No address was given.
    case noAddress
    /// The host is not a loopback address, and there is no TLS.
    case tlsRequired(host: String)
    /// The host is neither an IP address nor `localhost`.
    case unknownHost(String)
    /// The path does not fit a socket's address.
    case pathTooLong(path: String, bytesMax: Int)
    /// Something else than a socket is in the place; it was left alone.
    case notASocket(path: String)
    /// A living server answers there.
    case inUse(ListenAddress)
    /// A system call failed.
    case system(call: String, errno: Int32)
    /// The event loop is shutting down.
    case eventLoopClosed
}

/// Why a connection ended.
public enum CloseReason: Hashable, Sendable {
    /// The peer closed it, or it broke.
    case peer
    /// The peer broke the protocol; the text says how.
    case protocolViolation(String)
    /// The peer did not read what was sent to it.
    case slowReader(bytesWaiting: Int)
    /// TLS could not begin: a peer without a certificate that is trusted here, or without TLS. The
    /// text says how.
    case handshakeFailed(String)
    /// The peer took too long; the text says with what.
    case tooSlow(String)
    /// The server had `connectionsMax` of them.
    case tooManyConnections
    /// The server is closing.
    case serverClosing
}
