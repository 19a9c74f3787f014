import ArgumentParser
import Foundation
import Journal
import TradingCore

/// What is done with a store while no server runs on it, or with a copy.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verifies, exports and explains a journal, without a server.",
        discussion: """
            Works on the files alone. A running server's store can be copied with the server \
            running, but the copy then ends anywhere; stop it first, or verify an export.
            Ends with 8 when the journal is not what was written, and names the first record \
            that was changed, removed, inserted, swapped or cut off; with 9 when the records are \
            intact and something beside them is not.
            """,
        subcommands: [Verify.self, Export.self, Show.self, Report.self]
    )

    /// Where a store lies and what its journal is compared with.
    struct Place: ParsableArguments {
        @Option(help: "The folder of the store.") var store: String?
        @Option(help: "The file of anchors (default: the store's path with .anchors).")
        var anchor: String?
        @Option(help: "The public key (default: the store's path with .signing-key.pub).")
        var publicKey: String?

        /// What the server writes beside a store, where it is there.
        func beside(_ suffix: String) -> String? {
            guard let store = self.store else { return nil }
            let path = Recovery.Layout.beside(store, suffix)
            return FileManager.default.fileExists(atPath: path) ? path : nil
        }

        func anchors() throws -> AnchorFile? {
            guard let path = self.anchor ?? self.beside(".anchors") else { return nil }
            guard FileManager.default.fileExists(atPath: path) else {
                throw Failure(.usage, "there is no file of anchors at \(path)")
            }
            return AnchorFile(path: path)
        }

        func key() throws -> VerifyingKey? {
            let path = self.publicKey ?? self.beside(".signing-key.pub")
            return try path.map { path in
                try Audit.failing { () throws(JournalError) in try VerifyingKey(path: path) }
            }
        }

        func requiredStore() throws -> String {
            guard let store = self.store else { throw Failure(.usage, "--store is needed") }
            return store
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verifies a store or an export; ends with 8 or 9 when it is damaged."
        )

        @OptionGroup var place: Place
        @Option(help: "A file made by `audit export --format jsonl`, in place of a store.")
        var export: String?
        @Option(help: "How the answer is shown: table or json.") var output: OutputFormat = .table

        func run() async throws {
            let anchors = try self.place.anchors()
            let key = try self.place.key()
            let command = self
            var found: Verification
            switch (self.place.store, self.export) {
            case (let store?, nil):
                found = try Audit.failing { () throws(JournalError) in
                    try Verification.verify(
                        store: store,
                        anchors: anchors,
                        key: key,
                        isAnchorFileOwn: command.place.anchor == nil
                    )
                }
                if let key, let path = self.place.beside(".signing-key") {
                    found.findings += [SigningKey.contradiction(at: path, to: key)].compactMap(
                        \.self
                    )
                }
            case (nil, let file?):
                found = try Audit.failing { () throws(JournalError) in
                    try JournalExport.verify(file, anchors: anchors, key: key)
                }
            default:
                throw Failure(.usage, "either --store or --export is needed")
            }
            switch command.output {
            case .table: print(found.text(hasAnchors: anchors != nil))
            case .json: print(try found.json())
            }
            try found.throwIfDamaged()
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the journal as text to the standard output."
        )

        @OptionGroup var place: Place
        @Option(help: "jsonl (can be verified) or csv.") var format: JournalExport.Format = .jsonl
        @Option(help: "The first event.") var from: UInt64 = 1
        @Option(help: "The last event.") var to: UInt64 = .max

        func run() async throws {
            guard self.from <= self.to else { throw Failure(.usage, "--from is behind --to") }
            let store = try self.place.requiredStore()
            let command = self
            let output = BufferedOutput()
            let found = try Audit.failing { () throws(JournalError) in
                try JournalExport.write(
                    store: store,
                    command.format,
                    command.from...command.to
                ) { output.write($0) }
            }
            output.flush()
            try found.throwIfDamaged()
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells the whole story of an order, with what proves it."
        )

        @Argument(help: "The order's number.") var order: UInt64
        @OptionGroup var place: Place

        func run() async throws {
            let store = try self.place.requiredStore()
            let anchors = try self.place.anchors()
            let key = try self.place.key()
            let orderID = OrderID(raw: self.order)
            let story = try Audit.failing { () throws(JournalError) in
                try OrderStory(of: orderID, store: store, anchors: anchors, key: key)
            }
            if story.entries.isEmpty, story.verification.damage == nil {
                throw Failure(.notFound, "the journal has no order \(orderID)")
            }
            print("order \(orderID)")
            for entry in story.entries { print(entry.text) }
            for proof in story.proofs { print(proof.text) }
            print(story.verification.text(hasAnchors: anchors != nil))
            try story.verification.throwIfDamaged()
        }
    }

    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells what a day brought: orders, doubts, discrepancies, actions."
        )

        @Option(help: "The folder of the store.") var store: String
        @Option(help: "In UTC, such as 2026-11-21.") var day: String
        @Option(help: "How the answer is shown: table or json.") var output: OutputFormat = .table

        func run() async throws {
            guard let day = Day(self.day) else {
                throw Failure(.usage, "--day: expected a day such as 2026-11-21")
            }
            let command = self
            let report = try Audit.failing { () throws(JournalError) in
                try DailyReports(store: command.store).report(of: day)
            }
            switch self.output {
            case .table: print(report.text, terminator: "")
            case .json: try GlobalOptions.printJSON(report)
            }
        }
    }

    /// Turns what is wrong with files into what a command ends with.
    static func failing<Result>(_ body: () throws(JournalError) -> Result) throws -> Result {
        do throws(JournalError) {
            return try body()
        } catch {
            throw Failure(error.isDamage ? .tampered : .failed, "\(error)")
        }
    }
}

extension JournalExport.Format: ExpressibleByArgument {}

extension Verification {
    func throwIfDamaged() throws {
        if let damage = self.damage { throw Failure(.tampered, "\(damage)") }
        if let finding = self.findings.first {
            throw Failure(.damagedBeside, "the records are intact; beside them: \(finding)")
        }
    }

    /// What was found, for people.
    func text(hasAnchors: Bool) -> String {
        var lines: [String] = []
        if let damage = self.damage {
            lines.append("DAMAGED at \(damage)")
            lines.append("good up to event \(self.head.sequence)")
        } else {
            lines.append("every record is what was written")
        }
        for finding in self.findings { lines.append("DAMAGED beside the records: \(finding)") }
        for name in self.tornFiles {
            lines.append("\(name) ends within a write, as after a crash or a loss of power")
        }
        lines.append(
            "\(self.recordCount) records, events up to \(self.head.sequence), "
                + "from \(self.firstTime?.text ?? "-") to \(self.lastTime?.text ?? "-")"
        )
        if self.receiptCount > 0 { lines.append("\(self.receiptCount) receipts") }
        lines.append("head \(self.head.hash)")
        let signed = self.signedSequence.map { "up to event \($0)" } ?? "nowhere"
        lines.append(
            "\(self.metCount) signed heads met, signed \(signed)"
                + (self.hasKey ? "" : "; no public key: their signatures were NOT checked")
        )
        if !hasAnchors {
            lines.append("no anchors: what was cut behind the last checkpoint would not show")
        }
        return lines.joined(separator: "\n")
    }

    func json() throws -> String {
        struct Shown: Encodable {
            struct Damaged: Encodable {
                var kind: String
                var sequence: UInt64
                var detail: String
            }
            struct Found: Encodable {
                var place: String
                var detail: String
            }
            var damage: Damaged?
            var findings: [Found]
            var tornFiles: [String]
            var records: Int
            var lastEvent: UInt64
            var head: String
            var signedHeads: Int
            var signedUpTo: UInt64?
            var signaturesChecked: Bool
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let shown = Shown(
            damage: self.damage.map {
                Shown.Damaged(kind: $0.kind.rawValue, sequence: $0.sequence, detail: $0.detail)
            },
            findings: self.findings.map {
                Shown.Found(place: $0.place.rawValue, detail: $0.detail)
            },
            tornFiles: self.tornFiles,
            records: self.recordCount,
            lastEvent: self.head.sequence,
            head: self.head.hash.description,
            signedHeads: self.metCount,
            signedUpTo: self.signedSequence,
            signaturesChecked: self.hasKey
        )
        return String(decoding: try encoder.encode(shown), as: UTF8.self)
    }
}

extension OrderStory.Entry {
    /// The event with its place and proof, for people.
    var text: String {
        let fields = self.event.fields.filter { !$0.value.isEmpty }
            .map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        return "\(self.time.text)  event \(self.sequence)  \(self.event.kind)\n"
            + "    \(fields)\n    record \(self.recordHash)"
    }
}

extension OrderStory.Proof {
    /// Request and answer, word for word, for people.
    var text: String {
        let receipt = self.receipt
        let answer = String(decoding: receipt.answer, as: UTF8.self)
        let said =
            receipt.request.isEmpty
            ? "the stream said"
            : "sent \(receipt.sentAt?.text ?? "never")\n"
                + receipt.request.split(separator: "\n").map { "    > \($0)\n" }.joined()
                + "    status \(receipt.status)"
        return "\(receipt.receivedAt.text)  receipt from \(receipt.venue.mode.name)  \(said)\n"
            + "    < \(answer)\n    SHA-256 \(self.hash), in record \(self.recordSequence)"
    }
}

/// Lines for the standard output, gathered.
final class BufferedOutput {
    private var bytes: [UInt8] = []

    func write(_ line: String) {
        self.bytes += line.utf8
        self.bytes.append(UInt8(ascii: "\n"))
        if self.bytes.count > 1 << 16 { self.flush() }
    }

    func flush() {
        FileHandle.standardOutput.write(Data(self.bytes))
        self.bytes = []
    }
}
