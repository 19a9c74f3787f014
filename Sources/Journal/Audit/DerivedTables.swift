import CTradingProto
import ProtobufArena
import TradingCore

/// The comparison of what follows from the records with what they say: finished orders, keys, the
/// numbers of receipts, and snapshots.
///
/// It folds the records, so it is for a chain that was found to be good.
struct DerivedTables {
    private let database: RocksDatabase
    private let arena = ProtobufArena(unpackBytesMax: 64 * 1024 * 1024)
    private var state = State()
    private(set) var findings: [Finding] = []
    /// What contradicts the chain itself: it lacks what a snapshot saw.
    private(set) var damage: Damage?
    /// Whether the last event is the one of an orderly end.
    private(set) var endsInOrder = false
    /// By number; those at whose last ending the table held something else, and why.
    private var wrongOrders: [UInt64: String] = [:]
    /// By key; whose number the table should hold.
    private var wrongKeys: [[UInt8]: UInt64] = [:]
    /// Open orders that were finished before, so that the table holds them.
    private var reopened: Set<OrderID> = []
    private var receiptNumbers: [UInt64] = []
    /// Those that the chain has not reached, by their place in it.
    private var snapshots: [UInt64: Snapshot] = [:]

    init(of database: RocksDatabase) { self.database = database }

    private mutating func note(_ place: Finding.Place, _ detail: String) {
        guard self.findings.count < Finding.countMax else { return }
        self.findings.append(Finding(place, detail))
    }

    /// Reads the snapshots, to be compared with the fold.
    mutating func add(_ folder: SnapshotFolder) {
        for sequence in folder.sequences {
            do throws(JournalError) {
                self.snapshots[sequence] = try folder.read(sequence)
            } catch {
                self.note(.snapshot, "the one at event \(sequence) is not used: \(error)")
            }
        }
    }

    /// Takes the next record of the chain.
    mutating func take(
        _ record: StoredRecord,
        _ message: Trading__Journal__V1__Record
    ) throws(DecodingProblem) {
        for index in 0..<(unsafe message.n_receipts) {
            guard let receipt = unsafe message.receipts?[index]?.pointee else { continue }
            self.receiptNumbers.append(unsafe receipt.number)
        }
        var events: [Event] = []
        unsafe try StoredRecord.forEachEvent(of: message) { events.append($0) }
        for event in events {
            if case .orderReopened(let order) = event { self.reopened.insert(order.orderID) }
            if let order = self.state.apply(event, at: record.time) { self.compare(order) }
        }
        self.endsInOrder = events.last == .stopped
        guard let snapshot = self.snapshots.removeValue(forKey: record.lastSequence) else { return }
        if snapshot.head.hash != record.hash {
            self.contradict(snapshot)
        } else if snapshot.state != self.state {
            self.note(
                .snapshot,
                "the one at event \(record.lastSequence) is not what the records say"
            )
        }
    }

    private mutating func contradict(_ snapshot: Snapshot) {
        let place = snapshot.head.sequence
        guard self.damage == nil else { return }
        self.damage =
            place > self.state.sequence.raw
            ? Damage(
                .cutOff,
                at: self.state.sequence.raw + 1,
                "the journal ends at event \(self.state.sequence), a snapshot saw event \(place)"
            )
            : Damage(
                .rewritten,
                at: place,
                "no record ends there with the hash that a snapshot saw"
            )
    }

    // MARK: Finished orders

    private mutating func compare(_ order: Order) {
        self.reopened.remove(order.orderID)
        let number = order.orderID.raw
        self.wrongOrders[number] = self.difference(from: order)
        guard let key = order.intent.key.map({ Journal.bytes(of: $0) }) else { return }
        let stored = try? self.database.value(of: key, in: .keys)
        self.wrongKeys[key] = stored == number.bigEndianBytes ? nil : number
    }

    private func difference(from order: Order) -> String? {
        let key = order.orderID.raw.bigEndianBytes
        do throws(JournalError) {
            guard let value = try self.database.value(of: key, in: .orders) else {
                return "it is missing"
            }
            let stored = try Journal.order(value.span, of: order.orderID, in: self.arena)
            return stored == order ? nil : "it is not what the records say"
        } catch {
            return "\(error)"
        }
    }

    // MARK: The end

    /// Says that there are no more records, and looks for what no record speaks of.
    mutating func finish() {
        for place in self.snapshots.keys.sorted() {
            if let snapshot = self.snapshots[place] { self.contradict(snapshot) }
        }
        for (number, difference) in self.wrongOrders.sorted(by: { $0.key < $1.key }) {
            self.note(.derivedTable, "finished order \(number): \(difference)")
        }
        for number in self.wrongKeys.values.sorted() {
            self.note(.derivedTable, "the key of order \(number) does not lead to it")
        }
        let numbers = Set(self.receiptNumbers)
        self.lookForExtra(in: .receipts, "receipt") { (key, _) in
            UInt64(bigEndianBytes: key).map(numbers.contains) ?? false
        }
        let (last, state, reopened) = (self.state.lastOrderID, self.state, self.reopened)
        self.lookForExtra(in: .orders, "finished order") { (key, _) in
            guard let number = UInt64(bigEndianBytes: key), 1...last.raw ~= number else {
                return false
            }
            let orderID = OrderID(raw: number)
            return state.orders[orderID] == nil || reopened.contains(orderID)
        }
        let (database, arena) = (self.database, self.arena)
        self.lookForExtra(in: .keys, "key of an order") { (key, value) in
            guard let number = UInt64(bigEndianBytes: value),
                let stored = try? database.value(of: number.bigEndianBytes, in: .orders),
                let order = try? Journal.order(stored.span, of: OrderID(raw: number), in: arena)
            else { return false }
            return order.intent.key.map { Journal.bytes(of: $0) } == Array(copying: key)
        }
        self.lookForExtra(in: .meta, "format version") { (key, value) in
            Array(copying: key) == Journal.formatKey && value.count == MemoryLayout<UInt32>.size
        }
        if (try? self.database.value(of: Journal.formatKey, in: .meta)) == .some(nil) {
            self.note(.derivedTable, "the store's format version is missing")
        }
    }

    private mutating func lookForExtra(
        in table: StoreTable,
        _ what: String,
        _ isKnown: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
    ) {
        var extra: [String] = []
        let scanned = Result { () throws(JournalError) in
            try self.database.scan(from: [], in: table, .ascending) { (key, value) in
                if !isKnown(key, value) { extra.append(Array(copying: key).hex) }
                return extra.count < Finding.countMax
            }
        }
        for key in extra { self.note(.derivedTable, "no record speaks of the \(what) at \(key)") }
        if case .failure(let error) = scanned {
            self.note(.derivedTable, "the table \(table.name) cannot be read: \(error)")
        }
    }
}
