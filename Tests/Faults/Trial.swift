import Foundation
import FoundationNetworking
import Glibc
import SystemTestSupport
import TradingAPI
import TradingCore

/// One case under way: an exchange and a server of its own, the orders that were placed, and what
/// the server answered about them.
actor Trial {
    let desk: Desk
    let shim: ShimControl
    /// What power takes with it when the server ends; nil when only the process ends.
    var powerLoss: PowerLoss.Tail?
    private(set) var client: TradingClient
    private(set) var ordersPlaced = 0
    /// The longest time from an order's placing, or from the restart, until no order was UNKNOWN.
    private(set) var resolution = Duration.zero
    /// Sentences about what is not as it must be.
    private(set) var findings: [String] = []
    private(set) var notes: [String] = []
    private var answers: [String: RemoteOrder] = [:]
    private var unanswered: [OrderWish] = []
    private var isToResubmit = false
    private var doubtSince = ContinuousClock.now
    private let bound: Duration

    static let symbols = ["BTCUSDT", "ETHUSDT"]

    /// Starts the programs.
    ///
    /// - Parameters:
    ///   - setup: The desk's; the shim is added to it.
    ///   - bound: How long an order may be UNKNOWN.
    ///   - library: The compiled shim.
    /// - Returns: A trial with a server that takes orders.
    /// - Throws: Why a program did not start.
    static func start(_ setup: Desk.Setup, bound: Duration, library: String) async throws -> Trial {
        let shim = try ShimControl()
        var setup = setup
        setup.environment.merge(shim.environment(library: library)) { $1 }
        let complete = setup
        let desk = try await Blocking.run { try Desk(complete) }
        return Trial(desk: desk, shim: shim, client: try await desk.readyClient(), bound: bound)
    }

    private init(desk: Desk, shim: ShimControl, client: TradingClient, bound: Duration) {
        self.desk = desk
        self.shim = shim
        self.client = client
        self.bound = bound
    }

    func report(_ finding: String) { self.findings.append(finding) }

    func note(_ text: String) { self.notes.append(text) }

    func losePower(_ tail: PowerLoss.Tail) { self.powerLoss = tail }

    /// A request to the exchange's control API.
    func control(_ method: String, _ target: String) async throws {
        try await self.desk.account.send(method, "/sim/" + target)
    }

    /// How often an armed fault of the exchange has hit a request.
    func faultHits() async throws -> Int64 {
        let answer = try await self.desk.account.send("GET", "/sim/faults")
        return (answer as? [String: Any])?["hits"] as? Int64 ?? 0
    }

    // MARK: Orders

    /// Places an order under a key of its own; nil when no answer came.
    @discardableResult
    func place(
        _ symbol: String,
        _ side: Side,
        _ quantity: String,
        at price: String? = nil
    ) async -> RemoteOrder? {
        self.ordersPlaced += 1
        var wish = OrderWish(symbol: symbol, side: side, quantity: quantity)
        wish.limitPrice = price
        wish.idempotencyKey = "wish-\(self.ordersPlaced)"
        wish.tag = wish.idempotencyKey
        wish.resubmitsIfAbsent = self.isToResubmit
        return await self.place(wish)
    }

    private func place(_ wish: OrderWish) async -> RemoteOrder? {
        let client = self.client
        do {
            let order = try await client.place(wish).order
            self.keep(order)
            return order
        } catch .connectionLost, .unreachable {
            self.unanswered.append(wish)
        } catch .refused(let refusal) {
            self.note("refused: \(refusal.message)")
        } catch {
            self.unanswered.append(wish)
            self.note("no answer to \(wish.tag ?? ""): \(error)")
        }
        return nil
    }

    private func keep(_ order: RemoteOrder) {
        if let earlier = self.answers[order.tag], earlier.orderID != order.orderID,
            earlier.orderID != order.predecessorOrderID
        {
            self.report("\(order.tag) was answered as \(earlier.orderID) and \(order.orderID)")
        }
        self.answers[order.tag] = order
    }

    /// One order for each symbol and side, so that none stands in another's way (E3).
    func placeMix() async {
        self.doubtSince = .now
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.place("BTCUSDT", .buy, "0.02") }
            group.addTask { await self.place("BTCUSDT", .sell, "0.03", at: "70000") }
            group.addTask { await self.place("ETHUSDT", .buy, "0.4", at: "2000") }
            group.addTask { await self.place("ETHUSDT", .sell, "0.5") }
        }
    }

    func cancel(_ orderID: UInt64) async { _ = try? await self.client.cancel(orderID) }

    /// Counts the time to the resolution from now: until now the server could not work.
    func countFromNow() { self.doubtSince = .now }

    /// Cancels the mix's resting buy order past the gateway, as soon as it is at the exchange.
    func cancelElsewhere() async throws {
        try await self.placeUntil("the order to be cancelled elsewhere never came") { trial in
            // No fault is meant for this request; it is refused while nothing is open.
            let answer = try? await trial.desk.account.signed(
                "DELETE",
                "/api/v3/openOrders",
                "symbol=ETHUSDT"
            )
            let rows = answer as? [[String: Any]] ?? []
            return rows.contains { $0["side"] as? String == "BUY" }
        }
    }

    /// Places again where nothing was placed, because the gate was closed for another reason.
    func placeUntilHit() async throws {
        try await self.placeUntil("no request was hit") { try await $0.faultHits() > 0 }
    }

    private func placeUntil(
        _ failure: String,
        _ isDone: (isolated Trial) async throws -> Bool
    ) async throws {
        var mixesLeft = 6
        var idleRounds = 0
        while try await !isDone(self) {
            try await Task.sleep(for: .milliseconds(25))
            idleRounds = self.desk.server.isStopped ? 0 : idleRounds + 1
            guard idleRounds > 60, self.desk.server.isRunning else { continue }
            guard mixesLeft > 0 else { return self.report(failure) }
            mixesLeft -= 1
            idleRounds = 0
            try await self.waitUntilReady()
            await self.placeMix()
        }
    }

    /// Whether orders are to be placed once more where they are proven absent (S3).
    func ask(toResubmit isToResubmit: Bool) { self.isToResubmit = isToResubmit }

    /// Cancels what rests, and trades once more: the gate must be open again.
    func tradeOn() async throws {
        try await self.waitUntilReady()
        for order in try await self.client.orders() {
            _ = try? await self.client.cancel(order.orderID)
        }
        self.doubtSince = .now
        try await self.placeUntilFilled()
    }

    /// Places small orders until one is filled.
    func placeUntilFilled() async throws {
        var last: RemoteOrder?
        for _ in 0..<20 {
            last = await self.place("BTCUSDT", .buy, "0.01")
            if last?.status == "FILLED" { return }
            try await Task.sleep(for: .milliseconds(250))
        }
        let answer = last.map { "\($0.status) \($0.reason) \($0.refusal?.message ?? "")" }
        self.report("trading did not go on: \(answer ?? "no answer")")
    }

    func waitUntilReady() async throws {
        var reasons: [String] = []
        for _ in 0..<400 {
            reasons = try await self.client.health().notReadyReasons
            if reasons.isEmpty { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        self.report("not ready: \(reasons.joined(separator: "; "))")
    }

    /// Waits until the gateway refuses to trade by a clock that is so far off, and says how far.
    func expectSkewRefusal(seconds: Int64) async throws {
        let measured = try Regex("less ours is (-?[0-9]+) ms")
        var reasons: [String] = []
        for _ in 0..<200 where self.desk.server.isRunning {
            reasons = (try? await self.client.health().notReadyReasons) ?? []
            let skews = reasons.compactMap { try? measured.firstMatch(in: $0)?[1].substring }
            let isMeasured = skews.contains { text in
                Int64(text).map { abs($0 + seconds * 1_000) < 1_000 } ?? false
            }
            if isMeasured { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        if self.desk.server.isRunning {
            self.report("the clock is \(seconds) s off and nothing says so: \(reasons)")
        }
    }

    // MARK: The server's end and return

    /// Waits for a server that ends by itself.
    func waitUntilEnded() async throws {
        for _ in 0..<1_200 {
            if !self.desk.server.isRunning { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        self.report("the server did not end: the point was not reached")
        try self.shim.disarm()
        await self.killServer()
    }

    func killServer() async {
        let desk = self.desk
        _ = try? await Blocking.run { desk.killServer() }
    }

    /// Starts a server that has ended again, on what the disk holds.
    ///
    /// A server that ends during its start is started once more.
    func revive() async throws {
        guard !self.desk.server.isRunning else { return }
        await self.client.close()
        let desk = self.desk
        for attempt in 1...3 {
            if let tail = self.powerLoss {
                let lost = try PowerLoss.strike(
                    store: desk.storePath,
                    logPath: desk.folder + "/synced.log",
                    tail: tail
                )
                self.note("power took \(lost.bytes) B of the journal and \(lost.files) names")
            }
            do {
                try await Blocking.run { try desk.restartServer() }
                break
            } catch  where attempt < 3 {
                self.note("ended while starting")
            }
        }
        self.client = try await desk.client()
        self.doubtSince = .now
    }

    /// Calls again, with the same key, what was not answered (M2).
    func repeatUnanswered() async {
        let wishes = self.unanswered
        self.unanswered = []
        for wish in wishes { _ = await self.place(wish) }
    }

    // MARK: The verdict

    /// Waits until no order is UNKNOWN, no longer than the bound, and then until all agrees.
    func settle(excusing foreignOrders: Set<Int64> = []) async throws {
        let limit = self.doubtSince + self.bound
        var isResolved = false
        while !isResolved {
            let isInDoubt = try await self.client.health().unknownOrderCount > 0
            let isOnItsWay = try await self.client.orders().contains { $0.status == "SUBMITTING" }
            isResolved = !isInDoubt && !isOnItsWay
            let now = ContinuousClock.now
            if isResolved { self.resolution = max(self.resolution, now - self.doubtSince) }
            if !isResolved, now > limit {
                self.report("an order is UNKNOWN or on its way after \(self.bound)")
                break
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let comparison = Comparison(
            desk: self.desk,
            client: self.client,
            foreignOrders: foreignOrders
        )
        var differences: [String] = []
        let end = ContinuousClock.now + .seconds(20)
        repeat {
            do {
                differences = try await comparison.differences(Self.symbols)
            } catch let error as ExchangeAccount.Problem {
                // A fault that was meant for the gateway's reads has hit ours.
                differences = ["\(error)"]
            } catch let error as URLError {
                differences = ["\(error)"]
            }
            if differences.isEmpty { break }
            try await Task.sleep(for: .milliseconds(250))
        } while ContinuousClock.now < end
        for difference in differences { self.report(difference) }
        self.check(try await comparison.allOrders())
    }

    /// What the gateway itself said must still be so.
    private func check(_ orders: [RemoteOrder]) {
        var byTag: [String: RemoteOrder] = [:]
        for order in orders {
            // What another order has replaced was never at the exchange.
            if order.successorOrderID != 0, order.status == "NOT_PLACED" { continue }
            if byTag.updateValue(order, forKey: order.tag) != nil {
                self.report("\(order.tag) became two orders")
            }
            if order.status == "SUBMITTING" || order.status == "NEEDS_OPERATOR" {
                self.report("order \(order.orderID) is \(order.status): \(order.reason)")
            }
        }
        let finals = ["FILLED", "CANCELED", "EXPIRED", "REJECTED", "NOT_PLACED", "REFUSED"]
        for answer in self.answers.values {
            guard let order = byTag[answer.tag] else {
                self.report("order \(answer.orderID) was answered and is lost")
                continue
            }
            let isIt =
                order.orderID == answer.orderID && order.clientOrderID == answer.clientOrderID
            let isInItsPlace = order.predecessorOrderID == answer.orderID
            let isSame =
                (isIt || isInItsPlace) && order.side == answer.side && order.price == answer.price
            if !isSame { self.report("\(answer) has become \(order)") }
            if finals.contains(answer.status), order.status != answer.status {
                self.report("\(answer.orderID) was \(answer.status) and is \(order.status)")
            }
        }
    }

    /// How many orders the servers called UNKNOWN, by their logs.
    func unknownCount() -> Int {
        let orders = self.desk.serverOutput.split(separator: "\n")
            .filter { $0.contains("outcome unknown") }
            .compactMap { $0.firstMatch(of: /order=(\d+)/)?.1 }
        return Set(orders).count
    }

    /// Looks for secrets in everything that the case wrote: logs, journal, snapshots, anchors.
    func searchForSecrets() {
        let own = [".yaml", "accounts.json"]
        let search = SecretSearch.ofDesk()
        for finding in search.findings(below: self.desk.folder, except: own).findings {
            self.report(finding)
        }
    }

    func end() async { await self.client.close() }
}
