import Testing

@testable import TradingCore

/// The life of an order: every pair of status and change, against an expectation of its own.
@Suite struct OrderStatusTests {
    /// What kind of change it is, with what the fills add up to after it.
    struct Change {
        var name: String
        var change: OrderChange
    }

    static let venueID = VenueOrderID(raw: 1)

    static let changes: [Change] =
        VenueOrderStatus.allCases.map { status in
            Change(
                name: "reported \(status)",
                change: .reported(status, venueID, executed: .zero, reason: "")
            )
        } + [
            Change(name: "filled", change: .filled(Make.fill(1))),
            Change(name: "simulated", change: .simulated(request: "")),
            Change(name: "rejected", change: .rejected(code: -1, reason: "")),
            Change(name: "notPlaced", change: .notPlaced(reason: "")),
            Change(name: "outcomeUnknown", change: .outcomeUnknown(reason: "")),
            Change(name: "needsOperator", change: .needsOperator(reason: "")),
        ]
        + [.absent, .canceled, .filled(at: Make.price("1")), .identified(venueID)].map {
            Change(
                name: "resolved as \($0.name)",
                change: .resolved($0, by: Principal("me"), reason: "")
            )
        } + [
            Change(name: "succeeded", change: .succeeded(by: OrderID(raw: 2))),
            Change(name: "amended", change: .amended(to: Make.quantity("0.5"))),
            Change(name: "amendFailed", change: .amendFailed(reason: "")),
        ]

    /// Rows by status, columns by change.
    ///
    /// Within a column: what the fills are (none, some, all) for the reports and the
    /// fill, then the findings. `!` is a pair that cannot be and ends the process.
    ///
    /// Columns: new, partial, filled, canceled, expired, rejected (each none/some/all), filled
    /// (some/all), simulated, rejected, notPlaced, outcomeUnknown, needsOperator, and resolved as
    /// absent, canceled, filled, identified, and succeeded,
    /// amended, amendment failed.
    static let alive = "O/P/F O/P/F P/P/F C/C/C E/E/E R/R/R P/F"
    static let table: [(OrderStatus, String)] = [
        (.submitting, "\(alive) S R N U X B B B B B B B"),
        (.open, "\(alive) ! O O O X O O O O O O O"),
        (.partiallyFilled, "\(alive) ! P P P X P P P P P P P"),
        (.unknown, "\(alive) S R N U X N C U U U U U"),
        (.needsOperator, "\(alive) ! R N X X N C X U X X X"),
        (.notPlaced, "\(alive) ! N N N N N N N N N N N"),
        (.rejected, "\(alive) ! R R R R R R R R R R R"),
        (.filled, "F/F/F F/F/F F/F/F F/F/F F/F/F F/F/F F/F ! F F F F F F F F F F F"),
        (.canceled, "C/C/C C/C/C C/C/C C/C/C C/C/C C/C/C C/F ! C C C C C C C C C C C"),
        (.expired, "E/E/E E/E/E E/E/E E/E/E E/E/E E/E/E E/F ! E E E E E E E E E E E"),
    ]

    static let letters: [Character: OrderStatus] = [
        "S": .simulated, "U": .unknown, "O": .open, "P": .partiallyFilled, "F": .filled,
        "C": .canceled, "E": .expired, "R": .rejected, "B": .submitting,
        "N": .notPlaced, "X": .needsOperator,
    ]

    @Test func `every possible pair leads where the table says`() {
        var pairs = 0
        for (status, row) in Self.table {
            let cells = row.split(separator: " ")
            #expect(cells.count == Self.changes.count)
            for (cell, change) in zip(cells, Self.changes) where cell != "!" {
                let options = cell.split(separator: "/").map { Self.letters[$0.first ?? " "] }
                let fillings: [(isFilled: Bool, hasFills: Bool)] =
                    options.count == 3
                    ? [(false, false), (false, true), (true, true)]
                    : options.count == 2 ? [(false, true), (true, true)] : [(false, false)]
                for (expected, filling) in zip(options, fillings) {
                    let after = status.after(
                        change.change,
                        isFilled: filling.isFilled,
                        hasFills: filling.hasFills
                    )
                    #expect(after == expected, "\(status.name), \(change.name), \(filling)")
                    pairs += 1
                }
            }
        }
        #expect(pairs == 10 * (6 * 3 + 2 + 11) + 2)
    }

    @Test(arguments: [OrderStatus.refused, .simulated])
    func `an order that never left cannot change`(status: OrderStatus) async {
        // The table has no row for them, and so it is complete.
        #expect(!Self.table.contains { $0.0 == status })
        #expect(Self.table.count + 2 == OrderStatus.allCases.count)
        await #expect(processExitsWith: .failure) {
            _ = OrderStatus.refused.after(
                .notPlaced(reason: ""),
                isFilled: false,
                hasFills: false
            )
        }
        await #expect(processExitsWith: .failure) {
            _ = OrderStatus.simulated.after(
                .outcomeUnknown(reason: ""),
                isFilled: false,
                hasFills: false
            )
        }
    }

    @Test func `an order at a venue was not only simulated`() async {
        await #expect(processExitsWith: .failure) {
            _ = OrderStatus.open.after(.simulated(request: ""), isFilled: false, hasFills: false)
        }
        await #expect(processExitsWith: .failure) {
            _ = OrderStatus.needsOperator.after(
                .simulated(request: ""),
                isFilled: false,
                hasFills: false
            )
        }
    }

    @Test func `a trade is counted once, or the process ends`() async {
        await #expect(processExitsWith: .failure) {
            var order = Order(
                intent: Make.intent(),
                status: .open,
                createdAt: WallTime(nanoseconds: 0)
            )
            order.apply(.filled(Make.fill(1)), at: WallTime(nanoseconds: 1))
            order.apply(.filled(Make.fill(1)), at: WallTime(nanoseconds: 2))
        }
    }

    @Test func `every status has its own name, and says whether it is the end`() {
        #expect(Set(OrderStatus.allCases.map(\.name)).count == OrderStatus.allCases.count)
        let open = OrderStatus.allCases.filter { !$0.isTerminal }
        #expect(open == [.submitting, .open, .partiallyFilled, .unknown, .needsOperator])
        #expect(OrderStatus.allCases.filter(\.isInDoubt) == [.unknown, .needsOperator])
    }
}
