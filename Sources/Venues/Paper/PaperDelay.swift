import MarketReplay
import NIOCore

/// How long messages travel between the gateway and the paper venue, each way.
package struct PaperLatency: Hashable, Sendable {
    /// At least this long.
    package var milliseconds: Int64
    /// And up to this much longer, by chance.
    package var jitterMilliseconds: Int64
    /// The same seed draws the same delays.
    package var seed: UInt64

    package init(milliseconds: Int64 = 0, jitterMilliseconds: Int64 = 0, seed: UInt64 = 1) {
        self.milliseconds = milliseconds
        self.jitterMilliseconds = jitterMilliseconds
        self.seed = seed
    }
}

/// One direction between the gateway and the paper venue: what goes in comes out later, in order,
/// and never within the call that put it in.
final class PaperDelay<Element> {
    private let loop: any EventLoop
    private let latency: PaperLatency
    private var random: SeededGenerator
    private let receive: ([Element]) -> Void
    private var waiting: [(due: NIODeadline, element: Element)] = []
    private var isScheduled = false

    init(
        _ latency: PaperLatency,
        salt: UInt64,
        loop: any EventLoop,
        receive: @escaping ([Element]) -> Void
    ) {
        self.latency = latency
        self.random = SeededGenerator(seed: latency.seed ^ salt)
        self.loop = loop
        self.receive = receive
    }

    func put(_ element: Element) {
        var due = NIODeadline.now()
        let jitter = self.latency.jitterMilliseconds
        due = due + .milliseconds(self.latency.milliseconds)
        if jitter > 0 { due = due + .milliseconds(self.random.next(in: 0...jitter)) }
        // A connection keeps the order of what it carries.
        if let last = self.waiting.last { due = max(due, last.due) }
        self.waiting.append((due, element))
        self.schedule()
    }

    /// Lets everything out now.
    func flush() {
        let elements = self.waiting.map(\.element)
        self.waiting = []
        if !elements.isEmpty { self.receive(elements) }
    }

    private func schedule() {
        guard !self.isScheduled, let first = self.waiting.first else { return }
        self.isScheduled = true
        let loop = self.loop.assumeIsolated()
        guard first.due > .now() else {
            loop.execute { self.letOut() }
            return
        }
        loop.scheduleTask(deadline: first.due) { self.letOut() }
    }

    private func letOut() {
        self.isScheduled = false
        let now = NIODeadline.now()
        let count = self.waiting.prefix { $0.due <= now }.count
        let elements = self.waiting[..<count].map(\.element)
        self.waiting.removeFirst(count)
        if !elements.isEmpty { self.receive(elements) }
        self.schedule()
    }
}
