import CTTRPCProto
package import NIOCore
package import ProtobufArena

private enum Messages {
    static let request = unsafe MessageType(ttrpc__request__init)
    static let response = unsafe MessageType(ttrpc__response__init)
    static let keyValue = unsafe MessageType(ttrpc__key_value__init)
    static let status = unsafe MessageType(ttrpc__status__init)
    static let any = unsafe MessageType(ttrpc__any__init)
}

/// Writing frames; every one is appended whole.
extension ByteBuffer {
    /// Appends `message` in the wire format.
    package mutating func writeMessage(_ message: BuiltMessage) {
        let bytes = message.packedBytes
        unsafe writeWithUnsafeMutableBytes(minimumWritableBytes: bytes) { room in
            unsafe message.pack(into: room)
            return bytes
        }
    }

    /// Appends a header.
    package mutating func writeFrameHeader(
        bytes: Int,
        streamID: UInt32,
        kind: Frame.Kind,
        flags: Frame.Flags = []
    ) {
        let room = Frame.headerBytes + bytes
        unsafe writeWithUnsafeMutableBytes(minimumWritableBytes: room) { room in
            let header = FrameHeader(bytes: bytes, streamID: streamID, kind: kind, flags: flags)
            unsafe header.store(to: room)
            return Frame.headerBytes
        }
    }

    /// Appends a Request frame.
    package mutating func writeRequest(
        _ request: RequestEnvelope,
        streamID: UInt32,
        flags: Frame.Flags,
        arena: ProtobufArena
    ) throws(FrameViolation) {
        arena.reset()
        let message = unsafe arena.make(Messages.request)
        unsafe message.pointee.service = unsafe arena.string(request.service)
        unsafe message.pointee.method = unsafe arena.string(request.method)
        unsafe message.pointee.payload = unsafe arena.bytes(request.payload.readableBytesUInt8Span)
        unsafe message.pointee.timeout_nano = request.timeoutNanoseconds
        let metadata = unsafe request.metadata.map { entry in
            let pair = unsafe arena.make(Messages.keyValue)
            unsafe pair.pointee.key = unsafe arena.string(entry.key)
            unsafe pair.pointee.value = unsafe arena.string(entry.value)
            return unsafe pair
        }
        unsafe message.pointee.metadata = unsafe arena.array(metadata)
        unsafe message.pointee.n_metadata = metadata.count
        let built = unsafe BuiltMessage(message)
        let bytes = built.packedBytes
        guard bytes <= Frame.protocolBytesMax else {
            throw FrameViolation(
                streamID: streamID,
                type: Frame.Kind.request.rawValue,
                reason: .tooLarge(bytes: bytes, bytesMax: Frame.protocolBytesMax)
            )
        }
        writeFrameHeader(bytes: bytes, streamID: streamID, kind: .request, flags: flags)
        writeMessage(built)
    }

    /// Appends a Response frame that carries a status other than OK.
    package mutating func writeResponse(
        status: Status,
        streamID: UInt32,
        arena: ProtobufArena
    ) {
        arena.reset()
        let message = unsafe arena.make(Messages.response)
        let wire = unsafe arena.make(Messages.status)
        unsafe wire.pointee.code = status.code.rawValue
        unsafe wire.pointee.message = unsafe arena.string(status.message)
        let details = unsafe status.details.map { detail in
            let any = unsafe arena.make(Messages.any)
            unsafe any.pointee.type_url = unsafe arena.string(detail.typeURL)
            unsafe any.pointee.value = unsafe arena.bytes(detail.value)
            return unsafe any
        }
        unsafe wire.pointee.details = unsafe arena.array(details)
        unsafe wire.pointee.n_details = details.count
        unsafe message.pointee.status = unsafe wire
        let built = unsafe BuiltMessage(message)
        let bytes = built.packedBytes
        guard bytes <= Frame.protocolBytesMax else {
            let short = Status(status.code, "the details of this status do not fit a frame")
            return writeResponse(status: short, streamID: streamID, arena: arena)
        }
        writeFrameHeader(bytes: bytes, streamID: streamID, kind: .response)
        writeMessage(built)
    }

    /// What a Response adds around a payload of `bytes`: its field's tag and length.
    package static func responseBytes(payloadBytes bytes: Int) -> Int {
        bytes == 0 ? 0 : 1 + varintBytes(bytes) + bytes
    }

    /// Appends a successful Response.
    ///
    /// The message is one `bytes` field, so writing it takes no message: protobuf-c would only add
    /// a copy of the payload.
    ///
    /// - Parameters:
    ///   - bytes: The payload's length.
    ///   - streamID: The call's.
    ///   - pack: Fills the room that it is given, which is as large as the payload.
    package mutating func writeResponse(
        payloadBytes bytes: Int,
        streamID: UInt32,
        _ pack: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let responseBytes = Self.responseBytes(payloadBytes: bytes)
        let header = FrameHeader(bytes: responseBytes, streamID: streamID, kind: .response)
        let frameBytes = Frame.headerBytes + responseBytes
        unsafe writeWithUnsafeMutableBytes(minimumWritableBytes: frameBytes) { room in
            unsafe header.store(to: room)
            guard bytes > 0 else { return frameBytes }
            let payloadStart = frameBytes - bytes
            var rest = bytes
            unsafe room[Frame.headerBytes] = 0x12
            for index in (Frame.headerBytes + 1)..<payloadStart {
                let isLast = index == payloadStart - 1
                unsafe room[index] = UInt8(truncatingIfNeeded: rest) & 0x7F | (isLast ? 0 : 0x80)
                rest >>= 7
            }
            unsafe pack(UnsafeMutableRawBufferPointer(rebasing: room[payloadStart..<frameBytes]))
            return frameBytes
        }
    }

    private static func varintBytes(_ value: Int) -> Int {
        var count = 1
        var rest = value >> 7
        while rest > 0 {
            count += 1
            rest >>= 7
        }
        return count
    }
}
