import Foundation
import NIOHTTP1
import Testing

@testable import ExchangeSim
@testable import MarketReplay

@Suite("Replay")
struct ReplayTests {
    /// A recording in the format of real ones: a snapshot, then quotes and trades.
    static let sample = [
        ticker(1_000, 9, bid: ("100.00", "5"), ask: ("102.00", "4")),
        #"1010000000 {"lastUpdateId":10,"bids":[["100.00","5"],["99.00","9"]],"#
            + #""asks":[["102.00","4"],["103.00","8"]]}"#,
        #"1020000000 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"#
            + #""s":"BTCUSDT","U":11,"u":12,"b":[],"a":[["102.00","6"]]}}"#,
        #"3000000000 {"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","#
            + #""t":1,"p":"100.00","q":"6","T":1,"m":true,"M":true}}"#,
        ticker(3_010, 14, bid: ("99.00", "9"), ask: ("102.00", "6")),
    ].joined(separator: "\n")

    private static func ticker(
        _ milliseconds: Int,
        _ updateID: Int,
        bid: (String, String),
        ask: (String, String)
    ) -> String {
        #"\#(milliseconds)000000 {"stream":"btcusdt@bookTicker","data":{"u":\#(updateID),"#
            + #""s":"BTCUSDT","b":"\#(bid.0)","B":"\#(bid.1)","a":"\#(ask.0)","A":"\#(ask.1)"}}"#
    }

    private static func withFile(
        _ content: Data,
        _ body: (String) async throws -> Void
    ) async throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("recording-\(UUID().uuidString)")
        try content.write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(url.path)
    }

    private static func advance(_ client: SimClient, _ lines: Int) async throws -> Int64? {
        let answer = try await client.send(.POST, "/sim/replay/advance", "lines=\(lines)")
        return answer.json["line"]?.integer
    }

    @Test func `stepping plays line by line, and our orders queue behind the recorded ones`()
        async throws
    {
        try await Self.withFile(Data(Self.sample.utf8)) { path in
            try await SimClient.withExchange {
                $0.replayPath = path
                $0.replaySpeed = .step
            } _: { client in
                #expect(try await Self.advance(client, 2) == 2)
                let depth = try await client.send(.GET, "/api/v3/depth", "symbol=BTCUSDT")
                #expect(depth.text.contains(#""bids":[["100.00000000","5.00000000"],"#))
                _ = try await client.order(
                    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=100"
                )
                #expect(try await Self.advance(client, 1) == 3)
                let taken = try await client.order(
                    "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"
                )
                #expect(taken.json["fills"]?.elements?.first?["price"]?.text == "102.00000000")
                let trade = try await client.send(.POST, "/sim/replay/advance", "lines=1")
                #expect(trade.text == #"{"line":4,"time":3000000000,"end":false}"#)
                let order = try await client.signed(
                    .GET,
                    "/api/v3/order",
                    "symbol=BTCUSDT&orderId=1"
                )
                #expect(order.json["executedQty"]?.text == "1.00000000")
                #expect(try await Self.advance(client, 9) == 5)
                let ticker = try await client.send(
                    .GET,
                    "/api/v3/ticker/bookTicker",
                    "symbol=BTCUSDT"
                )
                #expect(ticker.json["bidPrice"]?.text == "100.00000000", "the rest of our order")
                #expect(ticker.json["askQty"]?.text == "5.00000000", "what we took stays taken")
            }
        }
    }

    @Test(arguments: [
        ("", "has no depth snapshot"), ("nonsense\n", "line 1"),
        ("1 {\"stream\":\"x@trade\",\"data\":{}}\n", "its trade lacks a field"),
        ("\u{1F}\u{8B}damaged", "line 1"),
    ])
    func `a recording that cannot be played is refused with the reason`(
        _ content: String,
        _ reason: String
    ) async throws {
        try await Self.withFile(Data(content.utf8)) { path in
            #expect(throws: RecordingError.self) { try ReplaySource(path: path) }
            do throws(RecordingError) {
                _ = try ReplaySource(path: path)
            } catch {
                #expect(error.description.contains(reason))
            }
        }
        #expect(throws: RecordingError.self) { try ReplaySource(path: "/nowhere/at/all") }
    }

    @Test func `damaged gzip data is told apart from a malformed line`() async throws {
        try await Self.withFile(Data([0x1F, 0x8B, 0x08, 0x00, 0x01])) { path in
            do throws(RecordingError) {
                _ = try ReplaySource(path: path)
                #expect(Bool(false), "the archive is damaged")
            } catch {
                #expect(error.description.contains("damaged gzip"))
            }
        }
    }

    /// The directory with real recordings, beside the package; they are not part of it.
    private static var recordings: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("shared/data")
    }

    @Test func `a real recording plays, and its book never crosses`() async throws {
        let path = Self.recordings.appendingPathComponent("binance-spot-btcusdt-20240808.gz").path
        guard FileManager.default.fileExists(atPath: path) else {
            print("SKIPPED: there is no real recording at ../shared/data")
            return
        }
        try await SimClient.withExchange {
            $0.replayPath = path
            $0.replaySpeed = .step
        } _: { client in
            #expect(try await Self.advance(client, 8) == 8)
            _ = try await client.order(
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=61830"
            )
            for _ in 0..<20 {
                _ = try await Self.advance(client, 50)
                let ticker = try await client.send(
                    .GET,
                    "/api/v3/ticker/bookTicker",
                    "symbol=BTCUSDT"
                )
                let bid = try #require(ticker.json["bidPrice"]?.text)
                let ask = try #require(ticker.json["askPrice"]?.text)
                #expect(bid < ask)
            }
            let status = try await client.send(.GET, "/sim/replay")
            #expect(status.json["line"]?.integer == 1008)
            #expect(status.json["gaps"]?.integer == 0)
            #expect(status.json["lines"]?.integer == 41_249)
        }
    }
}
