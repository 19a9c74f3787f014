import CCurl
import TradingCore

/// What the venue thread does: one loop over libcurl that sends what the gateway loop hands over,
/// decodes what comes back, and returns all of a turn's results at once (M4).
///
/// Born on its thread and never seen by another; ``Mailbox`` and ``Gate`` are the ways in,
/// `handOver` the way out.
final class VenueWorker {
    struct Settings: Sendable {
        var baseURL: String
        var apiKey: String
        var certificateAuthorityPath: String?
        var timing: BinanceConfiguration.Timing
        var connectionCount: Int
    }

    enum Job {
        case placement(OrderIntent)
        /// `isOurs`: nobody but the worker itself waits for the answer.
        case read(ReadProgress, isOurs: Bool)
        case warmUp
    }

    private let settings: Settings
    private let gate: Gate
    private let mailbox: Mailbox
    private let multi: CurlMulti
    private let signer: RequestSigner
    private let handOver: ([VenueInput], [Receipt]) -> Void
    private let headers: HeaderList
    private var queue: TransferQueue
    private var patience = VenuePatience()
    private var active = TransferQueue.Active()
    private var jobs: [ObjectIdentifier: (transfer: CurlTransfer, job: Job)] = [:]
    private var idle: [CurlTransfer] = []
    /// Measure the clock and keep connections warm, so that this never takes an order's slot.
    private var idleKeepers: [CurlTransfer] = []
    private var results: [VenueInput] = []
    private var receipts: ReceiptBook
    private var clockOffsetMilliseconds: Int64 = 0
    private var clockAt = MonotonicTime(nanoseconds: 0)
    private var warmth = Warmth()
    /// When running transfers are given up; nil while the gateway runs.
    private var stopAt: MonotonicTime?

    init(
        _ settings: Settings,
        multi: CurlMulti,
        mailbox: Mailbox,
        gate: Gate,
        signer: RequestSigner,
        handOver: @escaping ([VenueInput], [Receipt]) -> Void
    ) {
        self.settings = settings
        self.multi = multi
        self.mailbox = mailbox
        self.gate = gate
        self.signer = signer
        self.handOver = handOver
        self.receipts = ReceiptBook(apiKey: settings.apiKey)
        self.headers = HeaderList(["X-MBX-APIKEY: \(settings.apiKey)", "Expect:"])
        self.queue = TransferQueue(TransferQueue.Bounds(slots: settings.connectionCount))
        let common = CurlTransfer.Settings(
            baseURL: settings.baseURL,
            connectTimeoutMilliseconds: settings.timing.connectTimeoutMilliseconds,
            totalTimeoutMilliseconds: settings.timing.requestTimeoutMilliseconds,
            idleAgeSecondsMax: settings.timing.idleConnectionSecondsMax,
            certificateAuthorityPath: settings.certificateAuthorityPath
        )
        for _ in 0..<settings.connectionCount {
            self.idle.append(
                CurlTransfer(common, headers: self.headers, counter: multi.connections)
            )
        }
        for _ in 0..<VenueWorker.keeperCount {
            self.idleKeepers.append(
                CurlTransfer(common, headers: self.headers, counter: multi.connections)
            )
        }
    }

    /// How many handles there are beside those of orders.
    static let keeperCount = 2

    /// Works until it is told to stop, and then until nothing is on its way or the grace is over.
    func run() {
        while true {
            self.takeCommands()
            self.tend(at: VenueClock.monotonic())
            self.startQueued()
            self.multi.perform()
            let isProgress = self.collectFinished()
            self.handOverResults()
            if self.isDone(at: VenueClock.monotonic()) { break }
            if isProgress, !self.queue.isEmpty { continue }
            self.multi.poll(timeoutMilliseconds: self.pollMilliseconds)
        }
        self.abandonAll()
        self.handOverResults()
    }

    // MARK: In and out

    private func takeCommands() {
        for command in self.mailbox.takeAll() { self.take(command) }
    }

    private func take(_ command: Mailbox.Command) {
        switch command {
        case .place(let intent):
            if self.stopAt != nil {
                self.finish(intent, .notSent(.notConnected("the gateway is stopping")))
            } else if !self.queue.add(intent) {
                self.finish(intent, .notSent(.queueFull))
            }
        case .perform(let request):
            if !self.queue.add(request) {
                self.finish(request, .failed("too many requests are waiting"))
            }
        case .stop:
            self.stop()
        }
    }

    private func finish(_ intent: OrderIntent, _ outcome: PlacementOutcome) {
        self.results.append(.placementAnswered(intent.orderID, outcome))
    }

    private func finish(_ request: VenueRequest, _ answer: VenueAnswer) {
        self.results.append(.answered(request, answer))
    }

    private func handOverResults() {
        guard !self.results.isEmpty else { return }
        self.handOver(self.results, self.receipts.takeAll())
        self.results = []
    }

    /// Sockets and the mailbox end a wait by themselves; this is for what only the clock ends.
    private var pollMilliseconds: CInt { self.queue.isEmpty && self.stopAt == nil ? 500 : 20 }

    // MARK: Starting

    private func startQueued() {
        let venueTime = self.venueTime
        for intent in self.queue.removeExpiredPlacements(at: venueTime) {
            self.finish(intent, .notSent(.windowOver))
        }
        while let item = self.queue.next(beside: self.active) {
            switch item {
            case .placement(let intent): self.start(intent)
            case .cancel(let progress), .read(let progress): self.start(progress)
            }
        }
    }

    private var venueTime: WallTime {
        VenueClock.wall().adding(milliseconds: self.clockOffsetMilliseconds)
    }

    private func start(_ intent: OrderIntent) {
        if self.patience.holds(.placement, at: VenueClock.monotonic()) {
            self.finish(intent, .notSent(.venueBackoff))
            return
        }
        let transmissionGuard = TransmissionGuard(
            intent,
            gate: self.gate,
            clockOffsetMilliseconds: self.clockOffsetMilliseconds
        )
        if let reason = transmissionGuard.refusal(at: VenueClock.wall()) {
            self.finish(intent, .notSent(reason))
            return
        }
        let request = BinanceRequests.placement(intent)
        let transfer = self.takeIdle()
        transfer.prepare(
            request,
            payload: request.payload(signedBy: self.signer, at: self.venueTime),
            transmissionGuard: transmissionGuard
        )
        self.active.placements += 1
        self.run(.placement(intent), on: transfer)
    }

    private func start(_ progress: ReadProgress) {
        let kind: VenuePatience.Kind = progress.isCancel ? .cancel : .read
        if self.patience.holds(kind, at: VenueClock.monotonic()) {
            self.finish(progress.request, .failed("the venue asked for patience"))
            return
        }
        self.count(progress, 1)
        self.run(progress, isOurs: false, on: self.takeIdle())
    }

    private func run(_ progress: ReadProgress, isOurs: Bool, on transfer: CurlTransfer) {
        let request = progress.next
        transfer.prepare(
            request,
            payload: request.payload(signedBy: self.signer, at: self.venueTime)
        )
        self.run(.read(progress, isOurs: isOurs), on: transfer)
    }

    private func run(_ job: Job, on transfer: CurlTransfer) {
        self.jobs[ObjectIdentifier(transfer)] = (transfer, job)
        self.multi.add(transfer)
    }

    private func takeIdle() -> CurlTransfer {
        guard let transfer = self.idle.popLast() else {
            fatalError("invariant broken: the queue gave out more than there are slots")
        }
        return transfer
    }

    private func count(_ progress: ReadProgress, _ change: Int) {
        if progress.isCancel {
            self.active.cancels += change
        } else {
            self.active.reads += change
        }
    }

    // MARK: Finishing

    private func collectFinished() -> Bool {
        var isProgress = false
        while let (transfer, code) = self.multi.takeFinished() {
            isProgress = true
            guard let (_, job) = self.jobs.removeValue(forKey: ObjectIdentifier(transfer)) else {
                fatalError("invariant broken: a transfer ended that was not running")
            }
            let (answer, failure) = transfer.result(code)
            if let answer { self.patience.note(answer, at: VenueClock.monotonic()) }
            self.receipts.note(job, answer: answer, failure: failure, sentAt: transfer.sentAt)
            self.finish(job, on: transfer, answer: answer, failure: failure)
        }
        return isProgress
    }

    private func finish(
        _ job: Job,
        on transfer: CurlTransfer,
        answer: HTTPAnswer?,
        failure: String
    ) {
        switch job {
        case .placement(let intent):
            guard let transmissionGuard = transfer.transmissionGuard else {
                fatalError("invariant broken: a placement was sent without its guard")
            }
            self.idle.append(transfer)
            self.active.placements -= 1
            self.finish(intent, transmissionGuard.finish(answer: answer, failure: failure))
        case .read(var progress, let isOurs):
            let result = answer.map { progress.take($0) } ?? .failed(failure)
            if let result {
                self.measureClock(result, on: transfer)
                if isOurs {
                    self.idleKeepers.append(transfer)
                    self.scheduleClock(after: result)
                } else {
                    self.idle.append(transfer)
                    self.count(progress, -1)
                    self.finish(progress.request, result)
                }
            } else {
                self.turnPage(progress, on: transfer)
            }
        case .warmUp:
            self.idleKeepers.append(transfer)
            self.warmth.ended(isSuccess: answer != nil, at: VenueClock.monotonic())
        }
    }

    private func turnPage(_ progress: ReadProgress, on transfer: CurlTransfer) {
        if self.patience.holds(.read, at: VenueClock.monotonic()) || self.stopAt != nil {
            self.idle.append(transfer)
            self.count(progress, -1)
            self.finish(progress.request, .failed("the list could not be read to its end"))
        } else {
            self.run(progress, isOurs: false, on: transfer)
        }
    }

    // MARK: Clock and warm connections

    private func tend(at now: MonotonicTime) {
        guard self.stopAt == nil, !self.patience.holds(.read, at: now) else { return }
        if self.clockAt <= now, let keeper = self.idleKeepers.popLast() {
            self.clockAt = now.adding(
                milliseconds: self.settings.timing.clockIntervalMilliseconds
            )
            self.run(ReadProgress(.time), isOurs: true, on: keeper)
        }
        let missing = self.settings.connectionCount - self.multi.connections.openCount
        let count = self.warmth.start(
            missing: missing,
            of: self.settings.connectionCount,
            handles: self.idleKeepers.count,
            at: now
        )
        for keeper in self.idleKeepers.suffix(count) {
            let request = BinanceRequests.ping
            keeper.prepare(request, payload: request.query, isFresh: true)
            self.run(.warmUp, on: keeper)
        }
        self.idleKeepers.removeLast(count)
    }

    private func measureClock(_ answer: VenueAnswer, on transfer: CurlTransfer) {
        guard case .time(let venueTime) = answer, let sentAt = transfer.sentAt else { return }
        let roundTrip = (VenueClock.wall().nanoseconds - sentAt.nanoseconds) / 1_000_000
        // A clock that was set meanwhile measures nothing.
        guard roundTrip >= 0 else { return }
        let offset = venueTime.milliseconds - sentAt.milliseconds - roundTrip / 2
        self.clockOffsetMilliseconds = offset
        self.results.append(
            .clockMeasured(offsetMilliseconds: offset, roundTripMilliseconds: roundTrip)
        )
    }

    private func scheduleClock(after answer: VenueAnswer) {
        if case .time = answer { return }
        self.clockAt = VenueClock.monotonic().adding(
            milliseconds: self.settings.timing.clockRetryMilliseconds
        )
    }

    // MARK: Stopping

    private func stop() {
        guard self.stopAt == nil else { return }
        self.stopAt = VenueClock.monotonic().adding(
            milliseconds: self.settings.timing.stopGraceMilliseconds
        )
        let dropped = self.queue.removeAllButCancels()
        for intent in dropped.placements {
            self.finish(intent, .notSent(.notConnected("the gateway is stopping")))
        }
        for request in dropped.reads { self.finish(request, .failed("the gateway is stopping")) }
    }

    private func isDone(at now: MonotonicTime) -> Bool {
        guard let stopAt = self.stopAt else { return false }
        return now >= stopAt || (self.active.count == 0 && self.queue.isEmpty)
    }

    /// What is still on its way has an unknown fate, which recovery will ask for.
    private func abandonAll() {
        for command in self.mailbox.close() { self.take(command) }
        while let item = self.queue.next(beside: TransferQueue.Active()) {
            switch item {
            case .placement(let intent):
                self.finish(intent, .notSent(.notConnected("the gateway is stopping")))
            case .cancel(let progress), .read(let progress):
                self.finish(progress.request, .failed("the gateway is stopping"))
            }
        }
        for (transfer, job) in self.jobs.values {
            self.multi.remove(transfer)
            self.finish(
                job,
                on: transfer,
                answer: nil,
                failure: "the gateway stopped before the venue answered"
            )
        }
        self.jobs = [:]
    }
}

extension ReadProgress {
    var isCancel: Bool {
        if case .cancel = self.request { true } else { false }
    }
}
