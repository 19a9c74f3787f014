import Glibc
import NIOCore
import NIOPosix
import ProtobufArena
import Synchronization
import Testing

@testable import TTRPC

/// A handler with a method for every way in which a call can go.
final class EchoHandler: CallHandler {
    /// What the server told its handler, for tests that are not on the event loop.
    final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        private let releaser = Mutex<(@Sendable () -> Void)?>(nil)

        /// Answers what was kept, without a call that would have to be accepted first.
        func releaseAll() {
            releaser.withLock { $0 }?()
        }

        func setReleaser(_ action: @escaping @Sendable () -> Void) {
            releaser.withLock { $0 = action }
        }

        func append(_ line: String) {
            lines.withLock { $0.append(line) }
        }

        var all: [String] { lines.withLock { $0 } }

        /// Waits until a line satisfies `condition`.
        func wait(for condition: @Sendable (String) -> Bool) async throws {
            while !all.contains(where: condition) {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    let log: Log
    private let router = Router()
    private var kept: [Responder] = []

    init(log: Log) {
        self.log = log
        addUnary()
        addStreams()
        addPacked()
    }

    func receive(_ call: Call, _ responder: Responder) {
        router.receive(call, responder)
    }

    func connectionOpened(_ connection: ConnectionInfo) {
        log.append("opened")
    }

    func connectionClosed(_ connection: ConnectionInfo, reason: CloseReason) {
        log.append("closed \(reason)")
    }

    /// Answers the last one first.
    func releaseAll() {
        for (index, waiting) in kept.enumerated().reversed() where !waiting.isStream {
            waiting.succeed(ByteBuffer(string: "\(index)"))
        }
        kept.removeAll()
    }

    private func addUnary() {
        router.add("Echo", of: "test.Echo") { call, responder in responder.succeed(call.payload) }
        router.add("Describe", of: "test.Echo") { call, responder in
            let metadata = call.metadata.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            let peer =
                if case .unix(_, let userID) = call.connection.peer {
                    "user \(userID)"
                } else {
                    "tcp"
                }
            let deadline = call.deadline.map { "\(($0 - call.received).nanoseconds)" } ?? "none"
            responder.succeed(ByteBuffer(string: "\(metadata) \(peer) \(deadline)"))
        }
        router.add("Fail", of: "test.Echo") { _, responder in
            let detail = StatusDetail(typeURL: "type.googleapis.com/test.Reason", value: [1, 0, 2])
            responder.fail(Status(.failedPrecondition, "not now: café", details: [detail]))
        }
        router.add("Drop", of: "test.Echo") { _, _ in }
        router.add("Keep", of: "test.Echo") { [self] call, responder in
            log.append("kept")
            responder.onCancel { [log] in log.append("cancelled \($0)") }
            kept.append(responder)
        }
        router.add("Release", of: "test.Echo") { [self] call, responder in
            releaseAll()
            responder.succeed(call.payload)
        }
        router.add("OwnDeadline", of: "test.Echo") { [self] call, responder in
            responder.answersDeadlineItself()
            kept.append(responder)
            log.append("kept")
        }
        router.add("Large", of: "test.Echo") { call, responder in
            let bytes = Int(String(buffer: call.payload)) ?? 0
            responder.succeed(ByteBuffer(repeating: 7, count: bytes))
        }
    }

    private func addPacked() {
        let arena = ProtobufArena()
        router.add("Packed", of: "test.Echo") { call, responder in
            arena.reset()
            do throws(ProtobufError) {
                let bytes = call.payload.readableBytesUInt8Span
                let message = try unsafe arena.unpack(Envelope.keyValue, from: bytes)
                responder.succeed(unsafe BuiltMessage(message))
            } catch {
                responder.fail(Status(refusing: error, as: unsafe Envelope.keyValue.name))
            }
        }
    }

    private func addStreams() {
        router.add("Count", of: "test.Echo", kind: .serverStreaming) { call, responder in
            let count = Int(String(buffer: call.payload)) ?? 0
            for number in 0..<count { responder.send(ByteBuffer(string: "\(number)")) }
            responder.finish()
        }
        router.add("CountAndFail", of: "test.Echo", kind: .serverStreaming) { _, responder in
            responder.send(ByteBuffer(string: "0"))
            responder.fail(Status(.aborted, "enough"))
        }
        router.add("CountAndLast", of: "test.Echo", kind: .serverStreaming) { _, responder in
            responder.send(ByteBuffer())
            responder.succeed(ByteBuffer(string: "last"))
        }
        router.add("Forever", of: "test.Echo", kind: .serverStreaming) { [self] _, responder in
            responder.onCancel { [log] in log.append("cancelled \($0)") }
            responder.send(ByteBuffer(string: "first"))
            kept.append(responder)
        }
        router.add("Flood", of: "test.Echo", kind: .serverStreaming) { [self] _, responder in
            responder.onCancel { [log] in log.append("cancelled \($0)") }
            let message = ByteBuffer(repeating: 1, count: 1 << 20)
            while responder.send(message) {}
            kept.append(responder)
        }
    }
}

/// A folder of its own for the socket of a test.
func withSocketFolder<Result>(
    _ body: (String) async throws -> Result
) async throws -> Result {
    let path = "/tmp/ttrpc-\(UInt64.random(in: 0 ... .max))"
    try #require(unsafe mkdir(path, 0o700) == 0)
    defer {
        for name in ["s", "other"] { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }
    return try await body(path)
}

/// Runs `body` against an echo server on a Unix socket and on TCP, then drains it.
func withEchoServer(
    _ configuration: ServerConfiguration = ServerConfiguration(),
    _ body: (_ server: TTRPCServer, _ path: String, _ log: EchoHandler.Log) async throws -> Void
) async throws {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    try await withSocketFolder { folder in
        let log = EchoHandler.Log()
        let server = try await TTRPCServer.start(
            on: eventLoop,
            addresses: [.unix(path: folder + "/s"), .tcp(host: "127.0.0.1", port: 0)],
            configuration: configuration,
            makeHandler: {
                let handler = EchoHandler(log: log)
                let bound = NIOLoopBound(handler, eventLoop: eventLoop)
                log.setReleaser { eventLoop.execute { bound.value.releaseAll() } }
                return handler
            }
        )
        let result = await Swift.Result { () async throws in
            try await body(server, folder + "/s", log)
        }
        try await server.drain(timeout: .seconds(0)).get()
        try result.get()
    }
}

extension Swift.Result where Failure == any Error {
    init(catching body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

extension TTRPCClient {
    /// A call of the echo service with text.
    func echo(
        _ method: String,
        _ text: String = "",
        timeout: TimeAmount? = nil
    ) async throws(CallError) -> String {
        let answer = try await call(
            service: "test.Echo",
            method: method,
            payload: ByteBuffer(string: text),
            timeout: timeout
        )
        return String(buffer: answer)
    }
}

/// Both transports of a test's server.
enum Transport: CaseIterable {
    case unix
    case tcp

    func address(_ server: TTRPCServer, _ path: String) -> ConnectAddress {
        switch (self, server.addresses[1]) {
        case (.tcp, .tcp(let host, let port)): .tcp(host: host, port: port)
        default: .unix(path: path)
        }
    }
}
