import Glibc
import NIOCore

/// What both ends of a TCP connection ask of the system.
enum TCPOptions {
    /// Quick, and aware of a peer that is gone without a word: the protocol has no ping.
    ///
    /// Where nothing is under way, it is noticed within a minute and a half. Keep-alive is silent
    /// while something is: what is not acknowledged, or not read, for three minutes ends the
    /// connection then, where the system alone would go on for a quarter of an hour.
    static let all: [(ChannelOptions.Types.SocketOption, SocketOptionValue)] = [
        (.tcpOption(.tcp_nodelay), 1), (.socketOption(.so_keepalive), 1),
        (.tcpOption(.init(rawValue: TCP_KEEPIDLE)), 30),
        (.tcpOption(.init(rawValue: TCP_KEEPINTVL)), 15),
        (.tcpOption(.init(rawValue: TCP_KEEPCNT)), 4),
        (.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), 180_000),
    ]

    /// Sets them all.
    static func set(on channel: any Channel) -> EventLoopFuture<Void> {
        let set = Self.all.map { channel.setOption($0, value: $1) }
        return EventLoopFuture.andAllSucceed(set, on: channel.eventLoop)
    }
}
