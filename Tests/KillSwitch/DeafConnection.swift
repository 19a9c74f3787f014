import Glibc

/// A caller that sends requests and never reads: its answers pile up at the server.
final class DeafConnection {
    private let socket: CInt

    struct Failed: Error {}

    init(port: UInt16) throws {
        self.socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(self.socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failed() }
    }

    func close() { _ = Glibc.close(self.socket) }

    /// Asks for all open orders, so many times, as long as the server takes it without waiting.
    func askForOrders(_ count: Int) {
        for number in 0..<count {
            let frame = Self.frame(stream: UInt32(number) * 2 + 1)
            let sent = unsafe send(
                self.socket,
                frame,
                frame.count,
                CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
            )
            guard sent == frame.count else { return }
        }
    }

    /// A ttrpc request of `ListOrders`, written by hand.
    private static func frame(stream: UInt32) -> [UInt8] {
        let service = Array("trading.v1.TradingService".utf8)
        let method = Array("ListOrders".utf8)
        let body =
            [0x0a, UInt8(service.count)] + service + [0x12, UInt8(method.count)] + method
        var frame: [UInt8] = []
        for number in [UInt32(body.count), stream] {
            frame += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        return frame + [1, 0] + body
    }
}
