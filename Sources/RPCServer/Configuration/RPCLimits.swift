import NIOCore
import TTRPC
import TradingAPI

/// What one caller, and all of them, can take of the server.
struct RPCLimits: Hashable {
    var connectionsMax = 256
    var requestsInFlightMax = 8_192
    var requestsInFlightPerConnectionMax = 1_024
    /// No request of the services is near this size, and every connection may hold one.
    var frameBytesMax = 256 * 1_024
    var outboundBytesMax = 8 * 1_024 * 1_024
    var firstCallMilliseconds: Int64 = 30_000
    var frameMilliseconds: Int64 = 10_000

    /// The server's limits; cancels and the kill switch have room of their own (K1).
    var serverConfiguration: ServerConfiguration {
        var limits = ServerConfiguration()
        limits.connectionsMax = self.connectionsMax
        limits.requestsInFlightMax = self.requestsInFlightMax
        limits.requestsInFlightPerConnectionMax = self.requestsInFlightPerConnectionMax
        limits.frameBytesMax = self.frameBytesMax
        limits.outboundBytesMax = self.outboundBytesMax
        // As long as a caller waits whose token is not known.
        limits.failedHandshakeDelay = Authenticator.delay
        limits.failedHandshakesHeldMax = Authenticator.heldMax
        limits.firstCallTimeout = .milliseconds(self.firstCallMilliseconds)
        limits.frameTimeout = .milliseconds(self.frameMilliseconds)
        for method in TradingMethod.allCases where method.isUrgent {
            limits.urgentMethods[method.service, default: []].insert(method.rawValue)
        }
        return limits
    }
}

extension RawSettings {
    /// Reads what callers can take of the server.
    mutating func rpcLimits() -> RPCLimits {
        var limits = RPCLimits()
        func whole(_ name: String, _ fallback: Int, _ range: ClosedRange<Int>) -> Int {
            self.count("rpc.limits.\(name)", default: fallback, in: range)
        }
        limits.connectionsMax = whole("connections", limits.connectionsMax, 1...65_536)
        limits.requestsInFlightMax = whole(
            "requests_in_flight",
            limits.requestsInFlightMax,
            1...1_000_000
        )
        limits.requestsInFlightPerConnectionMax = whole(
            "requests_in_flight_per_connection",
            limits.requestsInFlightPerConnectionMax,
            1...1_000_000
        )
        limits.frameBytesMax = whole("frame_bytes", limits.frameBytesMax, 4_096...4_194_304)
        // An answer of the protocol's largest size must fit.
        limits.outboundBytesMax = whole(
            "outbound_bytes",
            limits.outboundBytesMax,
            4_194_314...1_073_741_824
        )
        limits.firstCallMilliseconds = self.milliseconds(
            "rpc.limits.first_call_ms",
            default: limits.firstCallMilliseconds,
            in: 100...3_600_000
        )
        limits.frameMilliseconds = self.milliseconds(
            "rpc.limits.frame_ms",
            default: limits.frameMilliseconds,
            in: 100...3_600_000
        )
        return limits
    }
}
