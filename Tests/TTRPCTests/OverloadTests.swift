import NIOCore
import Testing

@testable import TTRPC

/// What one peer cannot take from the others.
@Suite(.timeLimit(.minutes(1))) struct OverloadTests {
    private static func calls(
        _ client: TTRPCClient,
        _ method: String,
        count: Int
    ) async -> [StatusCode] {
        await withTaskGroup { group in
            for _ in 0..<count {
                group.addTask {
                    do throws(CallError) {
                        _ = try await client.echo(method)
                        return StatusCode.ok
                    } catch {
                        guard case .status(let status) = error else { return .unknown }
                        return status.code
                    }
                }
            }
            var codes: [StatusCode] = []
            for await code in group { codes.append(code) }
            return codes
        }
    }

    @Test func `beyond the limit of all connections calls are refused at once, urgent ones not`()
        async throws
    {
        var configuration = ServerConfiguration()
        configuration.requestsInFlightMax = 10
        configuration.requestsInFlightPerConnectionMax = 8
        configuration.urgentInFlightMax = 2
        configuration.urgentMethods = ["test.Echo": ["Echo", "Keep"]]
        try await withEchoServer(configuration) { server, path, log in
            let first = try await TTRPCClient.connect(to: .unix(path: path))
            let second = try await TTRPCClient.connect(to: .unix(path: path))
            async let kept = Self.calls(first, "OwnDeadline", count: 8)
            while log.all.filter({ $0 == "kept" }).count < 8 {
                try await Task.sleep(for: .milliseconds(1))
            }
            async let more = Self.calls(second, "OwnDeadline", count: 5)
            while log.all.filter({ $0 == "kept" }).count < 10 {
                try await Task.sleep(for: .milliseconds(1))
            }
            for client in [first, second] {
                await #expect(throws: CallError.self) { _ = try await client.echo("Describe") }
                #expect(try await client.echo("Echo", "urgent") == "urgent")
            }
            // The room for urgent calls ends, too.
            async let urgent = Self.calls(second, "Keep", count: 5)
            while log.all.filter({ $0 == "kept" }).count < 12 {
                try await Task.sleep(for: .milliseconds(1))
            }
            await #expect(throws: CallError.self) { _ = try await first.echo("Echo", "urgent") }
            log.releaseAll()
            #expect(await urgent.count(where: { $0 == .ok }) == 2)
            #expect(await kept == Array(repeating: .ok, count: 8))
            let codes = await more
            #expect(codes.count(where: { $0 == .ok }) == 2)
            #expect(codes.count(where: { $0 == .resourceExhausted }) == 3)
            #expect(try await first.echo("Describe").isEmpty == false)
            await first.close()
            await second.close()
        }
    }

    @Test(arguments: Transport.allCases)
    func `a frame that is sent byte by byte does not keep its connection`(
        _ transport: Transport
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.frameTimeout = .milliseconds(300)
        try await withEchoServer(configuration) { server, path, log in
            let patient = try await TTRPCClient.connect(to: transport.address(server, path))
            #expect(try await patient.echo("Echo", "before") == "before")
            let socket = try RawSocket(to: transport.address(server, path))
            try socket.send(Raw.frame(1, Raw.echo("Echo")))
            for byte in Raw.frame(3, Raw.echo("Echo", "a long text")).dropLast(4) {
                guard (try? socket.send([byte])) != nil else { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            try await log.wait { $0 == "closed tooSlow(\"a frame that was begun\")" }
            // Whoever is between calls is left alone.
            #expect(try await patient.echo("Echo", "after") == "after")
            await patient.close()
        }
    }

    @Test(arguments: Transport.allCases)
    func `a connection without a call is closed, one that called may be idle`(
        _ transport: Transport
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.firstCallTimeout = .milliseconds(300)
        try await withEchoServer(configuration) { server, path, log in
            let idle = try await TTRPCClient.connect(to: transport.address(server, path))
            #expect(try await idle.echo("Echo", "before") == "before")
            let silent = try RawSocket(to: transport.address(server, path))
            let slow = try RawSocket(to: transport.address(server, path))
            try slow.send([0, 0, 0])
            while log.all.filter({ $0.contains("a first call") }).count < 2 {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(try silent.receive(1).isEmpty)
            #expect(try await idle.echo("Echo", "after") == "after")
            await idle.close()
        }
    }
}
