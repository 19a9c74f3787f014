import CFloors
import Glibc

/// A user data stream over one blocking socket: as little WebSocket as a measurement needs.
final class EventStream {
    private let connection: CInt
    private var inbound: [UInt8] = []

    init(port: CInt) throws(Fault) {
        self.connection = floors_connect(port)
        guard self.connection >= 0 else { throw Fault("cannot connect to port \(port)") }
        try self.write(Array(Self.upgrade("/ws-api/v3").utf8))
        try self.wait(for: "\r\n\r\n")
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let stamp = time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
        var code = [CChar](repeating: 0, count: 65)
        unsafe floors_sign(Desk.secret, "apiKey=\(Desk.key)&timestamp=\(stamp)", &code)
        let signature = String(
            decoding: code.dropLast().map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        let text =
            #"{"id":1,"method":"userDataStream.subscribe.signature","params":{"apiKey":""#
            + Desk.key + #"","timestamp":\#(stamp),"signature":"\#(signature)"}}"#
        let length = text.utf8.count
        // The mask changes nothing: four zeros.
        try self.write(
            [0x81, 0xFE, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, 0, 0] + Array(text.utf8)
        )
        try self.wait(for: "subscriptionId")
    }

    func close() { _ = Glibc.close(self.connection) }

    static func upgrade(_ path: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n"
    }

    /// Reads until the report of a trade has come, and the balances after it.
    func waitForTrade() throws(Fault) {
        try self.wait(for: #""x":"TRADE""#)
        try self.wait(for: "outboundAccountPosition")
    }

    private func write(_ bytes: [UInt8]) throws(Fault) {
        guard unsafe Glibc.write(self.connection, bytes, bytes.count) == bytes.count else {
            throw Fault("the stream's connection broke: errno \(errno)")
        }
    }

    /// Reads until a text has come; what is before its end is forgotten.
    private func wait(for text: String) throws(Fault) {
        let wanted = Array(text.utf8)
        while true {
            if let end = self.end(of: wanted) {
                self.inbound.removeFirst(end)
                return
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe read(self.connection, &buffer, buffer.count)
            guard count > 0 else { throw Fault("the stream is silent: \(text) never came") }
            self.inbound += buffer[..<count]
        }
    }

    private func end(of wanted: [UInt8]) -> Int? {
        guard self.inbound.count >= wanted.count else { return nil }
        for start in 0...(self.inbound.count - wanted.count)
        where self.inbound[start] == wanted[0] {
            if self.inbound[start..<(start + wanted.count)].elementsEqual(wanted) {
                return start + wanted.count
            }
        }
        return nil
    }
}
