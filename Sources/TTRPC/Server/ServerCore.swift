import NIOCore
import ProtobufArena

/// What the connections of a server share.
///
/// Lives on the event loop.
final class ServerCore {
    let eventLoop: any EventLoop
    let configuration: ServerConfiguration
    let handler: any CallHandler
    /// For statuses; reset with each.
    let arena = ProtobufArena()

    /// Calls of all connections that wait for an answer.
    var inFlightCount = 0

    /// Connections whose TLS handshake failed, and that wait for their end.
    private var heldCount = 0
    private var connections: [UInt64: ServerConnection] = [:]
    private var lastConnectionID: UInt64 = 0
    private var toFlush: [ServerConnection] = []
    /// Swapped with `toFlush` each tick, so that neither gives up its storage.
    private var flushing: [ServerConnection] = []
    private var drained: EventLoopPromise<Void>?

    init(
        eventLoop: any EventLoop,
        configuration: ServerConfiguration,
        handler: any CallHandler
    ) {
        configuration.check()
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.handler = handler
    }

    /// Puts a connection into the pipeline of an accepted channel, or refuses it.
    func accept(
        _ channel: any Channel,
        peer: ConnectionInfo.Peer,
        tls: ServerTLS? = nil
    ) throws {
        lastConnectionID += 1
        let info = ConnectionInfo(id: lastConnectionID, peer: peer)
        guard drained == nil, connections.count < configuration.connectionsMax else {
            let reason: CloseReason = drained == nil ? .tooManyConnections : .serverClosing
            handler.connectionClosed(info, reason: reason)
            throw ChannelError.ioOnClosedChannel
        }
        let connection = ServerConnection(info, server: self, isPlain: tls == nil)
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            let hold = HandshakeHold()
            try pipeline.addHandlers([
                hold, tls.makeHandler(), HandshakeWatch(hold, server: self),
            ])
        }
        try pipeline.addHandler(connection)
        connections[info.id] = connection
        handler.connectionOpened(info)
    }

    func connectionEnded(_ connection: ServerConnection, _ reason: CloseReason) {
        guard connections.removeValue(forKey: connection.info.id) != nil else { return }
        handler.connectionClosed(connection.info, reason: reason)
        if connections.isEmpty { drained?.succeed() }
    }

    /// Lets a connection wait whose TLS handshake failed, unless very many do.
    func hold(_ hold: HandshakeHold) {
        guard configuration.failedHandshakeDelay.nanoseconds > 0,
            heldCount < configuration.failedHandshakesHeldMax
        else { return }
        heldCount += 1
        hold.fail(holdingFor: configuration.failedHandshakeDelay) { [self] in heldCount -= 1 }
    }

    /// What waits for an answer, seen from a connection on which so many calls do.
    func counts(beside connectionCount: Int) -> InFlightCounts {
        InFlightCounts(connection: connectionCount, server: inFlightCount)
    }

    /// Flushes once, after everything that this tick still writes.
    func queueFlush(of connection: ServerConnection) {
        toFlush.append(connection)
        guard toFlush.count == 1 else { return }
        eventLoop.assumeIsolated().execute { [self] in
            swap(&toFlush, &flushing)
            for connection in flushing { connection.flush() }
            flushing.removeAll(keepingCapacity: true)
        }
    }

    /// Lets calls finish until `deadline`, then closes what is left.
    func drain(until deadline: NIODeadline) -> EventLoopFuture<Void> {
        if let drained { return drained.futureResult }
        let promise = eventLoop.makePromise(of: Void.self)
        drained = promise
        for id in connections.keys.sorted() { connections[id]?.drain() }
        guard !connections.isEmpty else {
            promise.succeed()
            return promise.futureResult
        }
        let timer = DeadlineTimer(eventLoop: eventLoop)
        timer.arm(for: deadline) { [self] in
            for id in connections.keys.sorted() { connections[id]?.close(.serverClosing) }
        }
        promise.futureResult.assumeIsolated().whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }
}
