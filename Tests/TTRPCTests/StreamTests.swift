import NIOCore
import Testing

@testable import TTRPC

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    private func collect(
        _ client: TTRPCClient,
        _ method: String,
        _ text: String = "",
        timeout: TimeAmount? = nil
    ) async -> (messages: [String], error: CallError?) {
        let stream = client.stream(
            service: "test.Echo",
            method: method,
            payload: ByteBuffer(string: text),
            timeout: timeout
        )
        var messages: [String] = []
        var iterator = stream.makeAsyncIterator()
        do throws(CallError) {
            while let message = try await iterator.next() {
                messages.append(String(buffer: message))
            }
            // The end stays the end.
            #expect(try await iterator.next() == nil)
            return (messages, nil)
        } catch {
            return (messages, error)
        }
    }

    @Test(arguments: Transport.allCases, [0, 1, 1000])
    func `every message arrives in order, then the end`(
        _ transport: Transport,
        _ count: Int
    ) async throws {
        try await withEchoServer { server, path, _ in
            let client = try await TTRPCClient.connect(to: transport.address(server, path))
            let (messages, error) = await collect(client, "Count", "\(count)")
            #expect(messages == (0..<count).map(String.init))
            #expect(error == nil)
            await client.close()
        }
    }

    @Test func `an error ends a stream after its messages`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let (messages, error) = await collect(client, "CountAndFail")
            #expect(messages == ["0"])
            #expect(error == .status(Status(.aborted, "enough")))
            await client.close()
        }
    }

    @Test func `an empty message is a message and a Response may carry the last one`() async throws
    {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let (messages, error) = await collect(client, "CountAndLast")
            #expect(messages == ["", "last"])
            #expect(error == nil)
            await client.close()
        }
    }

    @Test func `a unary method called as a stream is UNIMPLEMENTED`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let (_, error) = await collect(client, "Echo")
            let status = Status(.unimplemented, "test.Echo/Echo is unary, not serverStreaming")
            #expect(error == .status(status))
            await client.close()
        }
    }

    @Test func `streams and calls share a connection`() async throws {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            async let streamed = collect(client, "Count", "500")
            for number in 0..<100 {
                #expect(try await client.echo("Echo", "\(number)") == "\(number)")
            }
            #expect(await streamed.messages.count == 500)
            await client.close()
        }
    }

    @Test func `a stream has a deadline too`() async throws {
        try await withEchoServer { _, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let (messages, error) = await collect(client, "Forever", timeout: .milliseconds(30))
            #expect(messages == ["first"])
            let status = Status(.deadlineExceeded, "the deadline passed before an answer")
            #expect(error == .status(status))
            #expect(log.all.contains("cancelled deadlineExceeded"))
            await client.close()
        }
    }

    @Test func `a broken connection ends a stream with an error, not quietly`() async throws {
        try await withEchoServer { _, path, log in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            let stream = client.stream(
                service: "test.Echo",
                method: "Forever",
                payload: ByteBuffer()
            )
            var iterator = stream.makeAsyncIterator()
            #expect(try await iterator.next() == ByteBuffer(string: "first"))
            await client.close()
            await #expect(throws: CallError.connectionLost) {
                while try await iterator.next() != nil {}
            }
            try await log.wait { $0 == "cancelled connectionClosed" }
        }
    }

    @Test func `messages that nobody takes end the stream at the bound, calls go on`() async throws
    {
        try await withEchoServer { _, path, _ in
            var configuration = ClientConfiguration()
            configuration.streamBufferedBytesMax = 1000
            let client = try await TTRPCClient.connect(
                to: .unix(path: path),
                configuration: configuration
            )
            let stream = client.stream(
                service: "test.Echo",
                method: "Count",
                payload: ByteBuffer(string: "500")
            )
            // By the time this is answered the stream's messages have come.
            #expect(try await client.echo("Echo", "a") == "a")
            var iterator = stream.makeAsyncIterator()
            var count = 0
            let error = await #expect(throws: CallError.self) {
                while let message = try await iterator.next() {
                    #expect(String(buffer: message) == "\(count)")
                    count += 1
                }
            }
            #expect(error == .streamOverflow(bytesMax: 1000))
            #expect((1..<500).contains(count))
            #expect(try await client.echo("Echo", "b") == "b")
            await client.close()
        }
    }

    @Test func `a stream that is no longer kept is dropped and the connection goes on`()
        async throws
    {
        try await withEchoServer { _, path, _ in
            let client = try await TTRPCClient.connect(to: .unix(path: path))
            for try await message in client.stream(
                service: "test.Echo",
                method: "Count",
                payload: ByteBuffer(string: "100")
            ) {
                #expect(String(buffer: message) == "0")
                break
            }
            #expect(try await client.echo("Echo", "on") == "on")
            await client.close()
        }
    }
}
