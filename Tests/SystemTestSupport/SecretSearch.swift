package import Foundation

/// Looks for what must never be written through everything that programs have written.
package struct SecretSearch {
    private struct Needle {
        var name: String
        var bytes: Data
    }

    private let needles: [Needle]

    /// - Parameters:
    ///   - secrets: Searched for as they are, in hex and in base64.
    ///   - words: Searched for as they are.
    package init(secrets: [String], words: [String]) {
        self.needles =
            secrets.enumerated().flatMap { Self.needles(for: $1, named: "secret \($0 + 1)") }
            + words.map { Needle(name: $0, bytes: Data($0.utf8)) }
    }

    /// What no file of a desk may hold, but those that the test itself wrote.
    package static func ofDesk(otherSecrets: [String] = []) -> SecretSearch {
        SecretSearch(
            secrets: [Desk.secret, Desk.key] + otherSecrets,
            words: ["signature=", "signature%3D", "listenKey"]
        )
    }

    /// Every place that holds something, by the name of the file.
    ///
    /// - Parameters:
    ///   - folder: Searched with all that is below it.
    ///   - excluded: The ends of names that are left out.
    /// - Returns: A sentence for each finding, and how many files were searched.
    package func findings(
        below folder: String,
        except excluded: [String]
    ) -> (findings: [String], fileCount: Int) {
        var findings: [String] = []
        var fileCount = 0
        let paths = FileManager.default.enumerator(atPath: folder)
        while let path = paths?.nextObject() as? String {
            // A file may vanish meanwhile: RocksDB removes its own.
            guard !excluded.contains(where: { path.hasSuffix($0) }),
                let data = FileManager.default.contents(atPath: folder + "/" + path)
            else { continue }
            fileCount += 1
            findings += self.findings(in: data, named: path)
        }
        return (findings, fileCount)
    }

    /// What bytes hold.
    package func findings(in data: Data, named name: String) -> [String] {
        let found = self.needles.filter { data.range(of: $0.bytes) != nil }
            .map { "\(name) holds \($0.name)" }
        return found + (Self.holdsCode(data) ? ["\(name) holds a signature in JSON"] : [])
    }

    /// Whether JSON names a signature of 32 bytes, as requests have; the journal's own have 64.
    private static func holdsCode(_ data: Data) -> Bool {
        let name = Data(#""signature":""#.utf8)
        var rest = data[...]
        while let range = rest.range(of: name) {
            rest = rest[range.upperBound...]
            let end = rest.prefix(129).firstIndex(of: UInt8(ascii: "\"")) ?? rest.startIndex
            if end - rest.startIndex == 64 { return true }
        }
        return false
    }

    private static func needles(for secret: String, named name: String) -> [Needle] {
        let bytes = Data(secret.utf8)
        let hex = bytes.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let texts = [(name, secret), ("\(name) in hex", hex), ("\(name) in hex", hex.uppercased())]
        // In base64 a text looks different at each of three places; its ends depend on neighbours.
        let encoded = (0..<3).map { offset -> (String, String) in
            let shifted = Data(repeating: 0, count: offset) + bytes
            let text = shifted.base64EncodedString()
            return ("\(name) in base64", String(text.dropFirst(4).dropLast(8)))
        }
        return (texts + encoded).map { Needle(name: $0, bytes: Data($1.utf8)) }
    }
}
