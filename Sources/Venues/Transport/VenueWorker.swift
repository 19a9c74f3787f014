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
        /// What the venue asked a process before this one not to send yet.
        var patience = VenuePatience()
    }

    enum Job {
        case placement(OrderIntent)
        /// `isOurs`: nobody but the worker itself waits for the answer.
        case read(ReadProgress, isOurs: Bool)
        case warmUp
    }

    /// What is on its way.
    private struct Running {
        let transfer: CurlTransfer
        let job: Job
        let charge: Governor.Charge
    }

    let settings: Settings
    private let gate: Gate
    private let mailbox: Mailbox
    let multi: CurlMulti
    private let signer: RequestSigner
    private let handOver: ([VenueInput], [Receipt]) -> Void
    private let headers: HeaderList
    var queue: TransferQueue
    var governor: Governor
    var orderLimits: [RateLimit] = []
    var active = TransferQueue.Active()
    private var jobs: [ObjectIdentifier: Running] = [:]
    var idle: [CurlTransfer] = []
    /// Measure the clock and keep connections warm, so that this never takes an order's slot.
    var idleKeepers: [CurlTransfer] = []
    var results: [VenueInput] = []
    private var receipts: ReceiptBook
    var clock = ClockEstimate()
    var samplesLeft = VenueWorker.samplesAtStart
    var clockAt = MonotonicTime(nanoseconds: 0)
    var warmth = Warmth()
    /// When the first of what the governor holds back may leave.
    var heldUntil: MonotonicTime?
    /// When running transfers are given up; nil while the gateway runs.
    var stopAt: MonotonicTime?

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
        self.governor = Governor(patience: settings.patience)
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
            // libcurl writes a request in the same call in which it asked whether it may.
            self.gate.wire.noteAllWritten()
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
        case .measureClock:
            self.clockAt = VenueClock.monotonic()
        case .stop:
            self.stop()
        }
    }

    private func finish(_ intent: OrderIntent, _ outcome: PlacementOutcome) {
        self.results.append(.placementAnswered(intent.orderID, outcome))
    }

    func finish(_ request: VenueRequest, _ answer: VenueAnswer) {
        self.results.append(.answered(request, answer))
    }

    private func handOverResults() {
        guard !self.results.isEmpty else { return }
        self.handOver(self.results, self.receipts.takeAll())
        self.results = []
    }

    /// Sockets and the mailbox end a wait by themselves; this is for what only the clock ends.
    private var pollMilliseconds: CInt {
        if self.stopAt != nil { return 20 }
        guard let time = self.heldUntil, self.active.count == 0 else {
            return self.queue.isEmpty ? 500 : 20
        }
        let now = VenueClock.monotonic()
        let wait = now < time ? (time.nanoseconds - now.nanoseconds) / 1_000_000 + 1 : 1
        return CInt(clamping: min(wait, 500))
    }

    // MARK: Starting

    private func startQueued() {
        let venueTime = self.clock.venueTime(at: VenueClock.now())
        for intent in self.queue.removeExpiredPlacements(at: venueTime) {
            self.finish(intent, .notSent(.windowOver))
        }
        self.heldUntil = nil
        // What the budget holds back waits in the queue, each kind by itself.
        while let item = self.queue.next(
            beside: self.active,
            mayLeave: { self.mayLeave($0, weight: $1) }
        ) {
            switch item {
            case .placement(let intent): self.start(intent)
            case .cancel(let progress), .read(let progress): self.start(progress)
            }
        }
    }

    private func start(_ intent: OrderIntent) {
        // A placement does not wait: its caller does, and its window passes (S1).
        guard self.mayLeave(.placement, weight: 1) else {
            self.holdBack(intent)
            return
        }
        let transmissionGuard = TransmissionGuard(intent, gate: self.gate, clock: self.clock)
        if let reason = transmissionGuard.refusal(at: VenueClock.now()) {
            self.finish(intent, .notSent(reason))
            return
        }
        let request = BinanceRequests.placement(intent)
        let transfer = self.takeIdle()
        transfer.prepare(
            request,
            payload: request.payload(signedBy: self.signer, at: intent.timestamp),
            transmissionGuard: transmissionGuard
        )
        self.active.placements += 1
        self.run(.placement(intent), weight: 1, on: transfer)
    }

    private func start(_ progress: ReadProgress) {
        self.count(progress, 1)
        self.run(progress, isOurs: false, on: self.takeIdle())
    }

    func run(_ progress: ReadProgress, isOurs: Bool, on transfer: CurlTransfer) {
        let request = progress.next
        let venueTime = self.clock.venueTime(at: VenueClock.now())
        transfer.prepare(
            request,
            payload: request.payload(signedBy: self.signer, at: venueTime)
        )
        self.run(.read(progress, isOurs: isOurs), weight: progress.request.weight, on: transfer)
    }

    func run(_ job: Job, weight: Int, on transfer: CurlTransfer) {
        self.jobs[ObjectIdentifier(transfer)] = Running(
            transfer: transfer,
            job: job,
            charge: self.governor.send(weight: weight)
        )
        self.multi.add(transfer)
    }

    private func takeIdle() -> CurlTransfer {
        guard let transfer = self.idle.popLast() else {
            fatalError("invariant broken: the queue gave out more than there are slots")
        }
        return transfer
    }

    func count(_ progress: ReadProgress, _ change: Int) {
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
            guard let running = self.jobs.removeValue(forKey: ObjectIdentifier(transfer)) else {
                fatalError("invariant broken: a transfer ended that was not running")
            }
            let limits = self.governor.limits + self.orderLimits
            let (answer, failure) = transfer.result(code, counting: limits)
            let now = VenueClock.now()
            let times = self.clock.venueTimes(at: now)
            self.governor.complete(running.charge, answer, at: now, venue: times)
            if let answer { self.report(answer, to: running.job, at: now) }
            self.receipts.note(
                running.job,
                answer: answer,
                failure: failure,
                sentAt: transfer.sentAt.map { now.wall(of: $0) }
            )
            self.finish(running.job, on: transfer, answer: answer, failure: failure)
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
            self.learn(progress.limits)
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
        for running in self.jobs.values {
            self.multi.remove(running.transfer)
            self.finish(
                running.job,
                on: running.transfer,
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
