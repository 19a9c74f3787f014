import CTTRPCProto
import Glibc
import NIOCore
import ProtobufArena
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct CallTests {
    @Test(arguments: Transport.allCases)
    func `a unary call gets its answer`(_ transport: Transport) async throws {
        try await withEchoServer { server, path, _ in
            let client = try await TTRPCClient.connect(to: transport.address(server, path))
            #expect(try await client.echo("Echo", "hello") == "hello")
            #expect(try await client.echo("Echo", "") == "")
            await client.close()
        }
    }

    @Test(arguments: Transport.allCases)
    func `the handler sees metadata, timeout and peer`(_ transport: Transport) async throws {
        try await withEchoServer { server, path, _ in
            let client = try await TTRPCClient.connect(to: transport.address(server, path))
            let answer = try await client.call(
                service: "test.Echo",
                method: "Describe",
                payload: ByteBuffer(),
                timeout: .seconds(9),
                metadata: [Metadata("k", "v"), Metadata("k", "ö")]
            )
            let peer = transport == .unix ? "user \(getuid())" : "tcp"
            #expect(String(buffer: answer) == "k=v,k=ö \(peer) 9000000000")
            #expect(try await client.echo("Describe") == " \(peer) none")
            await client.close()
        }
    }

    @Test func `a status arrives with its details`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let detail = StatusDetail(typeURL: "type.googleapis.com/test.Reason", value: [1, 0, 2])
            let status = Status(.failedPrecondition, "not now: café", details: [detail])
            await #expect(throws: CallError.status(status)) { try await client.echo("Fail") }
            await client.close()
        }
    }

    @Test(arguments: [
        ("test.Nobody", "Echo", "there is no service test.Nobody"),
        ("test.Echo", "Nothing", "test.Echo has no method Nothing"),
        ("test.Echo", "Count", "test.Echo/Count is serverStreaming, not unary"),
    ])
    func `what is not offered is UNIMPLEMENTED`(
        _ service: String,
        _ method: String,
        _ message: String
    ) async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            await #expect(throws: CallError.status(Status(.unimplemented, message))) {
                try await client.call(service: service, method: method, payload: ByteBuffer())
            }
            await client.close()
        }
    }

    @Test(arguments: [0, 1, 114, 115, 116, 100_000])
    func `a message packed into the connection arrives whole`(_ bytes: Int) async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let arena = ProtobufArena()
            let pair = unsafe arena.make(Envelope.keyValue)
            unsafe pair.pointee.key = unsafe arena.string(bytes == 0 ? "" : "some key")
            unsafe pair.pointee.value = unsafe arena.string(String(repeating: "v", count: bytes))
            let packed = unsafe ByteBuffer(bytes: Protobuf.packed(pair))
            let answer = try await client.call(
                service: "test.Echo",
                method: "Packed",
                payload: packed
            )
            #expect(answer == packed)
            let refusal = Status(.invalidArgument, "the bytes are not a ttrpc.KeyValue")
            await #expect(throws: CallError.status(refusal)) {
                try await client.echo("Packed", "x")
            }
            await client.close()
        }
    }

    @Test func `answers in any order find their calls`() async throws {
        try await withEchoServer { _, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            var waiting: [Task<String, any Error>] = []
            for index in 0..<20 {
                waiting.append(Task { try await client.echo("Keep") })
                while log.all.count(where: { $0 == "kept" }) <= index { await Task.yield() }
            }
            #expect(try await client.echo("Release", "done") == "done")
            for (index, task) in waiting.enumerated() {
                #expect(try await task.value == "\(index)")
            }
            await client.close()
        }
    }

    @Test func `many callers share a connection`() async throws {
        try await withEchoServer { server, path, _ in
            let client = try await TTRPCClient.connect(to: Transport.tcp.address(server, path))
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for caller in 0..<8 {
                    group.addTask {
                        for number in 0..<200 {
                            let text = "\(caller)/\(number)"
                            guard try await client.echo("Echo", text) == text else { return false }
                        }
                        return true
                    }
                }
                for try await allRight in group { #expect(allRight) }
            }
            await client.close()
        }
    }

    @Test func `an unanswered call is told at its deadline and a late answer is dropped`()
        async throws
    {
        try await withEchoServer { _, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let status = Status(.deadlineExceeded, "the deadline passed before an answer")
            await #expect(throws: CallError.status(status)) {
                try await client.echo("Keep", timeout: .milliseconds(20))
            }
            #expect(log.all.contains("cancelled deadlineExceeded"))
            // Answers the kept responder, too late; the connection goes on.
            #expect(try await client.echo("Release", "still here") == "still here")
            await client.close()
        }
    }

    @Test func `deadlines pass in their own order`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let outcomes = await withTaskGroup(of: Int.self) { group in
                for milliseconds in [900, 30, 500] {
                    group.addTask {
                        _ = try? await client.echo(
                            "Keep",
                            timeout: .milliseconds(Int64(milliseconds))
                        )
                        return milliseconds
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == [30, 500, 900])
            await client.close()
        }
    }

    @Test func `a handler that takes over the deadline is not preempted by the server`()
        async throws
    {
        try await withEchoServer { _, path, log in
            var configuration = ClientConfiguration()
            configuration.timeoutGrace = .milliseconds(30)
            let client = try await TTRPCClient.connect(
                to: .unix(path: path),
                configuration: configuration
            )
            // Nobody answers: what ends the call is the client's own patience, not a status.
            await #expect(throws: CallError.timedOut) {
                try await client.echo("OwnDeadline", timeout: .milliseconds(10))
            }
            #expect(log.all.contains("kept"))
            await client.close()
        }
    }

    @Test func `a call above the bound is refused at once and the rest goes on`() async throws {
        var configuration = ServerConfiguration()
        configuration.requestsInFlightPerConnectionMax = 3
        try await withEchoServer(configuration) { _, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let waiting = (0..<3).map { _ in Task { try await client.echo("Keep") } }
            while log.all.count(where: { $0 == "kept" }) < 3 { await Task.yield() }
            let status = Status(
                .resourceExhausted,
                "3 calls in flight on this connection, limit 3"
            )
            await #expect(throws: CallError.status(status)) { try await client.echo("Echo") }
            // The bound is per connection.
            let other = try await TTRPCClient.connect(to: .unix(path: path))
            #expect(try await other.echo("Release") == "")
            for task in waiting { _ = try await task.value }
            #expect(try await client.echo("Echo", "again") == "again")
            await other.close()
            await client.close()
        }
    }

    @Test func `a responder that nobody answered answers INTERNAL`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let status = Status(.internal, "the call was dropped without an answer")
            await #expect(throws: CallError.status(status)) { try await client.echo("Drop") }
            #expect(try await client.echo("Echo", "next") == "next")
            await client.close()
        }
    }

    @Test func `too many metadata entries are refused`() async throws {
        var configuration = ServerConfiguration()
        configuration.metadataEntriesMax = 1
        try await withEchoServer(configuration) { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            await #expect(
                throws: CallError.status(Status(.resourceExhausted, "2 metadata entries, limit 1"))
            ) {
                try await client.call(
                    service: "test.Echo",
                    method: "Echo",
                    payload: ByteBuffer(),
                    metadata: [Metadata("a", "1"), Metadata("b", "2")]
                )
            }
            await client.close()
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct CallSizeTests {
    @Test(arguments: [1, 127, 128, 16_383, 16_384, 1 << 20, (4 << 20) - 100])
    func `payloads of any size pass`(_ bytes: Int) async throws {
        try await withEchoServer { server, path, _ in
            let client = try await TTRPCClient.connect(to: Transport.tcp.address(server, path))
            let payload = ByteBuffer(bytes: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 % 251) })
            let answer = try await client.call(
                service: "test.Echo",
                method: "Echo",
                payload: payload
            )
            #expect(answer == payload)
            await client.close()
        }
    }

    @Test func `a request beyond the protocol's frame is not sent`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let payload = ByteBuffer(repeating: 0, count: 4 << 20)
            // Tag and length of three fields, and two names.
            let bytes = (4 << 20) + 5 + 2 + 9 + 2 + 4
            let error = CallError.notSent(.tooLarge(bytes: bytes, bytesMax: 4 << 20))
            await #expect(throws: error) {
                try await client.call(service: "test.Echo", method: "Echo", payload: payload)
            }
            #expect(!error.mayHaveBeenExecuted)
            #expect(try await client.echo("Echo", "next") == "next")
            await client.close()
        }
    }

    @Test func `an answer beyond the protocol's frame becomes a status`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let largest = (4 << 20) - 5
            #expect(try await client.echo("Large", "\(largest)").utf8.count == largest)
            let status = Status(
                .resourceExhausted,
                "answer of 4194305 bytes exceeds the limit of 4194304"
            )
            await #expect(throws: CallError.status(status)) {
                try await client.echo("Large", "\(largest + 1)")
            }
            await client.close()
        }
    }

    @Test func `a request beyond the server's frame limit closes that connection with a reason`()
        async throws
    {
        var configuration = ServerConfiguration()
        configuration.frameBytesMax = 1000
        try await withEchoServer(configuration) { server, path, log in
            let address = Transport.tcp.address(server, path)
            let client = try await TTRPCClient.connect(to: address)
            let other = try await TTRPCClient.connect(to: address)
            let waiting = Task { try await client.echo("Keep") }
            try await log.wait { $0 == "kept" }
            let error = await #expect(throws: CallError.self) {
                try await client.call(
                    service: "test.Echo",
                    method: "Echo",
                    payload: ByteBuffer(repeating: 0, count: 1_000_000)
                )
            }
            guard case .status(let status) = error else {
                Issue.record("no status, but \(String(describing: error))")
                return
            }
            #expect(status.code == .resourceExhausted)
            #expect(status.message == "frame of 1000021 bytes exceeds the limit of 1000")
            await #expect(throws: CallError.connectionLost) { try await waiting.value }
            await #expect(throws: CallError.notSent(.closed)) { try await client.echo("Echo") }
            #expect(try await other.echo("Echo", "untouched") == "untouched")
            try await log.wait { $0.hasPrefix("closed protocolViolation") }
            await other.close()
        }
    }
}
