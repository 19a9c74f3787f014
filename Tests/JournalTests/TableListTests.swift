import Foundation
import Testing

@testable import Journal
@testable import TradingCore

/// J3: what a killed process leaves of a table that it was writing is no damage.
@Suite struct TableListTests {
    private static func tables(in folder: String) -> [String] {
        Files.names(in: folder).filter { $0.hasSuffix(".sst") }
    }

    @Test func `the list of a store names all of its tables, and none that is gone`() throws {
        let closed = try BitFlipTests.ClosedStore()
        let folder = closed.layout.journal
        let tables = Self.tables(in: folder)
        #expect(tables.count > 3)
        #expect(TableList.tablesInUse(in: folder) == tables)
        let list = try #require(EngineLog.nameOfList(in: folder))
        let bytes = try #require(try Files.read(folder + "/" + list))
        #expect(TableList.numbers(in: bytes) == Set(tables.compactMap { Int($0.dropLast(4)) }))
    }

    @Test(arguments: [0, 1, 600])
    func `a table that a crash left half written keeps no store shut (J3)`(bytes: Int) throws {
        let closed = try BitFlipTests.ClosedStore()
        let folder = closed.layout.journal
        let table = try #require(Self.tables(in: folder).last)
        let content = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + table))
        #expect(content.count > bytes)
        let half = URL(fileURLWithPath: folder + "/999999.sst")
        try content.prefix(bytes).write(to: half)
        #expect(closed.complaint() == nil)
        let recovery = try Recovery.run(closed.layout)
        #expect(recovery.journal != nil)
        #expect(recovery.state == closed.store.history.state)
    }

    @Test func `a footer that was changed in a table in use keeps the store shut (J3)`() throws {
        let closed = try BitFlipTests.ClosedStore()
        for table in Self.tables(in: closed.layout.journal) {
            let path = closed.layout.journal + "/" + table
            let size = try #require(try Files.end(of: path, 0)?.size)
            try BitFlipTests.flip(size * 8 - 100, of: path)
            #expect(closed.complaint()?.contains("footer of \(table)") == true)
            try BitFlipTests.flip(size * 8 - 100, of: path)
        }
    }

    @Test func `a list that is not understood leaves every table in use`() {
        // An edit with a mark that no version of the engine has had.
        #expect(TableList.numbers(in: Self.list(of: [0x7f])) == nil)
        // What a newer engine lets older ones pass over: the mark 8,193 and two bytes.
        let newer: [UInt8] = [0x81, 0x40, 2, 9, 9, 6, 0, 12]
        #expect(TableList.numbers(in: Self.list(of: newer)) == [])
        #expect(TableList.numbers(in: Self.list(of: [6, 0])) == nil)
        #expect(TableList.numbers(in: []) == [])
    }

    private static func list(of edit: [UInt8]) -> [UInt8] {
        let sum = CRC32C.masked(of: ([1] + edit)[...])
        return (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
            + [UInt8(edit.count), 0, 1] + edit
    }
}
