import Dispatch
import Foundation
import TradingAPI

/// Trades a moving-average crossover until SIGTERM or SIGINT.
@main
enum Program {
    static func main() async {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            let client = try await TradingClient.connect(
                to: options.address,
                timeoutMilliseconds: 5_000,
                token: options.token,
                tls: options.tls
            )
            try await Self.trade(try Trader(client, options))
            await client.close()
            say("stopped")
        } catch {
            FileHandle.standardError.write(Data("moving-average-crossover: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Runs until a signal, or until something cannot be mended by waiting.
    private static func trade(_ trader: Trader) async throws {
        let (signals, source) = Self.signals()
        defer { source.forEach { $0.cancel() } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await trader.follow() }
            group.addTask { try await trader.trade() }
            group.addTask {
                for await _ in signals { break }
                // A call that is under way is waited for: its order would be unknown else.
                await trader.stop()
                try await Task.sleep(for: .seconds(3_600))
            }
            // Trading ends first; the events and the signals are then not needed any more.
            try await group.next()
            group.cancelAll()
        }
    }

    private static func signals() -> (AsyncStream<Void>, [any DispatchSourceSignal]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        return (stream, sources)
    }
}

/// Tells people what happens, a line at a time.
func say(_ text: String) {
    print(text)
    fflush(nil)
}
