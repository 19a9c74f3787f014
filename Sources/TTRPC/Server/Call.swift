public import NIOCore

/// A request as it arrived: everything about it, and nothing to answer it with.
public struct Call: Sendable {
    /// What the caller expects back.
    public enum Kind: Hashable, Sendable {
        /// One answer.
        case unary
        /// Any number of messages, then an end.
        case serverStreaming
    }

    /// The full name of the service, such as `trading.v1.TradingService`.
    public let service: String

    /// The bare name of the method, such as `PlaceOrder`.
    public let method: String

    /// What the caller expects back.
    public let kind: Kind

    /// The packed message: a slice of what was received, not a copy.
    ///
    /// Keeping it keeps the whole read (up to 64 KiB) in memory.
    public let payload: ByteBuffer

    /// When the caller stops waiting; nil if it never does.
    public let deadline: NIODeadline?

    /// The metadata in the caller's order; keys may repeat.
    public let metadata: [Metadata]

    /// When the request was read from its connection.
    public let received: NIODeadline

    /// Where it came from.
    public let connection: ConnectionInfo

    /// The stream id on that connection.
    public let streamID: UInt32

    /// The first value of a metadata key.
    ///
    /// - Parameter key: The key, in lower case; libraries differ in what they make of capitals.
    /// - Returns: Its first value, or nil.
    public func metadataValue(_ key: String) -> String? {
        metadata.first { $0.key == key || $0.key.lowercased() == key }?.value
    }
}

/// One connection of a server.
public struct ConnectionInfo: Hashable, Sendable {
    /// Who is at the other end, as far as the system vouches for it.
    public enum Peer: Hashable, Sendable {
        /// A process of this machine; the kernel recorded it when it connected.
        case unix(processID: Int32, userID: UInt32)
        /// An address and port, such as `127.0.0.1:40312`.
        case tcp(String)
    }

    /// Counts up from 1 within the server; never used twice.
    public let id: UInt64

    /// Who is at the other end.
    public let peer: Peer
}

extension ConnectionInfo: CustomStringConvertible {
    /// For logs, such as `#3 unix pid 812 uid 1000`.
    public var description: String {
        switch peer {
        case .unix(let processID, let userID): "#\(id) unix pid \(processID) uid \(userID)"
        case .tcp(let address): "#\(id) tcp \(address)"
        }
    }
}

/// What answers a server's calls.
///
/// Every method is called on the server's event loop.
public protocol CallHandler: AnyObject {
    /// Takes a call; the answer goes to `responder`, now or later.
    ///
    /// - Parameters:
    ///   - call: The request.
    ///   - responder: Must be answered exactly once, on the event loop.
    func receive(_ call: Call, _ responder: Responder)

    /// A connection was accepted.
    ///
    /// - Parameter connection: The new connection.
    func connectionOpened(_ connection: ConnectionInfo)

    /// A connection is gone; its responders were cancelled before.
    ///
    /// Also called, without `connectionOpened`, for one that was refused.
    ///
    /// - Parameters:
    ///   - connection: The connection, as it was announced.
    ///   - reason: Why it ended.
    func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason)
}

extension CallHandler {
    /// Does nothing.
    ///
    /// - Parameter connection: The new connection.
    public func connectionOpened(_ connection: ConnectionInfo) {}

    /// Does nothing.
    ///
    /// - Parameters:
    ///   - connection: The connection.
    ///   - reason: Why it ended.
    public func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason) {}
}
