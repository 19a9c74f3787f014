import CFloors
import Glibc

/// A client that measures: one blocking connection, a fixed count of calls in flight.
///
/// It is a loop over raw sockets, so that what it costs itself is as little as in the floors.
final class Caller {
    private let connection: CInt
    private var nextStream: UInt32 = 1
    private var inbound: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 256 * 1024)

    init(port: CInt) throws(Fault) {
        self.connection = floors_connect(port)
        guard self.connection >= 0 else { throw Fault("cannot connect to port \(port)") }
    }

    func close() { _ = Glibc.close(self.connection) }

    /// Makes calls and takes the time of each, from its write to the read of its answer.
    ///
    /// - Parameters:
    ///   - requests: Frames of ``Wire/request(_:_:)``, sent in turn.
    ///   - count: Calls in all.
    ///   - inFlight: Calls that wait for their answer at a time.
    ///   - check: Looks at the payload of each answer.
    /// - Returns: How long each call took.
    /// - Throws: Why the run cannot go on.
    func call(
        _ requests: [[UInt8]],
        count: Int,
        inFlight: Int,
        check: ([UInt8], Range<Int>) throws(Fault) -> Void
    ) throws(Fault) -> Samples {
        let firstStream = self.nextStream
        var starts = [UInt64](repeating: 0, count: count)
        var durations = [UInt64](repeating: 0, count: count)
        var sent = 0
        var answered = 0
        let begin = floors_nanoseconds()
        while answered < count {
            var outbound: [UInt8] = []
            let now = floors_nanoseconds()
            while sent < count, sent - answered < inFlight {
                let start = outbound.count
                outbound += requests[sent % requests.count]
                outbound.replaceSubrange(
                    (start + 4)..<(start + 8),
                    with: Wire.bigEndian(self.nextStream)
                )
                self.nextStream += 2
                starts[sent] = now
                sent += 1
            }
            try self.write(outbound)
            try self.read()
            let end = floors_nanoseconds()
            var position = 0
            while let frame = self.frame(at: position) {
                let index = Int(self.stream(at: position) - firstStream) / 2
                durations[index] = end - starts[index]
                try check(self.inbound, try self.payload(frame))
                answered += 1
                position = frame.upperBound
            }
            self.inbound.removeFirst(position)
        }
        return Samples(durations, seconds: Double(floors_nanoseconds() - begin) / 1e9)
    }

    func health() throws(Fault) -> (isReady: Bool, journalSequence: UInt64) {
        var isReady = false
        var sequence: UInt64 = 0
        _ = try self.call([Wire.request("Health", [])], count: 1, inFlight: 1) { bytes, payload in
            isReady = WireFields.value(of: 1, in: bytes, payload) != 0
            sequence = WireFields.value(of: 5, in: bytes, payload)
        }
        return (isReady, sequence)
    }

    private func frame(at position: Int) -> Range<Int>? {
        let data = position + Wire.headerBytes
        guard self.inbound.count >= data else { return nil }
        let length = self.inbound[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
        return self.inbound.count >= data + length ? data..<(data + length) : nil
    }

    private func stream(at position: Int) -> UInt32 {
        self.inbound[(position + 4)..<(position + 8)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Where an answer's payload lies; anything but OK ends the run.
    private func payload(_ frame: Range<Int>) throws(Fault) -> Range<Int> {
        if let status = WireFields.range(of: 1, in: self.inbound, frame) {
            let code = WireFields.value(of: 1, in: self.inbound, status)
            let text = WireFields.range(of: 2, in: self.inbound, status) ?? 0..<0
            let message = String(decoding: self.inbound[text], as: UTF8.self)
            guard code == 0 else { throw Fault("a call failed with code \(code): \(message)") }
        }
        return WireFields.range(of: 2, in: self.inbound, frame) ?? 0..<0
    }

    private func write(_ bytes: [UInt8]) throws(Fault) {
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(
                    self.connection,
                    bytes.baseAddress?.advanced(by: start),
                    bytes.count - start
                )
            }
            guard count > 0 else { throw Fault("the gateway's connection broke: errno \(errno)") }
            start += count
        }
    }

    private func read() throws(Fault) {
        let count = unsafe Glibc.read(self.connection, &self.buffer, self.buffer.count)
        guard count > 0 else {
            throw Fault("the gateway closed or was silent for 20 seconds: errno \(errno)")
        }
        self.inbound += self.buffer[..<count]
    }
}
