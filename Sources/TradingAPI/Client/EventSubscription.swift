import NIOCore
import Synchronization
public import TTRPC

/// The events of a gateway, for as long as somebody takes them; iterate once.
///
/// It has a connection of its own. Where that breaks, or the server restarts, or the reader was
/// too slow and was cut off, it connects again and goes on behind the last event that it gave: no
/// event is missing and none comes twice. Only a server that never answered, that refuses, or
/// that breaks the protocol ends it.
public struct EventSubscription: AsyncSequence, Sendable {
    /// An event, or a heartbeat.
    public typealias Element = RemoteUpdate
    /// Why it cannot go on.
    public typealias Failure = TradingClientError

    private let target: ClientTarget
    private let wish: SubscriptionWish

    /// Prepares a subscription; connects when it is iterated.
    ///
    /// - Parameters:
    ///   - address: `unix:/path` or `host:port`.
    ///   - token: By which the server knows who calls; a Unix socket may need none.
    ///   - tls: What a TCP connection begins with; nil for plain text.
    ///   - wish: Which events, and from where on.
    public init(
        to address: String,
        token: BearerToken? = nil,
        tls: ClientTLS? = nil,
        _ wish: SubscriptionWish
    ) {
        self.init(ClientTarget(address: address, token: token, tls: tls), wish)
    }

    init(_ target: ClientTarget, _ wish: SubscriptionWish) {
        self.target = target
        self.wish = wish
    }

    /// Begins to take updates.
    ///
    /// - Returns: The only iterator of this subscription.
    public func makeAsyncIterator() -> Iterator {
        Iterator(target: self.target, wish: self.wish)
    }

    /// Takes updates one by one.
    public struct Iterator: AsyncIteratorProtocol {
        private let target: ClientTarget
        private var wish: SubscriptionWish
        private var link: Link?
        private var wasConnected = false
        private var backoff = Backoff()
        private var isEnded = false
        private let decoder = ResponseDecoder()

        fileprivate init(target: ClientTarget, wish: SubscriptionWish) {
            self.target = target
            self.wish = wish
        }

        /// Waits for the next event or heartbeat.
        ///
        /// - Returns: It, or nil where the task was cancelled or the sequence threw before.
        /// - Throws: Why it cannot go on.
        public mutating func next() async throws(TradingClientError) -> RemoteUpdate? {
            while !self.isEnded {
                guard !Task.isCancelled else { break }
                do throws(TradingClientError) {
                    if let update = try await self.receive() { return update }
                } catch {
                    self.link = nil
                    guard self.wasConnected, error.isWorthAnotherTry else {
                        self.isEnded = true
                        throw error
                    }
                    await self.pause()
                }
            }
            self.isEnded = true
            self.link = nil
            return nil
        }

        /// Waits for the next event or heartbeat.
        ///
        /// - Parameter actor: The caller's isolation.
        /// - Returns: It, or nil where the task was cancelled or the sequence threw before.
        /// - Throws: Why it cannot go on.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(TradingClientError) -> RemoteUpdate? {
            try await self.next()
        }

        private mutating func receive() async throws(TradingClientError) -> RemoteUpdate? {
            let link: Link
            if let present = self.link {
                link = present
            } else {
                link = try await Link(self.target, self.wish)
                self.link = link
            }
            let payload: ByteBuffer?
            do throws(CallError) {
                payload = try await link.next()
            } catch {
                if case .cancelled = error { return nil }
                throw TradingClient.translate(error)
            }
            guard let payload else { throw .connectionLost("the server ended the subscription") }
            let update: RemoteUpdate
            do {
                update = try self.decoder.update(Array(payload.readableBytesView))
            } catch {
                throw .malformedAnswer("Subscribe: \(error)")
            }
            guard update.event == nil || update.sequence >= self.wish.fromSequence else {
                throw .malformedAnswer("Subscribe: event \(update.sequence) came twice")
            }
            self.wasConnected = true
            self.backoff = Backoff()
            self.wish.fromSequence = Swift.max(self.wish.fromSequence, update.sequence + 1)
            return update
        }

        private mutating func pause() async {
            try? await Task.sleep(for: self.backoff.next())
        }
    }
}

extension TradingClientError {
    /// Whether a subscription that got it may simply ask again.
    fileprivate var isWorthAnotherTry: Bool {
        switch self {
        case .unreachable, .connectionLost: true
        case .status(let status): status.code == .unavailable || status.code == .resourceExhausted
        case .refused, .malformedAnswer: false
        }
    }
}

/// One connection of a subscription, closed when nobody keeps this, or when it falls silent.
private final class Link {
    private let connection: TTRPCClient
    private var messages: ResponseStream.Iterator
    private let heard: Heard
    private let watchdog: Task<Void, Never>

    /// So many heartbeats may be missing before the server counts as gone.
    private static let missingHeartbeatsMax: Int64 = 4

    init(
        _ target: ClientTarget,
        _ wish: SubscriptionWish
    ) async throws(TradingClientError) {
        let connection = try await target.connect()
        self.connection = connection
        self.messages =
            connection.stream(
                service: TradingMethod.subscribe.service,
                method: TradingMethod.subscribe.rawValue,
                payload: ByteBuffer(bytes: RequestEncoder().subscription(wish)),
                metadata: target.metadata
            ).makeAsyncIterator()
        let heard = Heard()
        self.heard = heard
        let silenceMax = Duration.milliseconds(
            wish.heartbeatMilliseconds * Self.missingHeartbeatsMax + 1_000
        )
        self.watchdog = Task {
            while !Task.isCancelled {
                let silence = heard.silence
                guard silence < silenceMax else { return await connection.close() }
                try? await Task.sleep(for: silenceMax - silence)
            }
        }
    }

    deinit {
        self.watchdog.cancel()
        let connection = self.connection
        Task { await connection.close() }
    }

    func next() async throws(CallError) -> ByteBuffer? {
        let message = try await self.messages.next()
        self.heard.note()
        return message
    }
}

/// When the server was heard last.
private final class Heard: Sendable {
    private let last = Mutex(ContinuousClock.now)

    var silence: Duration { self.last.withLock { ContinuousClock.now - $0 } }

    func note() { self.last.withLock { $0 = .now } }
}
