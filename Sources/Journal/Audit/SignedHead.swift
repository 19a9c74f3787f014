package import TradingCore

/// A place of the chain, signed: nobody without the key can make another chain end there.
package struct SignedHead: Hashable, Sendable {
    /// Why it was signed.
    package enum Reason: String, Hashable, Sendable {
        /// Written outside the store, every minute (J5).
        case anchor
        case daily
        case modeChange = "mode-change"
        case shutdown
    }

    package var head: ChainHead
    package var time: WallTime
    package var reason: Reason
    /// The ``VerifyingKey/name`` of the key.
    package var keyName: String
    package var signature: [UInt8]

    /// Signs a head, whose records must be synced (J2).
    package init(_ head: ChainHead, _ reason: Reason, at time: WallTime, by key: SigningKey) {
        self.head = head
        self.time = time
        self.reason = reason
        self.keyName = key.publicKey.name
        self.signature = []
        self.signature = key.signature(of: self.signedBytes)
    }

    /// What the signature is over; the first line keeps it from meaning anything else.
    private var signedBytes: [UInt8] {
        Array(
            """
            trading journal head, version 1
            sequence \(self.head.sequence)
            hash \(self.head.hash)
            time \(self.time.nanoseconds)
            reason \(self.reason.rawValue)

            """.utf8
        )
    }

    package func isValid(under key: VerifyingKey) -> Bool {
        key.isValid(self.signature, of: self.signedBytes)
    }

    /// The one line in which it is stored, without its end.
    package var line: String {
        #"{"sequence":\#(self.head.sequence),"hash":"\#(self.head.hash)","#
            + #""time":\#(self.time.nanoseconds),"reason":"\#(self.reason.rawValue)","#
            + #""key":"\#(self.keyName)","signature":"\#(self.signature.hex)"}"#
    }

    /// Reads a line back, or is nil where it is not exactly of that form.
    package init?(line: some StringProtocol) {
        let form =
            #/
            \{"sequence":([0-9]+),
            "hash":"([0-9a-f]{64})",
            "time":(-?[0-9]+),
            "reason":"([a-z-]+)",
            "key":"([0-9a-f]{16})",
            "signature":"([0-9a-f]{128})"\}
            /#
        guard let match = try? form.wholeMatch(in: Substring(line)),
            let sequence = UInt64(match.1), let hash = ChainHash(hex: match.2),
            let time = Int64(match.3), let reason = Reason(rawValue: String(match.4)),
            let signature = [UInt8](hex: match.6)
        else { return nil }
        self.head = ChainHead(sequence: sequence, hash: hash)
        self.time = WallTime(nanoseconds: time)
        self.reason = reason
        self.keyName = String(match.5)
        self.signature = signature
    }
}

/// A file of signed heads outside the store, one a line: what was cut from the journal behind its
/// last checkpoint shows here (J5).
package struct AnchorFile: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// Adds a head and syncs the file.
    package func append(_ head: SignedHead) throws(JournalError) {
        try Files.append(Array((head.line + "\n").utf8), to: self.path)
    }

    /// What a file holds.
    package struct Content: Hashable, Sendable {
        package var heads: [SignedHead] = []
        /// Lines that are no signed heads, counted from 1.
        ///
        /// A last line without its end is none, because a crash can leave one, unless it is whole
        /// and its end another character.
        package var unreadableLines: [Int] = []
    }

    /// Reads the whole file; empty where there is none.
    package func read() throws(JournalError) -> Content {
        var content = Content()
        let text = String(decoding: try Files.read(self.path) ?? [], as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.dropLast().enumerated() {
            if let head = SignedHead(line: line) {
                content.heads.append(head)
            } else {
                content.unreadableLines.append(index + 1)
            }
        }
        if let rest = lines.last, SignedHead(line: rest.dropLast()) != nil {
            content.unreadableLines.append(lines.count)
        }
        return content
    }
}
