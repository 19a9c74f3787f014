import Foundation
package import NIOCore
import NIOSSL
package import TradingCore

/// A Binance account: what the gateway loop says to it and hears from it.
///
/// Everything here is called on the loop, and what comes back is delivered on the loop, once per
/// batch. REST runs on a thread of its own; the streams run on the loop.
package final class BinanceVenue {
    private let configuration: BinanceConfiguration
    private let gate: Gate
    private let loop: any EventLoop
    private let deliver: ([VenueInput]) -> Void
    private let note: (String) -> Void
    private let signer: RequestSigner
    private let tls: NIOSSLContext
    private var mailbox: Mailbox?
    private var userStream: StreamConnection?
    private var marketStream: StreamConnection?
    private var placements: [OrderIntent] = []
    private var clockOffsetMilliseconds: Int64 = 0
    private var hasStarted = false

    /// - Parameters:
    ///   - configuration: Where and as whom.
    ///   - gate: The last door of every placement (K1); it starts closed.
    ///   - eventLoop: The gateway loop.
    ///   - note: Takes what only people may want to know: ignored events, lost market streams.
    ///   - deliver: Takes what the venue says, in order, on the loop.
    /// - Throws: Where the key cannot sign or the authorities cannot be read.
    package init(
        configuration: BinanceConfiguration,
        gate: Gate,
        eventLoop: any EventLoop,
        note: @escaping (String) -> Void = { _ in },
        deliver: @escaping ([VenueInput]) -> Void
    ) throws {
        self.configuration = configuration
        self.gate = gate
        self.loop = eventLoop
        self.note = note
        self.deliver = deliver
        self.signer = try RequestSigner(secret: configuration.secret)
        var tls = TLSConfiguration.makeClientConfiguration()
        if let path = configuration.certificateAuthorityPath { tls.trustRoots = .file(path) }
        self.tls = try NIOSSLContext(configuration: tls)
    }

    /// Connects.
    ///
    /// The user stream waits for the venue's clock, by which its subscription is signed.
    package func start() {
        self.loop.assertInEventLoop()
        guard !self.hasStarted else { return }
        self.hasStarted = true
        let configuration = self.configuration
        let settings = VenueWorker.Settings(
            baseURL: configuration.restURL,
            apiKey: configuration.apiKey,
            certificateAuthorityPath: configuration.certificateAuthorityPath,
            timing: configuration.timing,
            connectionCount: max(2, configuration.connectionCount)
        )
        let multi = CurlMulti(connectionsMax: settings.connectionCount + VenueWorker.keeperCount)
        let mailbox = Mailbox(multi: multi)
        self.mailbox = mailbox
        let gate = self.gate
        let secret = configuration.secret
        let loop = self.loop
        let bound = NIOLoopBound(self, eventLoop: loop)
        let thread = Thread {
            VenueSignals.blockAll()
            guard let signer = try? RequestSigner(secret: secret) else {
                fatalError("invariant broken: a key that could sign cannot any more")
            }
            let worker = VenueWorker(
                settings,
                multi: multi,
                mailbox: mailbox,
                gate: gate,
                signer: signer
            ) { inputs in
                loop.execute { bound.value.receive(inputs) }
            }
            worker.run()
            loop.execute { bound.value.workerEnded() }
        }
        thread.name = "venue \(configuration.venue.mode.name)"
        thread.start()
    }

    /// Takes an order that is on disk.
    ///
    /// Its fate comes back as ``VenueInput/placementAnswered(_:_:)``.
    package func place(_ placement: consuming DurablePlacement) {
        self.placements.append(placement.intent)
    }

    /// Sends a read or a cancel at once: neither waits for a write.
    package func perform(_ request: VenueRequest) {
        let isTaken = self.mailbox?.put(.perform(request)) ?? false
        if !isTaken { self.deliverLater([.answered(request, .failed("not connected"))]) }
    }

    /// Hands over the placements of a batch.
    package func flush() {
        guard !self.placements.isEmpty else { return }
        let intents = self.placements
        self.placements.removeAll(keepingCapacity: true)
        for intent in intents {
            let isTaken = self.mailbox?.put(.place(intent)) ?? false
            if !isTaken {
                let outcome = PlacementOutcome.notSent(.notConnected("not connected"))
                self.deliverLater([.placementAnswered(intent.orderID, outcome)])
            }
        }
    }

    /// From now on no placement byte is written (K1).

    package func openGate() { self.gate.open() }

    /// Ends the streams, waits a moment for what is on its way, and ends the venue thread.
    ///
    /// Placements that are still without an answer then are reported as unknown.
    package func shutdown() -> EventLoopFuture<Void> {
        self.loop.assertInEventLoop()
        self.gate.close()
        self.userStream?.stop()
        self.marketStream?.stop()
        guard let mailbox = self.mailbox, mailbox.put(.stop) else {
            return self.loop.makeSucceededVoidFuture()
        }
        let promise = self.ended ?? self.loop.makePromise(of: Void.self)
        self.ended = promise
        return promise.futureResult
    }

    private var ended: EventLoopPromise<Void>?

    private func workerEnded() {
        self.mailbox = nil
        self.ended?.succeed()
    }

    private func deliverLater(_ inputs: [VenueInput]) {
        self.loop.assumeIsolated().execute { self.deliver(inputs) }
    }

    // MARK: Streams

    private func receive(_ inputs: [VenueInput]) {
        for case .clockMeasured(let offset, _) in inputs { self.clockOffsetMilliseconds = offset }
        self.deliver(inputs)
        let isMeasured = inputs.contains { if case .clockMeasured = $0 { true } else { false } }
        if isMeasured, self.userStream == nil, self.ended == nil { self.startStreams() }
    }

    private func startStreams() {
        let stream = self.connection(
            to: self.configuration.websocketAPIURL,
            .user,
            message: UserFrames.message
        )
        self.userStream = stream
        stream.start()
        guard !self.configuration.quotedSymbols.isEmpty else { return }
        let names = self.configuration.quotedSymbols.map { symbol in
            QueryText.encoded(symbol.name.lowercased()) + "@bookTicker"
        }
        let url = self.configuration.streamURL + "/stream?streams=" + names.joined(separator: "/")
        let market = self.connection(to: url, .market, message: MarketFrames.message)
        self.marketStream = market
        market.start()
    }

    private func connection(
        to url: String,
        _ purpose: StreamMachine.Purpose,
        message: @escaping ([UInt8]) -> StreamMessage
    ) -> StreamConnection {
        guard let endpoint = StreamEndpoint(url: url) else {
            fatalError("invariant broken: a checked URL cannot be taken apart")
        }
        let description = StreamConnection.Description(
            endpoint: endpoint,
            purpose: purpose,
            timing: self.configuration.timing.stream,
            message: message,
            subscription: { [unowned self] in self.subscription() }
        )
        return StreamConnection(
            description,
            loop: self.loop,
            tls: endpoint.isEncrypted ? self.tls : nil,
            chance: { UInt64.random(in: 0...UInt64.max) },
            note: self.note,
            deliver: self.deliver
        )
    }

    private func subscription() -> String {
        let now = VenueClock.wall().adding(milliseconds: self.clockOffsetMilliseconds)
        return UserSubscription.text(
            apiKey: self.configuration.apiKey,
            timestamp: now,
            signer: self.signer
        )
    }
}

/// The frame that subscribes the WebSocket API connection to the account's events.
enum UserSubscription {
    /// Signed over the parameters in the order of their names, without percent-encoding.
    static func text(apiKey: String, timestamp: WallTime, signer: RequestSigner) -> String {
        let time = timestamp.milliseconds
        let payload = "apiKey=\(apiKey)&recvWindow=5000&timestamp=\(time)"
        let signature = signer.signature(of: Array(payload.utf8))
        return #"{"id":"user","method":"userDataStream.subscribe.signature","params":{"#
            + #""apiKey":"\#(apiKey)","recvWindow":5000,"signature":"\#(signature)","#
            + #""timestamp":\#(time)}}"#
    }
}
