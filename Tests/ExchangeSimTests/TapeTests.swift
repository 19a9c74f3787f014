import CZlib
import Foundation
import MatchingEngine
import NIOHTTP1
import Testing
import TradingCore

@testable import ExchangeSim
@testable import MarketReplay

@Suite("Public data files")
struct TapeTests {
    static let start: Int64 = 1_722_470_400_000

    /// The forms in which two same trades come: 1.5@100 bought, half a second later 0.5@99 sold.
    static let forms: [(String, String)] = [
        (
            "trades of spot in milliseconds",
            """
            1,100.0,1.5,150.0,1722470400000,False,True
            2,99.0,0.5,49.5,1722470400500,True,True
            """
        ),
        (
            "trades of spot in microseconds",
            """
            1,100.0,1.5,150.0,1722470400000000,False,True
            2,99.0,0.5,49.5,1722470400500000,True,True
            """
        ),
        (
            "trades with a header",
            """
            id,price,qty,quote_qty,time,is_buyer_maker
            1,100.0,1.5,150.0,1722470400000,false
            2,99.0,0.5,49.5,1722470400500,true
            """
        ),
        (
            "trades without the last column",
            "1,100.0,1.5,150.0,1722470400000,false\r\n2,99.0,0.5,49.5,1722470400500,true\r\n"
        ),
        (
            "aggregate trades of spot",
            """
            7,100.0,1.5,1,1,1722470400000000,False,True

            8,99.0,0.5,2,2,1722470400500000,True,True
            """
        ),
        (
            "aggregate trades with a header",
            """
            agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker
            7,100.0,1.5,1,1,1722470400000,false
            8,99.0,0.5,2,2,1722470400500,true
            """
        ),
        (
            "ticks with sides",
            "time,price,quantity,side\n1722470400000,100,1.5,BUY\n1722470400500,99,0.5,SELL"
        ),
        ("ticks without anything", "1722470400000,100,1.5\n1722470400500,99,0.5"),
        (
            "ticks with a mark, a symbol and columns in another order",
            "\u{FEFF}symbol,price,time,qty\nBTCUSDT,100,1722470400000,1.5\n"
                + "BTCUSDT,99,1722470400500,0.5"
        ),
    ]

    @Test(arguments: Self.forms)
    func `every form of the same trades is the same tape`(_ name: String, _ text: String) throws {
        let tape = try Tape(Array(text.utf8))
        #expect(tape.lineCount == 2)
        let steps = (0..<tape.stepCount).map(tape.step)
        #expect(
            steps == [
                Self.step(0, .trade(price: 100, quantity: "1.5", .buy)),
                Self.step(500, .trade(price: 99, quantity: "0.5", .sell)),
            ]
        )
    }

    static func step(_ milliseconds: Int64, _ message: RecordedMessage?) -> ReplayStep {
        ReplayStep(
            time: WallTime(milliseconds: self.start + milliseconds),
            message: message,
            endsLine: true
        )
    }

    @Test(arguments: [
        ("100,102,98,101", [100, 98, 102, 101], [Side.buy, .sell, .buy, .sell]),
        ("100,102,98,99", [100, 102, 98, 99], [.sell, .buy, .sell, .buy]),
    ])
    func `a candle is four trades on the way that its direction tells`(
        _ prices: String,
        _ path: [Int64],
        _ sides: [Side]
    ) throws {
        let row = "1722470400000,\(prices),10.00000003,1722470459999,1000,12,5,500,0\n"
        let tape = try Tape(Array(row.utf8))
        let steps = (0..<tape.stepCount).map(tape.step)
        let quantities = ["2.5", "2.5", "2.5", "2.50000003"]
        #expect(
            steps.map(\.message)
                == zip(path, zip(quantities, sides)).map {
                    .trade(price: $0, quantity: $1.0, $1.1)
                }
        )
        #expect(steps.map(\.endsLine) == [false, false, false, true])
        #expect(
            steps.map(\.time.milliseconds) == [0, 19_999, 39_999, 59_999].map { Self.start + $0 }
        )
        #expect(tape.lineCount == 1)
    }

    @Test func `a candle without a trade only lets time pass`() throws {
        let row = "1722470400000,1,1,1,1,0,1722470459999,0,0,0,0,0"
        let tape = try Tape(Array(row.utf8))
        #expect(tape.stepCount == 1)
        #expect(tape.step(at: 0) == Self.step(59_999, nil))
    }

    @Test(arguments: [
        ("1,100,1,buy\n2,,1,buy\n", 2, "neither a trade"), ("1,100,1\n\n2,1x,1\n", 3, "1x is not"),
        ("1,100,1\n2,100\n", 2, "2 cells, not 3"), ("x,y\n1,2\n", 1, "the header names no time"),
        ("1,100,0\n", 1, "without a quantity"), ("1,-5,1\n", 1, "not positive"),
        ("1,100,1,up\n", 1, "neither buy nor sell"), ("now,1,1\n", 1, "the header names"),
        ("time,bid,ask\n1,5,5\n", 2, "not below its ask"), ("1,2\n", 1, "no known format"),
        ("time,price,qty\n", 2, "only a header"), ("", 1, "it is empty"),
        ("time,time,price,qty\n1,1,1,1\n", 1, "two columns"),
        ("1,9000000000,1\n", 1, "is not a number"), ("1,1,0.000000001\n", 1, "is not a number"),
        ("99999999999999999,1,1\n", 1, "beyond the year"), ("1.5,1,1\n", 1, "not a whole number"),
        ("symbol,time,price,qty\nA,1,1,1\nB,1,1,1\n", 3, "another symbol"),
        ("1,100,99,98,101,1,2,1,1,1,1,0\n", 1, "do not enclose"),
        ("1,1,1,1,1,maybe\n", 1, "neither true nor false"),
    ])
    func `a malformed line is named by its number and what is wrong`(
        _ text: String,
        _ line: Int,
        _ reason: String
    ) {
        do throws(TapeError) {
            _ = try Tape(Array(text.utf8))
            Issue.record("\(text) was read")
        } catch {
            #expect(error.line == line)
            #expect(error.reason.contains(reason), "\(error.reason)")
        }
    }

    @Test func `a zip file of public data plays, and the name tells its symbol`() async throws {
        let csv = Array("1,100.0,1.5,150.0,1722470400000,False,True\n".utf8)
        for isPacked in [true, false] {
            let archive = Self.archive("BTCUSDT-trades-2024-08-01.csv", csv, isPacked: isPacked)
            let source = try ReplaySource(archive, path: "/tmp/BTCUSDT-trades-2024-08-01.zip")
            #expect(source.lineCount == 1)
            #expect(source.symbol(path: "/tmp/ETHBTC-trades-2024-08-01.zip") == "ETHBTC")
            #expect(source.symbol(path: "/tmp/trades.zip") == nil)
        }
    }

    @Test(arguments: [
        (0..<4, "damaged"), (8..<9, "damaged"), (60..<64, "damaged"), (70..<71, "damaged"),
        (95..<99, "damaged"),
    ])
    func `a damaged archive is refused`(_ range: Range<Int>, _ reason: String) {
        var archive = Self.archive("a.csv", Array(repeating: 0x31, count: 900), isPacked: true)
        for index in range where index < archive.count { archive[index] ^= 0x5A }
        archive[0] = 0x50
        archive[1] = 0x4B
        archive[2] = 0x03
        archive[3] = 0x04
        do throws(RecordingError) {
            let source = try ReplaySource(archive, path: "a.zip")
            Issue.record("\(source.lineCount) lines were read")
        } catch {
            #expect(!error.description.isEmpty)
        }
        for count in 0..<archive.count {
            _ = try? ReplaySource(Array(archive[..<count]), path: "a.zip")
        }
    }

    @Test func `our orders trade against a file of trades`() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("ETHUSDT-trades-\(UUID().uuidString).csv").path
        let text = "1,100,2,200,1722470400000,False,True\n2,99,3,297,1722470400500,True,True\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await SimClient.withExchange {
            $0.replayPath = path
            $0.replaySpeed = .step
            $0.isClockRecorded = true
            $0.ignoresTimestamps = true
        } _: { client in
            _ = try await client.send(.POST, "/sim/replay/advance", "lines=1")
            let bought = try await client.order("symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1")
            #expect(bought.json["fills"]?.elements?.first?["price"]?.text == "100.00000000")
            _ = try await client.order(
                "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=4&price=99.5"
            )
            let end = try await client.send(.POST, "/sim/replay/advance", "lines=5")
            #expect(end.text == #"{"line":2,"time":1722470400500000000,"end":true}"#)
            let order = try await client.signed(.GET, "/api/v3/order", "symbol=ETHUSDT&orderId=2")
            #expect(order.json["executedQty"]?.text == "3.00000000")
            let status = try await client.send(.GET, "/sim/replay")
            #expect(status.json["symbol"]?.text == "ETHUSDT")
        }
    }

    /// A zip archive with one file, as a packer would write it.
    static func archive(_ name: String, _ bytes: [UInt8], isPacked: Bool) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let packed = isPacked ? Self.deflate(bytes) : bytes
        let common =
            number(20, 2) + number(0, 2) + number(isPacked ? 8 : 0, 2) + number(0, 4)
            + number(Int(Inflate.checksum(bytes)), 4) + number(packed.count, 4)
            + number(bytes.count, 4) + number(name.utf8.count, 2) + number(0, 2)
        let local = number(0x0403_4B50, 4) + common + Array(name.utf8) + packed
        let directory =
            number(0x0201_4B50, 4) + number(20, 2) + common + number(0, 10) + number(0, 4)
            + Array(name.utf8)
        return local + directory + number(0x0605_4B50, 4) + number(0, 4) + number(1, 2)
            + number(1, 2) + number(directory.count, 4) + number(local.count, 4) + number(0, 2)
    }

    /// A bare deflate stream: zlib's, without its header of two bytes and checksum of four.
    private static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var count = UInt(compressBound(UInt(bytes.count)))
        var packed = [UInt8](repeating: 0, count: Int(count))
        let status = unsafe compress2(&packed, &count, bytes, UInt(bytes.count), 6)
        #expect(status == Z_OK)
        return Array(packed[2..<(Int(count) - 4)])
    }
}

extension RecordedMessage {
    /// A trade of whole prices.
    static func trade(price: Int64, quantity: String, _ side: Side) -> RecordedMessage {
        guard let quantity = try? Quantity(quantity) else { fatalError("a quantity of a test") }
        return .trade(
            price: Price(raw: price * 100_000_000),
            quantity: quantity,
            takerSide: side
        )
    }
}
