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
    private let keep: ([Receipt]) -> Void
    private let signer: RequestSigner
    private let tls: NIOSSLContext
    private var mailbox: Mailbox?
    private var userStreams: UserStreams?
    private var marketStream: StreamConnection?
    private var placements: [OrderIntent] = []
    private var clock = ClockEstimate()
    private var restraint: VenueRestraint?
    private var hasStarted = false
    private var hasStreams = false
    /// Reads each frame of the market streams, and asks for all of them, trades and depth too.
    var readMarket: (([UInt8]) -> StreamMessage)?

    /// - Parameters:
    ///   - configuration: Where and as whom.
    ///   - gate: The last door of every placement (K1); it starts closed.
    ///   - eventLoop: The gateway loop.
    ///   - note: Takes what only people may want to know: ignored events, lost market streams.
    ///   - keep: Takes what was said word for word, before what it means is delivered.
    ///   - deliver: Takes what the venue says, in order, on the loop.
    /// - Throws: Where the key cannot sign or the authorities cannot be read.
    package init(
        configuration: BinanceConfiguration,
        gate: Gate,
        eventLoop: any EventLoop,
        note: @escaping (String) -> Void,
        keep: @escaping ([Receipt]) -> Void = { _ in },
        deliver: @escaping ([VenueInput]) -> Void
    ) throws {
        self.configuration = configuration
        self.gate = gate
        self.loop = eventLoop
        self.note = note
        self.keep = keep
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
            connectionCount: max(2, configuration.connectionCount),
            patience: VenuePatience(continuing: self.restraint, at: VenueClock.now())
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
            ) { inputs, receipts in
                loop.execute {
                    bound.value.keep(receipts)
                    bound.value.receive(inputs)
                }
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

    /// Sends nothing within a restraint's scope before it ends; called before ``start()``, with
    /// what the venue asked of a process before this one.
    package func restrain(_ restraint: VenueRestraint) {
        invariant(!self.hasStarted, "a venue that runs knows itself what it was asked for")
        self.restraint = restraint
    }

    /// Gives the user stream up, which is dead whatever it says, and opens a new one.
    package func renewStream(reason: String) {
        self.loop.assumeIsolated().execute { self.userStreams?.renew(reason) }
    }

    /// Ends the streams, waits a moment for what is on its way, and ends the venue thread.
    ///
    /// Placements that are still without an answer then are reported as unknown.
    package func shutdown() -> EventLoopFuture<Void> {
        self.loop.assertInEventLoop()
        self.gate.close()
        self.userStreams?.stop()
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
        for case .clockMeasured(let sample) in inputs { self.clock.take(sample) }
        self.deliver(inputs)
        guard self.clock.isMeasured, !self.hasStreams, self.ended == nil else { return }
        self.hasStreams = true
        if self.configuration.hasAccount { self.startUserStreams() }
        self.startMarketStream()
    }

    private func startUserStreams() {
        let streams = UserStreams(
            self.configuration.timing.stream,
            loop: self.loop,
            shell: UserStreams.Shell(
                connect: { [unowned self] ending, deliver in
                    self.connection(
                        to: self.configuration.websocketAPIURL,
                        .user,
                        message: { [unowned self] text in self.read(text) },
                        ending: ending,
                        deliver: deliver
                    )
                },
                deliver: self.deliver
            )
        )
        self.userStreams = streams
        streams.start()
    }

    private func startMarketStream() {
        guard !self.configuration.quotedSymbols.isEmpty else { return }
        let kinds =
            self.readMarket == nil
            ? ["bookTicker", MarketFrames.depthKind] : ["bookTicker", "trade", "depth@100ms"]
        let names = self.configuration.quotedSymbols.flatMap { symbol in
            kinds.map { QueryText.encoded(symbol.name.lowercased()) + "@" + $0 }
        }
        let url = self.configuration.streamURL + "/stream?streams=" + names.joined(separator: "/")
        let market = self.connection(
            to: url,
            .market,
            message: self.readMarket ?? MarketFrames.message,
            deliver: self.deliver
        )
        self.marketStream = market
        market.start()
    }

    /// Reads a frame of the user stream; what it says of an order is kept.
    private func read(_ text: [UInt8]) -> StreamMessage {
        let message = UserFrames.message(text)
        if case .input(.orderReported(let report)) = message {
            let apiKey = self.configuration.apiKey
            self.keep([Receipt(of: report.ownerID, message: text, apiKey: apiKey)])
        }
        return message
    }

    private func connection(
        to url: String,
        _ purpose: StreamMachine.Purpose,
        message: @escaping ([UInt8]) -> StreamMessage,
        ending: @escaping () -> Void = {},
        deliver: @escaping ([VenueInput]) -> Void
    ) -> StreamConnection {
        guard let endpoint = StreamEndpoint(url: url) else {
            fatalError("invariant broken: a checked URL cannot be taken apart")
        }
        let description = StreamConnection.Description(
            endpoint: endpoint,
            purpose: purpose,
            timing: self.configuration.timing.stream,
            message: message,
            subscription: { [unowned self] in self.subscription() },
            ending: ending,
            clockRefused: { [unowned self] in _ = self.mailbox?.put(.measureClock) }
        )
        return StreamConnection(
            description,
            loop: self.loop,
            tls: endpoint.isEncrypted ? self.tls : nil,
            chance: { UInt64.random(in: 0...UInt64.max) },
            note: self.note,
            deliver: deliver
        )
    }

    private func subscription() -> String {
        let now = self.clock.venueTime(at: VenueClock.now())
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
