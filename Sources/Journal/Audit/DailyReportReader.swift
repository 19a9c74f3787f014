import CTradingProto
import ProtobufArena
import TradingCore

/// Reads a journal into a day's report.
///
/// It folds the whole journal, because what is unresolved at the end of the day may have begun
/// long before: about two seconds for a million events.
struct DailyReportReader {
    private var report: DailyReport
    private let day: Day
    private var state = State()
    /// What was in doubt, and what was held, when the day was over.
    private var ending: (unresolved: [UInt64], positions: [DailyReport.Holding])?
    private var notional: [Asset: Amount] = [:]
    private var fees: [Asset: Amount] = [:]

    init(of day: Day) {
        self.day = day
        self.report = DailyReport(day: day.text)
    }

    /// Takes the next event of the journal; later days may tell of trades of this one.
    mutating func take(_ event: Event, at time: WallTime) {
        let today = Day(of: time)
        if today > self.day, self.ending == nil { self.ending = (self.inDoubt, self.held) }
        let orderID = EventView(event).orderID
        let before = orderID.flatMap { self.state.orders[$0] }
        let closed = self.state.apply(event, at: time)
        let after = closed ?? orderID.flatMap { self.state.orders[$0] }
        if let after { self.count(event, of: after) }
        guard today == self.day else { return }
        self.report.eventCount += 1
        self.note(event, at: time)
        if let after { self.note(event, before: before?.status, after: after.status) }
    }

    private var inDoubt: [UInt64] { self.state.ordersInDoubt.sorted().map(\.raw) }

    private var held: [DailyReport.Holding] {
        VenueID.allCases.flatMap { venue in
            self.state.ledger(of: venue).positionsBySymbol.filter { !$0.quantity.isZero }.map {
                DailyReport.Holding(
                    venue: venue.mode.name,
                    symbol: $0.symbol.name,
                    quantity: $0.quantity.description,
                    averagePrice: $0.averagePrice?.description ?? "",
                    realizedProfit: $0.realizedProfit.amount(rounding: .down).description
                )
            }
        }
    }

    /// The report, once all events were taken.
    consuming func finish() -> DailyReport {
        self.report.notional = Self.totals(self.notional)
        self.report.fees = Self.totals(self.fees)
        let (unresolved, positions) = self.ending ?? (self.inDoubt, self.held)
        self.report.positions = positions
        self.report.doubt.unresolvedOrders = unresolved
        self.report.doubt.unresolvedShare = Self.share(
            unresolved.count,
            of: self.report.orders.submitted
        )
        return self.report
    }

    /// A fill counts on the day on which the venue says that it was traded (J2).
    private mutating func count(_ event: Event, of order: Order) {
        guard case .orderChanged(_, .filled(let fill)) = event, Day(of: fill.time) == self.day
        else { return }
        self.report.fillCount += 1
        self.notional[order.intent.quoteAsset, default: .zero] += fill.quoteQuantity
        if let asset = fill.feeAsset { self.fees[asset, default: .zero] += fill.fee }
    }

    private mutating func note(_ event: Event, before: OrderStatus?, after: OrderStatus) {
        if case .orderReopened = event { return }
        let wasInDoubt = before?.isInDoubt ?? false
        if after.isInDoubt, !wasInDoubt { self.report.doubt.began += 1 }
        if wasInDoubt, !after.isInDoubt {
            self.isOperators(event)
                ? (self.report.doubt.resolvedByPerson += 1) : (self.report.doubt.foundOut += 1)
        }
        guard after.isTerminal, before?.isTerminal != true else { return }
        switch after {
        case .refused: self.report.orders.refused += 1
        case .simulated: self.report.orders.simulated += 1
        case .filled: self.report.orders.filled += 1
        case .canceled: self.report.orders.canceled += 1
        case .expired: self.report.orders.expired += 1
        case .rejected: self.report.orders.rejected += 1
        case .notPlaced: self.report.orders.notPlaced += 1
        case .submitting, .open, .partiallyFilled, .unknown, .needsOperator, .held: break
        }
    }

    private func isOperators(_ event: Event) -> Bool {
        switch event {
        case .orderChanged(_, .resolved): true
        case .orderChanged(_, .filled(let fill)): fill.isOperators
        default: false
        }
    }

    private mutating func note(_ event: Event, at time: WallTime) {
        let sequence = self.state.sequence.raw
        switch event {
        case .orderSubmitted: self.report.orders.submitted += 1
        case .orderApproved(let intent, _):
            if intent.venue != .monitor { self.report.orders.submitted += 1 }
            self.act(event, at: time)
        case .balanceMoved(let venue, let asset, let delta, isOpening: false):
            self.report.discrepancies.append(
                DailyReport.Discrepancy(
                    time: time.text,
                    sequence: sequence,
                    venue: venue.mode.name,
                    asset: asset.name,
                    delta: delta.description
                )
            )
        case .started, .stopped, .modeChanged, .strategyModeChanged, .killChanged,
            .venueRestrained, .ledgerBound, .riskBreached, .breachAcknowledged, .limitChanged,
            .tokenChanged, .orderChanged(_, .resolved), .orderChanged(_, .needsOperator),
            .codeShown, .orderHeld, .orderChanged(_, .dismissed), .sessionEnded:
            self.act(event, at: time)
        default: break
        }
    }

    /// Lists what a person should know of.
    private mutating func act(_ event: Event, at time: WallTime) {
        let view = EventView(event)
        let order = view.orderID.map { ["order=\($0)"] } ?? []
        let fields = view.fields.map { "\($0.name)=\($0.value)" }
        self.report.actions.append(
            DailyReport.Action(
                time: time.text,
                sequence: self.state.sequence.raw,
                kind: view.kind,
                detail: (order + fields).joined(separator: " ")
            )
        )
    }

    private static func totals(_ amounts: [Asset: Amount]) -> [DailyReport.Total] {
        amounts.sorted { $0.key < $1.key }.map { asset, amount in
            DailyReport.Total(asset: asset.name, amount: amount.description)
        }
    }

    /// A share with six digits, rounded up: what is not nothing never shows as nothing.
    private static func share(_ part: Int, of whole: Int) -> String {
        guard part > 0 else { return "0.000000" }
        guard whole > 0 else { return "1.000000" }
        let millionths = min((part * 1_000_000 + whole - 1) / whole, 1_000_000)
        let digits = String(millionths % 1_000_000)
        let padding = String(repeating: "0", count: 6 - digits.count)
        return "\(millionths / 1_000_000).\(padding)\(digits)"
    }
}

/// Makes daily reports of one store, on any thread, also beside the gateway that writes to it.
package struct DailyReports: Sendable {
    private let database: RocksDatabase

    /// Of the store that a server runs on.
    package init(of journal: Journal) { self.database = journal.database }

    /// Of a store that no server runs on, or of a copy.
    ///
    /// - Throws: Where there is no store, or a newer program wrote it.
    package init(store path: String) throws(JournalError) {
        self.database = try StoreCopy(path: path).database
    }

    /// - Complexity: O(*n*) in the count of events.
    /// - Throws: Where a record is not what it was; `verify` tells more then.
    package func report(of day: Day) throws(JournalError) -> DailyReport {
        var reader = DailyReportReader(of: day)
        var walker = ChainWalker(marks: [])
        let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
        try self.database.scan(
            from: [],
            in: .journal,
            .ascending
        ) { (key, value) throws(JournalError) in
            do throws(Damage) {
                let place = UInt64(bigEndianBytes: key) ?? 0
                let (record, message) = unsafe try walker.take(at: place, value, in: arena)
                do throws(DecodingProblem) {
                    unsafe try StoredRecord.forEachEvent(of: message) { event in
                        reader.take(event, at: record.time)
                    }
                } catch {
                    throw Damage(.changed, at: record.firstSequence, error.reason)
                }
                return true
            } catch {
                throw .corrupt(recordAt: error.sequence, reason: error.detail)
            }
        }
        return reader.finish()
    }
}
