import CProtobufC
import CTradingProto
import ProtobufArena
package import TradingCore

/// The state at one place of the chain (J4): recovery begins there instead of at zero.
///
/// A value, so that it may be encoded and written on any thread while the gateway goes on.
package struct Snapshot: Hashable, Sendable {
    package var head: ChainHead
    package var time: WallTime
    package var state: State

    /// - Parameters:
    ///   - state: The fold of all events up to the head.
    ///   - head: Synced; else the snapshot could be ahead of what a crash leaves of the journal.
    ///   - time: When it was taken.
    package init(of state: State, at head: ChainHead, time: WallTime) {
        invariant(state.sequence.raw == head.sequence, "a snapshot's head is its state's")
        self.head = head
        self.time = time
        self.state = state
    }

    /// What a file holds: the message and its hash.
    package var fileBytes: [UInt8] {
        let arena = ProtobufArena(retainedBytes: 1 << 20)
        let message = unsafe arena.make(trading__journal__v1__snapshot__init) { message in
            unsafe message.format_version = Journal.formatVersion
            unsafe message.sequence = self.head.sequence
            unsafe message.chain_hash = arena.bytes(self.head.hash.bytes)
            unsafe message.wall_time = self.time.nanoseconds
            unsafe message.state = StateEncoder(arena: arena).state(self.state)
        }
        let bytes = unsafe Protobuf.packed(message)
        return bytes + ChainHash(of: bytes.span).bytes
    }

    /// Reads a file back.
    ///
    /// - Throws: ``JournalError/damaged(_:)`` where it is not what was written,
    ///   ``JournalError/tooNew(formatVersion:supportedMax:)`` where a newer program wrote it.
    package init(fileBytes: Span<UInt8>) throws(JournalError) {
        let count = fileBytes.count - ChainHash.byteCount
        guard count > 0, let hash = ChainHash(fileBytes.extracting(count...)),
            hash == ChainHash(of: fileBytes.extracting(..<count))
        else { throw .damaged("a snapshot does not match its hash") }
        let arena = ProtobufArena(unpackBytesMax: 1 << 30, retainedBytes: 1 << 20)
        let message: Trading__Journal__V1__Snapshot
        do throws(ProtobufError) {
            unsafe message = try arena.unpackTrusted(
                Self.type,
                from: fileBytes.extracting(..<count)
            ).pointee
        } catch {
            throw .damaged("a snapshot cannot be read: \(error)")
        }
        guard unsafe message.format_version <= Journal.formatVersion else {
            throw .tooNew(
                formatVersion: unsafe message.format_version,
                supportedMax: Journal.formatVersion
            )
        }
        let sequence = unsafe message.sequence
        guard let chainHash = unsafe ChainHash([UInt8](protobuf: message.chain_hash).span) else {
            throw .damaged("a snapshot names no place of the chain")
        }
        do throws(DecodingProblem) {
            self.state = try unsafe StateDecoder.state(
                EventDecoder.present(message.state),
                sequence: Sequence(raw: sequence)
            )
        } catch {
            throw .damaged("a snapshot holds what cannot be read: \(error.reason)")
        }
        self.head = ChainHead(sequence: sequence, hash: chainHash)
        self.time = WallTime(nanoseconds: unsafe message.wall_time)
    }

    private static let type = unsafe MessageType(trading__journal__v1__snapshot__init)
}

extension State {
    /// The hash of everything in the state: two states are equal where their hashes are.
    ///
    /// - Complexity: O(*n*) in what is open.
    package var digest: ChainHash {
        let arena = ProtobufArena(retainedBytes: 1 << 20)
        let packed = unsafe Protobuf.packed(StateEncoder(arena: arena).state(self))
        return ChainHash(of: (self.sequence.raw.bigEndianBytes + packed).span)
    }
}
