import Glibc
package import NIOCore
package import ProtobufArena

/// The content of a Request frame.
package struct RequestEnvelope: Equatable {
    package var service: String
    package var method: String
    package var payload: ByteBuffer
    /// 0 = no timeout.
    package var timeoutNanoseconds: Int64
    package var metadata: [Metadata]

    package init(
        service: String,
        method: String,
        payload: ByteBuffer,
        timeoutNanoseconds: Int64 = 0,
        metadata: [Metadata] = []
    ) {
        self.service = service
        self.method = method
        self.payload = payload
        self.timeoutNanoseconds = timeoutNanoseconds
        self.metadata = metadata
    }
}

/// The content of a Response frame.
package struct ResponseEnvelope: Equatable {
    /// OK where the message carries none.
    package var status: Status
    package var payload: ByteBuffer
}

/// Decodes envelopes by a walk over their bytes, so that the payload stays where it was received.
///
/// Remembers the start of the last request: a caller names the same service and method with
/// every call, and mostly before all else.
package struct EnvelopeDecoder {
    /// The bytes of the service and the method, in this order, at the start of a request.
    private var routeBytes: [UInt8] = []
    private var service = ""
    private var method = ""
    private static let routeBytesMax = 256

    package init() {}

    /// Decodes a Request; text is checked (M5).
    package mutating func request(_ frame: ByteBuffer) throws(ProtobufError) -> RequestEnvelope {
        var result = RequestEnvelope(service: "", method: "", payload: ByteBuffer())
        let bytes = frame.readableBytesUInt8Span
        var cursor = WireCursor()
        if try readRoute(bytes) {
            (result.service, result.method) = (service, method)
            cursor = WireCursor(skipping: routeBytes.count)
        }
        while let field = try cursor.next(in: bytes) {
            switch (field.number, field.value) {
            case (1, .delimited(let range)):
                result.service = try Self.text(bytes.extracting(range), "service")
            case (2, .delimited(let range)):
                result.method = try Self.text(bytes.extracting(range), "method")
            case (3, .delimited(let range)):
                result.payload = Self.slice(frame, range)
            case (4, .varint(let value)):
                result.timeoutNanoseconds = Int64(bitPattern: value)
            case (5, .delimited(let range)):
                result.metadata.append(try Self.metadata(bytes.extracting(range)))
            case (1...5, _):
                throw .malformed
            default:
                continue
            }
        }
        return result
    }

    /// Reads the service and the method into what is remembered.
    ///
    /// - Returns: Whether they are the first two fields, and short.
    private mutating func readRoute(_ bytes: Span<UInt8>) throws(ProtobufError) -> Bool {
        guard !startsWithRoute(bytes) else { return true }
        var cursor = WireCursor()
        guard let first = try cursor.next(in: bytes), first.number == 1,
            case .delimited(let serviceRange) = first.value,
            let second = try cursor.next(in: bytes), second.number == 2,
            case .delimited(let methodRange) = second.value,
            methodRange.upperBound <= Self.routeBytesMax
        else { return false }
        let names = (
            try Self.text(bytes.extracting(serviceRange), "service"),
            try Self.text(bytes.extracting(methodRange), "method")
        )
        (service, method) = names
        routeBytes = (0..<methodRange.upperBound).map { bytes[$0] }
        return true
    }

    private func startsWithRoute(_ bytes: Span<UInt8>) -> Bool {
        let count = routeBytes.count
        guard count > 0, bytes.count >= count else { return false }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe routeBytes.withUnsafeBufferPointer { route in
                guard let bytes = bytes.baseAddress, let route = route.baseAddress else {
                    return false
                }
                return unsafe memcmp(bytes, route, count) == 0
            }
        }
    }

    /// Decodes a Response; text is checked.
    package func response(_ frame: ByteBuffer) throws(ProtobufError) -> ResponseEnvelope {
        var result = ResponseEnvelope(status: Status(.ok), payload: ByteBuffer())
        var hasStatus = false
        let bytes = frame.readableBytesUInt8Span
        var cursor = WireCursor()
        while let field = try cursor.next(in: bytes) {
            switch (field.number, field.value) {
            case (1, .delimited(let range)):
                // Twice would mean to merge, which nobody sends and protobuf-c gets wrong.
                guard !hasStatus else { throw .malformed }
                hasStatus = true
                result.status = try Self.status(bytes.extracting(range))
            case (2, .delimited(let range)):
                result.payload = Self.slice(frame, range)
            case (1...2, _):
                throw .malformed
            default:
                continue
            }
        }
        return result
    }

    private static func status(_ bytes: Span<UInt8>) throws(ProtobufError) -> Status {
        var status = Status(.ok)
        var cursor = WireCursor()
        while let field = try cursor.next(in: bytes) {
            switch (field.number, field.value) {
            case (1, .varint(let value)):
                status.code = StatusCode(rawValue: Int32(truncatingIfNeeded: value))
            case (2, .delimited(let range)):
                status.message = try text(bytes.extracting(range), "status.message")
            case (3, .delimited(let range)):
                status.details.append(try detail(bytes.extracting(range)))
            case (1...3, _):
                throw .malformed
            default:
                continue
            }
        }
        return status
    }

    private static func detail(_ bytes: Span<UInt8>) throws(ProtobufError) -> StatusDetail {
        var detail = StatusDetail(typeURL: "", value: [])
        var cursor = WireCursor()
        while let field = try cursor.next(in: bytes) {
            switch (field.number, field.value) {
            case (1, .delimited(let range)):
                detail.typeURL = try text(bytes.extracting(range), "any.type_url")
            case (2, .delimited(let range)):
                let value = bytes.extracting(range)
                detail.value = value.indices.map { value[$0] }
            case (1...2, _):
                throw .malformed
            default:
                continue
            }
        }
        return detail
    }

    private static func metadata(_ bytes: Span<UInt8>) throws(ProtobufError) -> Metadata {
        var entry = Metadata("", "")
        var cursor = WireCursor()
        while let field = try cursor.next(in: bytes) {
            switch (field.number, field.value) {
            case (1, .delimited(let range)):
                entry.key = try text(bytes.extracting(range), "metadata.key")
            case (2, .delimited(let range)):
                entry.value = try text(bytes.extracting(range), "metadata.value")
            case (1...2, _):
                throw .malformed
            default:
                continue
            }
        }
        return entry
    }

    private static func slice(_ frame: ByteBuffer, _ range: Range<Int>) -> ByteBuffer {
        guard
            let slice = frame.getSlice(
                at: frame.readerIndex + range.lowerBound,
                length: range.count
            )
        else {
            fatalError("a field that was walked is not in its frame")
        }
        return slice
    }

    private static func text(
        _ bytes: Span<UInt8>,
        _ field: String
    ) throws(ProtobufError) -> String {
        guard isText(bytes), let utf8 = try? UTF8Span(validating: bytes) else {
            throw .invalidText(field: "ttrpc." + field)
        }
        return String(copying: utf8)
    }
}
