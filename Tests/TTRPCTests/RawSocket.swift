import Glibc

@testable import TTRPC

/// A blocking socket that knows nothing of our client: it sends and expects bytes.
final class RawSocket {
    struct Failure: Error {
        let call: String
        let errno: CInt
    }

    /// A frame as it is on the wire.
    struct RawFrame: Equatable {
        var streamID: UInt32
        var type: UInt8
        var flags: UInt8
        var data: [UInt8]
    }

    private let descriptor: CInt

    init(to address: ConnectAddress) throws {
        switch address {
        case .unix(let path):
            descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &name.sun_path) {
                unsafe $0.copyBytes(from: path.utf8)
            }
            try connect(name)
        case .tcp(_, let port):
            descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = UInt16(port).bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            try connect(name)
        }
        // So that a server that does not answer fails the test instead of hanging it.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
    }

    deinit {
        close(descriptor)
    }

    private func connect<Name>(_ name: Name) throws {
        let result = unsafe withUnsafeBytes(of: name) { bytes in
            unsafe Glibc.connect(
                descriptor,
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count)
            )
        }
        guard result == 0 else { throw Failure(call: "connect", errno: errno) }
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send", errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Exactly `count` bytes, or fewer at the end of the connection.
    func receive(_ count: Int) throws -> [UInt8] {
        var received: [UInt8] = []
        while received.count < count {
            var buffer = [UInt8](repeating: 0, count: count - received.count)
            let read = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            guard read >= 0 else { throw Failure(call: "recv", errno: errno) }
            if read == 0 { break }
            received += buffer.prefix(read)
        }
        return received
    }

    /// The next frame, or nil at the end of the connection.
    func receiveFrame() throws -> RawFrame? {
        let header = try receive(10)
        guard header.count == 10 else { return nil }
        let number = { (range: Range<Int>) in
            header[range].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        return RawFrame(
            streamID: number(4..<8),
            type: header[8],
            flags: header[9],
            data: try receive(Int(number(0..<4)))
        )
    }

    /// Says that nothing more will be sent.
    func shutdownWriting() {
        shutdown(descriptor, CInt(SHUT_WR))
    }
}

/// Wire bytes, made by hand from the protocol's description.
enum Raw {
    static func frame(
        _ streamID: UInt32,
        type: UInt8 = 1,
        flags: UInt8 = 0,
        length: UInt32? = nil,
        _ data: [UInt8]
    ) -> [UInt8] {
        let words = [length ?? UInt32(data.count), streamID].flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
        return words + [type, flags] + data
    }

    /// A length-delimited field of less than 128 bytes.
    static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(content.count)] + content
    }

    static func field(_ number: UInt8, _ text: String) -> [UInt8] {
        field(number, Array(text.utf8))
    }

    /// A request for a method of the echo service.
    static func echo(_ method: String, _ payload: String = "") -> [UInt8] {
        field(1, "test.Echo") + field(2, method) + field(3, payload)
    }

    /// A response with a status.
    static func status(_ code: UInt8, _ message: String) -> [UInt8] {
        field(1, [0x08, code] + field(2, message))
    }
}
