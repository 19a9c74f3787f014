package import NIOCore

/// One frame: ten bytes of header, then `payload`.
package struct Frame: Equatable {
    package static let headerBytes = 10

    /// The most that the protocol allows a frame's data to be, in bytes.
    package static let protocolBytesMax = 4 << 20

    package enum Kind: UInt8 {
        case request = 1
        case response = 2
        case data = 3
    }

    /// The flags of a header; their meaning depends on the kind.
    package struct Flags: OptionSet {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The sender will send no more on this stream.
        package static let remoteClosed = Flags(rawValue: 0x01)
        /// A request whose caller will send data.
        package static let remoteOpen = Flags(rawValue: 0x02)
        /// A data frame that carries nothing, not even an empty message.
        package static let noData = Flags(rawValue: 0x04)
    }

    package let streamID: UInt32
    package let kind: Kind
    package let flags: Flags
    package let payload: ByteBuffer
}

/// The ten bytes before a frame's data.
struct FrameHeader {
    /// Of the data.
    let bytes: UInt32
    let streamID: UInt32
    let type: UInt8
    let flags: UInt8

    /// A header that we send.
    init(bytes: Int, streamID: UInt32, kind: Frame.Kind, flags: Frame.Flags = []) {
        guard let length = UInt32(exactly: bytes), bytes <= Frame.protocolBytesMax else {
            fatalError("a frame of \(bytes) bytes was not refused before")
        }
        self.bytes = length
        self.streamID = streamID
        type = kind.rawValue
        self.flags = flags.rawValue
    }

    /// Reads a header from at least ten bytes.
    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
        unsafe streamID = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        unsafe type = bytes[8]
        unsafe flags = bytes[9]
    }

    /// Writes the header to at least ten bytes.
    func store(to room: UnsafeMutableRawBufferPointer) {
        unsafe room.storeBytes(of: bytes.bigEndian, as: UInt32.self)
        unsafe room.storeBytes(of: streamID.bigEndian, toByteOffset: 4, as: UInt32.self)
        unsafe room[8] = type
        unsafe room[9] = flags
    }
}

/// Why the bytes of a connection cannot be understood any further.
package struct FrameViolation: Error, Equatable {
    package enum Reason: Equatable {
        case tooLarge(bytes: Int, bytesMax: Int)
        case unknownType(UInt8)
    }

    /// The stream named by the offending header; a reason may be sent on it.
    package let streamID: UInt32
    /// The type in the offending header.
    package let type: UInt8
    package let reason: Reason

    package var message: String {
        switch reason {
        case .tooLarge(let bytes, let bytesMax):
            "frame of \(bytes) bytes exceeds the limit of \(bytesMax)"
        case .unknownType(let type):
            "message type \(type) does not exist"
        }
    }
}

/// Cuts a byte stream into frames; a pure value, fed with whatever arrived.
///
/// Holds at most one incomplete frame and the bytes of one feeding. After a violation it yields
/// nothing more: where the next frame begins is no longer known to be agreed.
package struct FrameReader {
    package let frameBytesMax: Int
    private var pending = ByteBuffer()
    private var violation: FrameViolation?

    /// - Parameter frameBytesMax: The largest data accepted, without the header.
    package init(frameBytesMax: Int = Frame.protocolBytesMax) {
        guard (1...Frame.protocolBytesMax).contains(frameBytesMax) else {
            fatalError("frame limit of \(frameBytesMax) bytes is outside the protocol")
        }
        self.frameBytesMax = frameBytesMax
    }

    /// Bytes held of a frame that is not complete.
    package var pendingBytes: Int { pending.readableBytes }

    /// Takes what arrived.
    ///
    /// Frames are slices of it: complete ones are never copied.
    package mutating func append(_ bytes: ByteBuffer) {
        guard violation == nil else { return }
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            var bytes = bytes
            pending.writeBuffer(&bytes)
        }
    }

    /// The next whole frame; nil until more bytes come.
    package mutating func next() throws(FrameViolation) -> Frame? {
        if let violation { throw violation }
        guard pending.readableBytes >= Frame.headerBytes else {
            compact()
            return nil
        }
        let header = unsafe pending.withUnsafeReadableBytes { unsafe FrameHeader($0) }
        let length = Int(header.bytes)
        guard length <= frameBytesMax else {
            throw fail(header, .tooLarge(bytes: length, bytesMax: frameBytesMax))
        }
        guard let kind = Frame.Kind(rawValue: header.type) else {
            throw fail(header, .unknownType(header.type))
        }
        guard pending.readableBytes >= Frame.headerBytes + length else {
            compact()
            return nil
        }
        pending.moveReaderIndex(forwardBy: Frame.headerBytes)
        guard let payload = pending.readSlice(length: length) else {
            fatalError("a frame that was counted is not there")
        }
        return Frame(
            streamID: header.streamID,
            kind: kind,
            flags: Frame.Flags(rawValue: header.flags),
            payload: payload
        )
    }

    /// Lets go of the storage that handed-out frames share, keeping only the incomplete rest.
    private mutating func compact() {
        guard pending.readerIndex > 0 else { return }
        pending = pending.readableBytes == 0 ? ByteBuffer() : ByteBuffer(buffer: pending)
    }

    private mutating func fail(
        _ header: FrameHeader,
        _ reason: FrameViolation.Reason
    ) -> FrameViolation {
        let violation = FrameViolation(
            streamID: header.streamID,
            type: header.type,
            reason: reason
        )
        self.violation = violation
        pending = ByteBuffer()
        return violation
    }
}
