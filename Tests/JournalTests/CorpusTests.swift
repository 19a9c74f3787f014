import Foundation
import ProtobufArena
import Testing

@testable import Journal
@testable import TradingCore

/// Journals as programs of each format wrote them; they are never written again.
///
/// A file has a line for each record: its key and its stored bytes, in hexadecimal digits.
@Suite struct CorpusTests {
    /// The state that each must fold to, for ever (J4).
    static let digests: [(format: UInt32, digest: String)] = [
        (1, "5b1fe251d2a6691d06d5e42b4c918975a82fcfceee3dd07b33beb12d19c5070d"),
        (2, "5b1fe251d2a6691d06d5e42b4c918975a82fcfceee3dd07b33beb12d19c5070d"),
    ]

    static func url(of format: UInt32) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Corpus/format-\(format).txt")
    }

    @Test(arguments: digests.map(\.format))
    func `an old journal folds to the state that it always had (J4)`(format: UInt32) throws {
        let lines = try String(contentsOf: Self.url(of: format), encoding: .utf8)
            .split(separator: "\n")
        #expect(lines.count > 100)
        let folder = try TemporaryFolder()
        let layout = Recovery.Layout(store: folder.path)
        do {
            let database = try RocksDatabase(path: layout.journal)
            for line in lines {
                let parts = line.split(separator: " ")
                let place = try #require(UInt64(parts[0]))
                let value = try #require([UInt8](hex: parts[1]))
                let entry = RocksDatabase.Entry(
                    table: .journal,
                    key: place.bigEndianBytes,
                    value: value
                )
                try database.write([entry], isSynced: false)
            }
            let version = RocksDatabase.Entry(
                table: .meta,
                key: Journal.formatKey,
                value: format.bigEndianBytes
            )
            try database.write([version], isSynced: true)
        }
        let recovery = try Recovery.run(layout)
        #expect(recovery.damage == nil)
        let digest = Self.digests.first { $0.format == format }?.digest
        #expect(Self.digest(of: recovery.state).description == digest)
        // It goes on under this program, and is this program's from then on.
        let journal = try #require(recovery.journal)
        let stored = try #require(try journal.database.value(of: Journal.formatKey, in: .meta))
        #expect(UInt32(bigEndianBytes: stored.span) == Journal.formatVersion)
    }

    @Test func `every format has its corpus`() throws {
        #expect(Self.digests.map(\.format) == Array(1...Journal.formatVersion))
        guard !FileManager.default.fileExists(atPath: Self.url(of: Journal.formatVersion).path)
        else { return }
        let draft = NSTemporaryDirectory() + "format-\(Journal.formatVersion).txt"
        let digest = try Self.write(to: draft)
        Issue.record("add \(draft) to the corpus, with the digest \(digest)")
    }

    @Test func `a store of a newer program is refused, in so many words`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/journal"
        do {
            let journal = try Journal(path: path)
            let version = RocksDatabase.Entry(
                table: .meta,
                key: Journal.formatKey,
                value: (Journal.formatVersion + 1).bigEndianBytes
            )
            try journal.database.write([version], isSynced: true)
        }
        let expected = JournalError.tooNew(
            formatVersion: Journal.formatVersion + 1,
            supportedMax: Journal.formatVersion
        )
        #expect(throws: expected) { _ = try Journal(path: path) }
        #expect(throws: expected) { _ = try StoreCopy(path: path) }
        #expect("\(expected)".contains("this program reads up to \(Journal.formatVersion)"))
        #expect(!expected.isDamage)
    }

    /// A history with everything in it that this format can say.
    private static func write(to path: String) throws -> ChainHash {
        var history = History(seed: 20_261_121)
        var head = ChainHead.start
        var lines: [String] = []
        let sealer = RecordSealer(arena: ProtobufArena())
        func add(_ record: History.Record) {
            let sealed = sealer.seal(record.events, at: record.time, after: head)
            lines.append("\(head.sequence + 1) \(sealed.value.hex)")
            head = sealed.head
        }
        for record in history.records(150) { add(record) }
        for event in Samples.rareEvents(after: history.state) { add(history.record(of: event)) }
        for record in history.records(10) { add(record) }
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        return Self.digest(of: history.state)
    }

    /// A hash over what a state has had from the first format on; what is added later to the
    /// state does not change it.
    private static func digest(of state: State) -> ChainHash {
        var lines = [
            "\(state.sequence) \(state.clientIDPrefix) \(state.epoch) \(state.lastOrderID)",
            "\(state.modes.installation?.mode.name ?? "-") \(state.killSwitch.level?.name ?? "-")",
        ]
        for order in state.ordersByAge {
            lines.append(
                "order \(order.orderID) \(order.intent.clientOrderID) \(order.terms.symbol) "
                    + "\(order.terms.side.name) \(order.terms.quantity) \(order.status.name) "
                    + "\(order.venueOrderID?.raw ?? 0) \(order.executedQuantity) "
                    + "\(order.filledQuantity) \(order.filledQuoteQuantity) "
                    + "\(order.fills.map(\.tradeID)) \(order.pendingCancel != nil) "
                    + "\(order.updatedAt.nanoseconds) \(order.reason)"
            )
        }
        for (venue, ledger) in state.ledgers.sorted(by: { $0.key < $1.key }) {
            lines.append("ledger \(venue.mode.name) \(ledger.accountID ?? 0)")
            for asset in ledger.assets {
                lines.append("\(asset) \(ledger.total(of: asset)) \(ledger.reserved(of: asset))")
            }
            for position in ledger.positionsBySymbol {
                lines.append(
                    "\(position.symbol) \(position.quantity) \(position.cost) "
                        + "\(position.realizedProfit) \(position.fees.map(\.amount)) "
                        + "\(position.fillCount)"
                )
            }
        }
        return ChainHash(of: Array(lines.joined(separator: "\n").utf8).span)
    }
}
