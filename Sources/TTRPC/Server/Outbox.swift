import Glibc
import NIOCore

/// What a connection has to send: answers gather here and go to the socket at once.
///
/// On the event loop. A plain socket is written to directly as long as its channel holds nothing
/// back: NIO's own way out, through pipeline and pending writes, costs as much as reading does.
/// What the socket has no room for goes through the channel, as does everything under TLS.
struct Outbox {
    typealias Socket = any NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle>

    private var bytes = ByteBuffer()
    /// Bytes that the channel held back when it was last asked.
    private var channelBytes = 0
    /// Nil where something lies between us and the socket.
    private var socket: Socket?

    /// Bytes that wait for the peer to read.
    var bytesPending: Int { bytes.readableBytes + channelBytes }

    /// From now on whole answers go straight to the channel's socket, if it has one.
    ///
    /// Not for a channel that has TLS in its pipeline.
    mutating func sendDirectly(to channel: any Channel) {
        socket = channel as? Socket
    }

    /// Adds to what the next flush sends.
    mutating func write(_ append: (inout ByteBuffer) -> Void) { append(&bytes) }

    /// Forgets what was not sent.
    mutating func clear() { bytes = ByteBuffer() }

    /// Sends what the socket takes.
    ///
    /// - Parameters:
    ///   - channel: The connection's.
    ///   - keptBytes: The largest buffer that is kept for later answers.
    /// - Returns: What the channel must send; it counts as held back until the next ``look(at:)``.
    mutating func send(by channel: any Channel, keeping keptBytes: Int) -> ByteBuffer? {
        guard bytes.readableBytes > 0 else { return nil }
        if channelBytes > 0 { look(at: channel) }
        if channelBytes == 0 { send() }
        guard bytes.readableBytes == 0 else {
            defer { bytes = ByteBuffer() }
            channelBytes += bytes.readableBytes
            return bytes
        }
        if bytes.capacity > keptBytes {
            bytes = ByteBuffer()
        } else {
            bytes.clear()
        }
        return nil
    }

    /// Notes what the channel holds back by now.
    mutating func look(at channel: any Channel) {
        channelBytes = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Writes as much as the socket takes.
    ///
    /// Whatever fails here fails in the channel too, which knows what to do about it.
    private mutating func send() {
        guard let socket else { return }
        let sent = try? socket.withUnsafeTransport { descriptor in
            unsafe bytes.withUnsafeReadableBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
        if let sent, sent > 0 { bytes.moveReaderIndex(forwardBy: sent) }
    }
}
