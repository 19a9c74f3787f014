import Foundation
import Journal
import Logging
import MarketReplay
import NIOCore
import NIOPosix
import TradingCore
import Venues

@testable import RPCServer

/// A gateway in this process whose paper venue plays a recording line by line.
struct SteppedPaper {
    private final class Parts {
        let walk: GatewayLoop
        let link: PaperLink

        init(walk: GatewayLoop, link: PaperLink) {
            self.walk = walk
            self.link = link
        }
    }

    private let loop: any EventLoop
    private let parts: NIOLoopBound<Parts>

    /// - Parameters:
    ///   - recording: What is played.
    ///   - folder: Where the account's file is made.
    ///   - opening: What the account holds.
    /// - Throws: Why the recording cannot be played.
    init(recording: String, folder: String, opening: [Asset: Amount]) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.loop = loop
        self.parts = try await loop.submit {
            NIOLoopBound(
                try Self.parts(loop, recording: recording, folder: folder, opening: opening),
                eventLoop: loop
            )
        }.get()
    }

    private static func parts(
        _ loop: any EventLoop,
        recording: String,
        folder: String,
        opening: [Asset: Amount]
    ) throws -> Parts {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let settings = GatewaySettings(
            initialMode: .paper,
            allowsLiveTrading: false,
            exchanges: [.paper],
            marketVenue: .paper,
            limits: RiskLimits(
                allowedSymbols: [Symbol("BTCUSDT")],
                orderNotionalMax: try Amount("1000000")
            )
        )
        let walk = GatewayLoop(
            gateway: Gateway(recovered: State(), settings: settings),
            journal: AbandonedStore(),
            loop: loop,
            clock: SystemClock(),
            lever: KillLever(KillSettings(), storePath: folder + "/store", log: log),
            codes: nil,
            log: log
        )
        let configuration = PaperConfiguration(
            source: .recording(path: recording, speed: .step),
            symbols: [Symbol("BTCUSDT")],
            bookPath: folder + "/paper.log",
            opening: opening
        )
        let link = try PaperLink(configuration, walk: walk, loop: loop, log: log)
        walk.attach(link, as: .paper)
        walk.start(prefix: "aaaaaaaa", epoch: "bbbbbbbb", version: "test")
        link.start()
        return Parts(walk: walk, link: link)
    }

    func advance(lines: Int) async throws {
        let parts = self.parts
        try await self.loop.submit { try parts.value.link.advance(lines: lines) }.get()
    }

    func ask(_ request: Request) async throws -> Reply {
        let parts = self.parts
        let loop = self.loop
        return try await loop.flatSubmit {
            let promise = loop.makePromise(of: Reply.self)
            parts.value.walk.receive(request, deadline: nil) { promise.succeed($0) }
            return promise.futureResult
        }.get()
    }

    func order(_ request: Request) async throws -> Order? {
        try await self.ask(request).order
    }

    /// Returns once orders are taken, or after a while.
    func becomeReady() async throws {
        for _ in 0..<400 {
            if case .health(let health) = try await self.ask(.health),
                health.notReadyReasons.isEmpty
            {
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
