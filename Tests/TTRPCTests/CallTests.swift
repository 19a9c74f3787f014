import NIOCore
import Testing

@testable import TTRPC

@Suite struct CallTests {
    @Test(arguments: Transport.allCases)
    func `a unary call gets its answer`(_ transport: Transport) async throws {
        try await withEchoServer { server, path, _ in
            let client = try await TTRPCClient.connect(to: transport.address(server, path))
            #expect(try await client.echo("Echo", "hello") == "hello")
            #expect(try await client.echo("Echo", "") == "")
            await client.close()
        }
    }
}
