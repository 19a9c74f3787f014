import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import TradingCore
@testable import Venues

@Suite
struct DryRunTests {
    @Test func `a dry run tells the request without key and signature`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let delivered = Mutex<[[VenueInput]]>([])
        let request = OrderIntent.sample(2).cancel
        try await loop.submit {
            let venue = try DryRunVenue(secret: TestKeys.secret, eventLoop: loop) { inputs in
                delivered.withLock { $0.append(inputs) }
            }
            venue.place(DurablePlacement(intent: .sample(1)))
            venue.place(DurablePlacement(intent: .sample(2)))
            venue.flush()
            venue.perform(request)
        }.get()
        // Behind the venue's own task.
        try await loop.submit {}.get()
        let batches = delivered.withLock { $0 }
        #expect(batches.map(\.count) == [2, 1])
        guard case .placementAnswered(OrderID(raw: 1), .simulated(let text)) = batches.first?.first
        else {
            Issue.record("\(batches)")
            return
        }
        #expect(text.hasPrefix("POST /api/v3/order\nsymbol=BTCUSDT&side=BUY&type=LIMIT"))
        #expect(text.contains("newClientOrderId=abcdefgh-12345678-1"))
        #expect(!text.contains("signature"))
        #expect(!text.contains(TestKeys.secretText))
    }
}
