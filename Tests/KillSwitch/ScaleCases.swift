import Glibc
import SystemTestSupport
import TradingAPI
import TradingCore

/// A full account, in quiet, at the venue's limits, and over a bad network.
enum ScaleCases {
    static let all = [Self.thousand, Self.limits, Self.dropped, Self.flatten, Self.restart]

    private static let openCount = 1_020

    private static var fullSetup: Desk.Setup {
        var setup = KillCase.standardSetup
        Trial.Market.prepare(&setup)
        setup.connections = 80
        return setup
    }

    private static let thousand = KillCase(
        name: "CANCEL with 1,020 open orders on 6 symbols and 64 placements in flight",
        isAlone: true,
        setup: Self.fullSetup
    ) { trial in
        let foreign = try await trial.restForeign(on: Trial.Market.all)
        try await trial.rest(Self.openCount, on: Trial.Market.all)
        try await Self.killUnderFire(trial, foreign, onTheWire: 64)
    }

    private static let limits = KillCase(
        name: "the same with the venue's real limits and 40 placements in flight: never a 429",
        setup: Self.fullSetup
    ) { trial in
        let foreign = try await trial.restForeign(on: Trial.Market.all)
        try await trial.rest(Self.openCount, on: Trial.Market.all)
        try await trial.control("POST", "limits?enforced=true")
        // The limits are learnt at the start.
        try await trial.restart()
        try await Self.killUnderFire(trial, foreign, onTheWire: 40)
        let limits = try await trial.control("GET", "limits")
        await trial.expect(limits["refused"] == 0, "the venue refused for its limits: \(limits)")
        let isRestrained = trial.desk.serverOutput.contains("asked for patience")
        await trial.expect(!isRestrained, "the venue asked for patience")
        await trial.tell("request weight used in the minute: \(limits["weight"] ?? 0) of 6000")
    }

    /// Kills while placements are on the wire and others go on placing.
    private static func killUnderFire(
        _ trial: Trial,
        _ foreign: [String: String],
        onTheWire count: Int
    ) async throws {
        try await trial.control(
            "POST",
            "faults?action=delay&ms=1500&method=POST&path=/api/v3/order&count=\(count)"
        )
        let before = try trial.shim.placementsSent()
        let fire = Task { await Self.fire(trial, count) }
        for _ in 0..<400 where try trial.shim.placementsSent() < before + Int64(count) {
            try await Task.sleep(for: .milliseconds(5))
        }
        let others = Task { await Self.goOnPlacing(trial) }
        try await Task.sleep(for: .milliseconds(30))
        let start = ContinuousClock.now
        let engagement = try await trial.engage(.cancel)
        await trial.tell(
            "gates closed and answered after \(engagement.took.milliseconds), "
                + "\(engagement.view.inFlightOrderIDs.count) placements listed as on the wire"
        )
        await trial.tell(
            "last placement written \(engagement.lastPlacement.milliseconds) after the call"
        )
        await trial.expect(engagement.view.isDurable, "the engagement is not durable")
        try await trial.waitUntilDone()
        await trial.tell("verified zero after \((ContinuousClock.now - start).seconds)")
        await fire.value
        await others.value
        try await trial.expectSilence(since: engagement)
        try await Self.compare(trial, engagement, foreign, onTheWire: count)
    }

    private static func fire(_ trial: Trial, _ count: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    let markets = Trial.Market.all
                    let market = markets[number % markets.count]
                    _ = try? await trial.place(market, tag: "wire-\(number)")
                }
            }
        }
    }

    /// Callers that know nothing of the kill.
    private static func goOnPlacing(_ trial: Trial) async {
        guard let client = try? await trial.desk.client() else { return }
        for number in 0..<60 {
            let market = Trial.Market.all[number % Trial.Market.all.count]
            _ = try? await trial.place(market, tag: "other-\(number)", by: client)
        }
        await client.close()
    }

    private static func compare(
        _ trial: Trial,
        _ engagement: Trial.Engagement,
        _ foreign: [String: String],
        onTheWire count: Int
    ) async throws {
        try await trial.expectOpen(foreign)
        let comparison = Comparison(desk: trial.desk, client: await trial.client)
        let orders = try await comparison.allOrders()
        let listed = Set(engagement.view.inFlightOrderIDs)
        let wire = orders.filter { $0.tag.hasPrefix("wire-") }
        await trial.expect(wire.count == count, "\(wire.count) orders were sent, not \(count)")
        for order in wire where !listed.contains(order.orderID) || order.status != "CANCELED" {
            await trial.report(
                "order \(order.orderID) on the wire is \(order.status), or not listed"
            )
        }
        let ends = ["CANCELED", "REFUSED", "NOT_PLACED"]
        for order in orders where !ends.contains(order.status) {
            await trial.report("order \(order.orderID) ended \(order.status): \(order.reason)")
        }
        var known: [String: RemoteOrder] = [:]
        for order in orders { known["\(order.symbol) \(order.venueOrderID)"] = order }
        for market in Trial.Market.all {
            for row in try await trial.desk.account.orders(market.symbol) {
                let key = Trial.key(of: row)
                if foreign[key] != nil { continue }
                let time = row["time"] as? Int64 ?? 0
                guard let order = known[key] else {
                    await trial.report("the exchange has an order that nobody knows: \(row)")
                    continue
                }
                let isLate = time > engagement.wallMilliseconds && !listed.contains(order.orderID)
                await trial.expect(!isLate, "order \(order.orderID) came after the answer")
                let isCanceled = row["status"] as? String == "CANCELED"
                await trial.expect(isCanceled, "the exchange has \(row)")
            }
        }
    }

    // MARK: A bad network

    private static let dropped = KillCase(
        name: "CANCEL with 30 % of all answers of the venue dropped"
    ) { trial in
        let foreign = try await trial.restForeign(on: Array(Trial.Market.all.prefix(2)))
        try await trial.rest(300)
        try await trial.control("POST", "faults?action=execute-close&probability=0.3&count=0")
        let start = ContinuousClock.now
        let engagement = try await trial.engage(.cancel)
        await trial.expect(engagement.view.isDurable, "the engagement is not durable")
        let client = await trial.client
        var view = engagement.view
        while !view.isDone, ContinuousClock.now < start + .seconds(90) {
            try await Task.sleep(for: .milliseconds(50))
            view = try await client.killSwitch(.status)
        }
        let took = ContinuousClock.now - start
        let faults = try await trial.control("DELETE", "faults")
        await trial.tell(
            view.isDone
                ? "verified zero after \(took.seconds), \(faults["hits"] ?? 0) answers dropped"
                : "\(view.openOrderIDs.count) orders not confirmed after \(took.seconds), named"
        )
        let open = try await trial.openAtExchange()
        for (id, name) in open where foreign[id] == nil {
            let order = try await client.orders(includesClosed: true, countMax: 1_000)
                .first { $0.clientOrderID == name }
            let isNamed = order.map { view.openOrderIDs.contains($0.orderID) } ?? false
            await trial.expect(isNamed, "\(name) is open and was not named")
        }
        for (id, name) in foreign {
            await trial.expect(open[id] == name, "the foreign order \(name) was touched")
        }
    }

    // MARK: Positions

    private static let flatten = KillCase(
        name: "FLATTEN with positions and open orders"
    ) { trial in
        let client = await trial.client
        for (symbol, quantity) in [("BTCUSDT", "0.5"), ("ETHUSDT", "7.5")] {
            let wish = OrderWish(symbol: symbol, side: .buy, quantity: quantity)
            let order = try await client.place(wish).order
            await trial.expect(order.status == "FILLED", "\(order)")
        }
        try await trial.rest(20)
        let start = ContinuousClock.now
        _ = try await trial.engage(.flatten)
        let view = try await trial.waitUntilDone()
        await trial.tell("flat after \((ContinuousClock.now - start).seconds)")
        try await trial.expectOpen([:])
        let closings = view.venues.flatMap(\.closings)
        await trial.expect(closings.count == 2, "\(closings)")
        for closing in closings {
            let isDust = closing.reason.contains("dust")
            await trial.expect(closing.status == "closed" || isDust, "\(closing)")
            await trial.tell("\(closing.symbol): \(closing.status), \(closing.quantity) held")
        }
        for position in try await client.positions().positions {
            let quantity = try Amount(position.quantity)
            await trial.expect(quantity >= .zero, "turned around: \(position)")
        }
        let comparison = Comparison(desk: trial.desk, client: client)
        let differences = try await comparison.settledDifferences(["BTCUSDT", "ETHUSDT"])
        for difference in differences { await trial.report(difference) }
    }

    // MARK: A restart meanwhile

    private static let restart = KillCase(
        name: "CANCEL goes on after kill -9 in the middle"
    ) { trial in
        try await trial.rest(200)
        try await trial.control(
            "POST",
            "faults?action=delay&ms=150&method=DELETE&path=/api/v3/order&count=0"
        )
        _ = try await trial.engage(.cancel)
        let client = await trial.client
        for _ in 0..<400 {
            if try await client.killSwitch(.status).unconfirmedOrderIDs.count < 150 { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        let left = try await client.killSwitch(.status).openOrderIDs.count
        await trial.expect(left > 0, "the restart came too late to show anything")
        try await trial.restart()
        let state = try await trial.client.killSwitch(.status)
        await trial.expect(state.isEngaged && state.level == "cancel", "\(state)")
        let view = try await trial.waitUntilDone()
        await trial.tell("\(left) orders were open at the restart, \(view.canceledCount) after it")
        try await trial.expectOpen([:])
    }
}
