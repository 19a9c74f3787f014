/// How many new orders the venue takes still, known before one is sent.
///
/// Every order of ours passes here once when it is submitted and once when its placement is
/// answered; what others place on the account shows in the venue's own counts.
package struct OrderBudget: Hashable, Sendable {
    /// Why a placement has no room.
    package struct Shortage: Hashable, Sendable {
        package var limit: RateLimit
        package var used: Int
        /// How many are kept for the kill switch.
        package var reserve: Int
        /// When there is room again, in milliseconds from now.
        package var waitMilliseconds: Int64
    }

    private var windows: [RateWindow]
    private var charges: [OrderID: [RateWindow.Charge]] = [:]

    /// What Binance publishes; its own answer to `exchangeInfo` replaces it.
    package static let publishedLimits = [
        RateLimit(.orders, intervalMilliseconds: 10_000, countMax: 50),
        RateLimit(.orders, intervalMilliseconds: 86_400_000, countMax: 160_000),
    ]

    /// What is not known of the venue's clock grows a little until the window's end.
    private static let growthMilliseconds: Int64 = 10

    /// Binance has two; a server gone wrong must not fill our memory.
    private static let windowsMax = 8

    package init() { self.windows = Self.publishedLimits.map(RateWindow.init) }

    /// What the kill switch alone may use: a tenth, but at least one order.
    private static func reserve(of limit: RateLimit) -> Int { max(1, limit.countMax / 10) }

    /// Takes in the limits that the venue lists; those of other kinds are left out.
    package mutating func learn(_ limits: [RateLimit]) {
        for limit in limits where limit.kind == .orders {
            let index = self.windows.firstIndex {
                $0.limit.intervalMilliseconds == limit.intervalMilliseconds
            }
            // Charges on their way name windows by their place: what is new goes to the end.
            if let index {
                self.windows[index].setCountMax(limit.countMax)
            } else if self.windows.count < Self.windowsMax {
                self.windows.append(RateWindow(limit))
            }
        }
    }

    /// Why an order may not be sent now; nil where it may.
    ///
    /// - Parameters:
    ///   - usesReserve: Whether the kill switch closes a position with it.
    ///   - times: Between which times it is at the venue.
    /// - Returns: The limit that is used up for longest.
    package mutating func shortage(
        usingReserve usesReserve: Bool,
        at times: ClosedRange<WallTime>
    ) -> Shortage? {
        var worst: Shortage?
        for index in self.windows.indices {
            if !self.windows[index].holds(times) { self.windows[index].roll(to: times) }
            let window = self.windows[index]
            let reserve = usesReserve ? 0 : Self.reserve(of: window.limit)
            guard !window.hasRoom(for: 1, reserve: reserve) else { continue }
            let wait =
                max(0, window.end.milliseconds - times.lowerBound.milliseconds)
                + Self.growthMilliseconds
            if wait > worst?.waitMilliseconds ?? 0 {
                worst = Shortage(
                    limit: window.limit,
                    used: window.used,
                    reserve: reserve,
                    waitMilliseconds: wait
                )
            }
        }
        return worst
    }

    /// Counts an order that is being sent.
    package mutating func charge(_ orderID: OrderID, at times: ClosedRange<WallTime>) {
        self.charges[orderID] = self.windows.indices.map { index in
            self.windows[index].roll(to: times)
            return self.windows[index].charge(1)
        }
    }

    /// Takes in what the venue counted when it answered an order's placement, or by itself.
    package mutating func note(
        _ counts: [RateCount],
        with orderID: OrderID?,
        at times: ClosedRange<WallTime>
    ) {
        self.complete(orderID, counts, at: times)
        guard orderID == nil else { return }
        for index in self.windows.indices {
            self.windows[index].roll(to: times)
            for count in counts where count.isOf(self.windows[index].limit) {
                self.windows[index].note(count.count)
            }
        }
    }

    /// An order's placement was answered, or will never be; told twice, it counts once.
    package mutating func complete(
        _ orderID: OrderID?,
        _ counts: [RateCount] = [],
        at times: ClosedRange<WallTime>
    ) {
        guard let orderID, let charges = self.charges.removeValue(forKey: orderID) else { return }
        for (index, charge) in charges.enumerated() {
            let limit = self.windows[index].limit
            let count = counts.first { $0.isOf(limit) }?.count
            self.windows[index].complete(charge, at: times, count: count)
        }
    }
}

extension RateCount {
    package func isOf(_ limit: RateLimit) -> Bool {
        self.kind == limit.kind && self.intervalMilliseconds == limit.intervalMilliseconds
    }
}
