import Foundation
import Testing

@testable import Journal
@testable import TradingCore

@Suite struct SigningTests {
    static let head = ChainHead(sequence: 12, hash: ChainHash(of: [1, 2, 3].span))
    static let time = WallTime(nanoseconds: 1_700_000_000_000_000_001)

    static func mode(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test func `the key is made once, for its owner alone, and its public half is exported`()
        throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path + "/key"
        let made = try SigningKey.loadOrMake(at: path)
        #expect(try Self.mode(of: path) == 0o600)
        let again = try SigningKey.loadOrMake(at: path)
        #expect(again.publicKey == made.publicKey)
        let exported = try VerifyingKey(path: path + ".pub")
        #expect(exported == made.publicKey)
        #expect("\(made)" == "(signing key \(exported.name))")
        let publicText = try String(contentsOfFile: path + ".pub", encoding: .utf8)
        #expect(publicText.hasPrefix("-----BEGIN PUBLIC KEY-----"))
        #expect(try Self.mode(of: path + ".pub") == 0o644)
    }

    @Test func `a key that others can read, or that is none, is refused`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/key"
        _ = try SigningKey.loadOrMake(at: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(throws: JournalError.self) { _ = try SigningKey.loadOrMake(at: path) }
        try "no key".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(throws: JournalError.self) { _ = try SigningKey.loadOrMake(at: path) }
    }

    @Test func `a signed head is read back, and nothing in it can be changed`() throws {
        let folder = try TemporaryFolder()
        let key = try SigningKey.loadOrMake(at: folder.path + "/key")
        let other = try SigningKey.loadOrMake(at: folder.path + "/other")
        let signed = SignedHead(Self.head, .daily, at: Self.time, by: key)
        #expect(SignedHead(line: signed.line) == signed)
        #expect(signed.isValid(under: key.publicKey))
        #expect(!signed.isValid(under: other.publicKey))
        let line = Array(signed.line.utf8)
        for index in line.indices {
            var changed = line
            changed[index] ^= 1
            let text = String(decoding: changed, as: UTF8.self)
            guard let read = SignedHead(line: text) else { continue }
            // The key's name only tells which key to take.
            if read.keyName != signed.keyName { continue }
            #expect(!read.isValid(under: key.publicKey), "\(text)")
        }
    }

    @Test func `an anchor that a crash cut short is no anchor and no tampering`() throws {
        let folder = try TemporaryFolder()
        let key = try SigningKey.loadOrMake(at: folder.path + "/key")
        let file = AnchorFile(path: folder.path + "/anchors")
        #expect(try file.read() == AnchorFile.Content())
        let signed = SignedHead(Self.head, .anchor, at: Self.time, by: key)
        try file.append(signed)
        try file.append(signed)
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        try (text + signed.line.dropLast(9)).write(
            toFile: file.path,
            atomically: true,
            encoding: .utf8
        )
        #expect(try file.read() == AnchorFile.Content(heads: [signed, signed]))
        try (text + "x\n").write(toFile: file.path, atomically: true, encoding: .utf8)
        #expect(try file.read().unreadableLines == [3])
    }

    /// A store that was anchored, and a copy of its journal from before.
    static func anchored() throws -> (RecoveryTests.Store, key: SigningKey, copy: TemporaryFolder) {
        let store = try RecoveryTests.Store()
        let key = try SigningKey.loadOrMake(at: store.layout.signingKey)
        try store.run(stretches: 0)
        let copy = try TemporaryFolder()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: store.layout.journal, toPath: copy.path)
        try store.run(stretches: 0)
        let head = try #require(try Recovery.run(store.layout).journal?.head)
        try store.layout.anchors.append(SignedHead(head, .anchor, at: Self.time, by: key))
        try store.run(stretches: 0)
        return (store, key, copy)
    }

    @Test func `a journal that ends before its last anchor is not traded on (J5)`() throws {
        let (store, key, copy) = try Self.anchored()
        #expect(try Recovery.run(store.layout, verifying: key.publicKey).damage == nil)
        try FileManager.default.removeItem(atPath: store.layout.journal)
        try FileManager.default.copyItem(atPath: copy.path, toPath: store.layout.journal)
        let recovery = try Recovery.run(store.layout, verifying: key.publicKey)
        #expect(recovery.journal == nil)
        let damage = try #require(recovery.damage)
        #expect("\(damage)".contains("the journal ends before it"))
        #expect(recovery.state.sequence.raw > 0)
    }

    @Test func `an anchor that somebody else wrote stops nothing, and is told`() throws {
        let (store, key, _) = try Self.anchored()
        let other = try SigningKey.loadOrMake(at: store.folder.path + "/other")
        try store.layout.anchors.append(
            SignedHead(
                ChainHead(sequence: 1_000_000, hash: .zero),
                .anchor,
                at: Self.time,
                by: other
            )
        )
        let recovery = try Recovery.run(store.layout, verifying: key.publicKey)
        #expect(recovery.damage == nil)
        #expect(recovery.warnings.contains { $0.contains("not signed with the store's key") })
    }
}
