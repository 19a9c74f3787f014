import Glibc
import NIOCore
import NIOPosix

/// SwiftNIO's loop that sends back what it reads and does nothing else: what is left of a call's
/// time when all of ours is taken away.
final class EventLoopEcho: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }

    /// Serves until the process is killed; prints the ready line.
    static func serve() throws(Fault) -> Never {
        do {
            let server = try ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(EventLoopEcho())
                    }
                }
                .bind(host: "127.0.0.1", port: 0)
                .wait()
            print("ready echo=\(server.localAddress?.port ?? 0)")
            fflush(nil)
            try server.closeFuture.wait()
        } catch {
            throw Fault("the echo failed: \(error)")
        }
        throw Fault("the echo ended")
    }
}
