@testable import TradingCore

/// What can go wrong in one run, drawn from its seed.
struct Faults {
    var lostAnswers = 0
    var duplicates = 0
    var slowMessages = 0
    var failedRequests = 0
    var staleReads = 0
    var streamLosses = 0
    var silences = 0
    var crashes = 0
    var clockJumps = 0
    var hasStrangers = false

    init(from random: inout SeededRandom) {
        func draw(_ most: Int) -> Int { random.happens(60) ? random.number(0...most) : 0 }
        self.lostAnswers = draw(40)
        self.duplicates = draw(30)
        self.slowMessages = draw(30)
        self.failedRequests = draw(30)
        self.staleReads = draw(40)
        self.streamLosses = draw(4)
        self.silences = draw(2)
        self.crashes = draw(4)
        self.hasStrangers = random.happens(15)
        self.clockJumps = random.happens(25) ? 5 : 0
    }

    mutating func quiet() {
        self.lostAnswers = 0
        self.duplicates = 0
        self.slowMessages = 0
        self.failedRequests = 0
        self.staleReads = 0
        self.streamLosses = 0
        self.silences = 0
        self.crashes = 0
        self.clockJumps = 0
        self.hasStrangers = false
    }
}

/// The whole walk under one seed: clients, gateway, journal, network and venue, with faults.
final class World {
    /// Something that happens at a time.
    enum Action {
        /// An input reaches the process of an incarnation; later ones never see it.
        case input(incarnation: Int, Input)
        /// A message of one connection of the stream; lost with the connection.
        case stream(connection: Int, OrderReport)
        /// A placement has its turn on the venue thread.
        case turn(incarnation: Int, OrderIntent)
        case placementArrives(incarnation: Int, OrderIntent)
        case requestArrives(incarnation: Int, VenueRequest)
        /// The venue's time is back, measured against our clock as it is then.
        case clock(incarnation: Int)
        case client
        case market
        case loseStream
        case openStream(connection: Int)
        case crash
        case restart
    }

    struct Scheduled {
        var at: UInt64
        var number: Int
        var action: Action
    }

    let seed: UInt64
    let rig: Rig
    var venue = ModelVenue()
    var snapshots: [(at: UInt64, venue: ModelVenue)] = []
    var random: SeededRandom
    var faults: Faults
    var isBusy = true
    var isGateOpen = false
    var isKilled = false
    var letsClosingsPass = false
    var isUp = true
    var incarnation = 1
    var connection = 0
    var isStreamOpen = false
    var isStreamSilent = false
    var violations: [String] = []
    var absent: Set<OrderID> = []
    var keys: [String: OrderID] = [:]
    var wishes: [(key: String, terms: OrderTerms)] = []
    var repliedTerminal: [OrderID: Order] = [:]
    private var queue: [Scheduled] = []
    private var scheduled = 0
    var turns = 0
    /// The newest step whose code somebody showed.
    var codeStep: Int64 = 0
    /// By how much the wall clock is set after this turn.
    var clockStepMilliseconds: Int64 = 0
    /// How often what happened, so that a calm storm is noticed.
    var tally: [String: Int] = [:]
    let hadStrangers: Bool
    /// Whether clients attach exits, and prices move.
    let hasExits: Bool
    /// Whether clients never cancel everything.
    var isPatient: Bool { self.seed % 3 == 0 }
    let venueOffsetMilliseconds: Int64

    init(seed: UInt64, hasExits: Bool = false) {
        self.seed = seed
        self.hasExits = hasExits
        var settings = World.settings
        // Nothing grows before what is held has a price, so that these storms are calmer.
        if seed % 8 == 1 { settings.limits.loss.drawdownMillionths = 1_000_000 }
        self.rig = Rig(settings)
        self.random = SeededRandom(seed: seed)
        self.faults = Faults(from: &self.random)
        self.hadStrangers = self.faults.hasStrangers
        self.venueOffsetMilliseconds = Int64(self.random.number(-3_000...3_000))
        self.snapshot()
    }

    var now: UInt64 { self.rig.now.monotonic.nanoseconds }
    /// The venue's clock runs evenly, whatever becomes of ours.
    var venueNow: WallTime {
        WallTime(nanoseconds: 1_700_000_000_000_000_000 + Int64(self.now))
            .adding(milliseconds: self.venueOffsetMilliseconds)
    }

    /// How many milliseconds a message takes.
    func delay() -> Int64 {
        self.random.happens(self.faults.slowMessages)
            ? Int64(self.random.number(100...4_000)) : Int64(self.random.number(1...30))
    }

    func schedule(_ action: Action, inMilliseconds delay: Int64) {
        self.scheduled += 1
        self.queue.append(
            Scheduled(
                at: self.now + UInt64(delay) * 1_000_000,
                number: self.scheduled,
                action: action
            )
        )
    }

    func snapshot() {
        self.snapshots.append((self.now, self.venue))
        if self.snapshots.count > 400 { self.snapshots.removeFirst(200) }
    }

    func break_(_ text: String) {
        if self.violations.count < 8 { self.violations.append("\(text) (turn \(self.turns))") }
    }

    // MARK: The loop

    /// Runs until a time from now has passed.
    func run(milliseconds: Int64) {
        let end = self.now + UInt64(milliseconds) * 1_000_000
        while let next = self.nextTime, next <= end, self.violations.isEmpty {
            if next > self.now {
                self.rig.advance(nanoseconds: next - self.now)
            }
            self.step()
        }
        if end > self.now { self.rig.advance(nanoseconds: end - self.now) }
    }

    private var nextTime: UInt64? {
        let wake = self.isUp ? self.rig.gateway.nextWake?.nanoseconds : nil
        return [self.queue.map(\.at).min(), wake.map { max($0, self.now) }].compactMap { $0 }.min()
    }

    /// Everything that is due: what the venue and the network do, then one turn of the gateway.
    private func step() {
        var inputs: [Input] = []
        let window = self.random.happens(30) ? UInt64(2_000_000) : 0
        let due = self.queue.filter { $0.at <= self.now + window }
            .sorted { ($0.at, $0.number) < ($1.at, $1.number) }
        let numbers = Set(due.map(\.number))
        self.queue.removeAll { numbers.contains($0.number) }
        for item in due { self.perform(item.action, &inputs) }
        defer { self.setClock() }
        guard self.isUp else { return }
        if let wake = self.rig.gateway.nextWake, wake <= self.rig.now.monotonic {
            inputs.append(.wake)
        }
        guard !inputs.isEmpty else { return }
        let doesCrash = self.random.happens(self.faults.crashes) && self.random.happens(15)
        let point = doesCrash ? CrashPoint.allCases.randomElement(using: &self.random) : nil
        self.turns += 1
        self.release(self.rig.turn(inputs, crash: point))
        if point != nil { self.crash() }
    }

    private func setClock() {
        self.rig.now = Instant(
            monotonic: self.rig.now.monotonic,
            wall: self.rig.now.wall.adding(milliseconds: self.clockStepMilliseconds)
        )
        self.clockStepMilliseconds = 0
    }

    private func perform(_ action: Action, _ inputs: inout [Input]) {
        switch action {
        case .input(let incarnation, let input):
            if incarnation == self.incarnation, self.isUp { inputs.append(input) }
        case .stream(let connection, let report):
            if connection == self.connection, self.isStreamOpen, self.isUp {
                inputs.append(.venue(.testnet, .orderReported(report)))
            }
        case .turn(let incarnation, let intent): self.takeTurn(incarnation, intent)
        case .placementArrives(let incarnation, let intent): self.arrive(incarnation, intent)
        case .requestArrives(let incarnation, let request): self.arrive(incarnation, request)
        case .clock(let incarnation):
            guard incarnation == self.incarnation, self.isUp else { break }
            let offset = self.venueNow.milliseconds - self.rig.now.wall.milliseconds
            let sample = ClockSample(
                offsetMilliseconds: offset,
                roundTripMilliseconds: 1,
                at: self.rig.now
            )
            inputs.append(.venue(.testnet, .clockMeasured(sample)))
        case .client:
            if let input = self.clientInput(), self.isUp { inputs.append(input) }
            if self.isBusy {
                self.schedule(.client, inMilliseconds: Int64(self.random.number(5...400)))
            }
        case .market:
            self.moveMarket()
            if self.hasExits { self.moveQuotes(&inputs) }
            if self.isBusy {
                self.schedule(.market, inMilliseconds: Int64(self.random.number(5...300)))
            }
        case .loseStream:
            if self.isStreamOpen, self.isUp {
                self.isStreamOpen = false
                self.connection += 1
                inputs.append(.venue(.testnet, .streamLost("test")))
                self.schedule(
                    .openStream(connection: self.connection),
                    inMilliseconds: Int64(self.random.number(10...3_000))
                )
            }
        case .openStream(let connection):
            if connection == self.connection, self.isUp, !self.isStreamOpen {
                self.isStreamOpen = true
                self.isStreamSilent = false
                inputs.append(.venue(.testnet, .streamOpened))
            }
        case .crash: if self.isUp { self.crash() }
        case .restart: self.restart()
        }
    }

    // MARK: Processes

    func restart() {
        guard !self.isUp else { return }
        self.isUp = true
        self.incarnation += 1
        self.release(self.rig.start())
        for message in [VenueInput.marketStreamOpened, .orderLimitsReported(Make.wideLimits)] {
            self.schedule(
                .input(incarnation: self.incarnation, .venue(.testnet, message)),
                inMilliseconds: 4
            )
        }
        let quote = Quote(bid: Make.price("99"), ask: Make.price("101"))
        self.schedule(
            .input(incarnation: self.incarnation, .venue(.testnet, .quoted(Make.bitcoin, quote))),
            inMilliseconds: 5
        )
        self.schedule(.openStream(connection: self.connection), inMilliseconds: self.delay())
    }

    func crash() {
        self.isUp = false
        self.isGateOpen = false
        self.isKilled = false
        self.letsClosingsPass = false
        self.isStreamOpen = false
        self.connection += 1
        self.rig.journal.crash(losing: self.random.number(0...20))
        self.schedule(.restart, inMilliseconds: Int64(self.random.number(1...4_000)))
    }

    /// What is worth waiting minutes for outside would make the storms calm in here.
    static var settings: GatewaySettings {
        var settings = Make.settings()
        settings.limits.clockSkewMaxMilliseconds = 1_000_000_000
        settings.limits.circuit.openMilliseconds = 200
        settings.limits.circuit.openMillisecondsMax = 400
        settings.limits.rejects.coolDownMilliseconds = 1_000
        settings.limits.sensitiveNotional = Make.amount("300")
        settings.approvals.expiryMilliseconds = 2_000
        settings.approvals.lockMilliseconds = 500
        settings.dailyNotionalCaps[.testnet] = [Asset("USDT"): Make.amount("10000")]
        settings.strategies["grid"] = StrategySettings(
            dailyNotionalCaps: [Asset("USDT"): Make.amount("4000")]
        )
        return settings
    }

    /// The gateway gives the stream up by itself.
    func renewStream() {
        self.tally["stream renewed", default: 0] += 1
        self.isStreamOpen = false
        self.connection += 1
        self.schedule(.openStream(connection: self.connection), inMilliseconds: self.delay())
    }

    func begin() {
        self.isUp = false
        self.incarnation = 0
        self.restart()
        self.schedule(.client, inMilliseconds: 200)
        self.schedule(.market, inMilliseconds: 210)
    }
}

extension Rig {
    func advance(nanoseconds: UInt64) {
        self.now = Instant(
            monotonic: MonotonicTime(nanoseconds: self.now.monotonic.nanoseconds + nanoseconds),
            wall: WallTime(nanoseconds: self.now.wall.nanoseconds + Int64(nanoseconds))
        )
    }
}
