package import Credentials
package import NIOCore
package import TradingCore

/// A venue that builds and signs every placement, and then drops it.
package final class DryRunVenue {
    private let loop: any EventLoop
    private let signer: RequestSigner
    private let deliver: ([VenueInput]) -> Void
    private var results: [VenueInput] = []

    /// - Parameters:
    ///   - secret: Signs the requests that nobody will see.
    ///   - eventLoop: The gateway loop.
    ///   - deliver: Takes the outcomes, on the loop, once per batch.
    /// - Throws: Where the key cannot sign.
    package init(
        secret: Secret,
        eventLoop: any EventLoop,
        deliver: @escaping ([VenueInput]) -> Void
    ) throws(SigningError) {
        self.loop = eventLoop
        self.signer = try RequestSigner(secret: secret)
        self.deliver = deliver
    }

    /// Builds and signs the request; what is reported, for the store, has no key and signature.
    package func place(_ placement: consuming DurablePlacement) {
        let intent = placement.intent
        let request = BinanceRequests.placement(intent)
        _ = request.payload(signedBy: self.signer, at: intent.timestamp)
        self.results.append(
            .placementAnswered(intent.orderID, .simulated(request: request.text))
        )
    }

    /// There is nobody to ask.
    package func perform(_ request: VenueRequest) {
        self.results.append(.answered(request, .failed("a dry run has no venue")))
        self.flush()
    }

    /// Delivers what the batch brought, in a task of its own.
    package func flush() {
        guard !self.results.isEmpty else { return }
        let results = self.results
        self.results = []
        self.loop.assumeIsolated().execute { self.deliver(results) }
    }
}
