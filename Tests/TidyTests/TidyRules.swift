/// A rule over one file: what breaks it, as `path:line: why`.
struct TidyRule: Sendable {
    var name: String
    var findings: @Sendable (SourceFile) -> [String]
}

enum TidyRules {
    static let all: [TidyRule] = [
        pureImports, determinism, noFloats, fileLength, functionLength, lineLength, documentation,
        noOpenEnds, noMachinePaths,
    ]

    static let pureTargets = ["TradingCore", "MatchingEngine"]
    static let moneyTargets = ["TradingCore", "MatchingEngine", "Journal", "Venues"]

    /// The pure targets import nothing that could do I/O.
    static let pureImports = TidyRule(name: "pure imports") { file in
        guard file.isSwift, file.isIn(pureTargets) else { return [] }
        let allowed =
            file.isIn(["TradingCore"])
            ? ["Synchronization"] : ["TradingCore", "Synchronization"]
        return TidyRules.lines(of: file) { line in
            guard line.contains("import "),
                let found = line.firstMatch(of: /^\s*(?:@\w+ )*(?:\w+ )?import (?:\w+ )?(\w+)/)
            else { return nil }
            let name = String(found.1)
            return allowed.contains(name) ? nil : "a pure target imports \(name)"
        }
    }

    /// No clock, no random numbers, no threads where decisions are made (STYLE 21).
    static let determinism = TidyRule(name: "determinism") { file in
        guard file.isSwift, file.isIn(pureTargets) else { return [] }
        return TidyRules.lines(of: file) { line in
            let isFound =
                line.has(/\b(Date|Task|Thread|Mutex|Atomic|clock_gettime|getenv)\b\s*[(.{<]/)
                || line.has(/\b(ContinuousClock|SuspendingClock|async|await)\b/)
                || line.has(/\b(SystemRandomNumberGenerator|randomElement|shuffled?|random)\b/)
            return isFound ? "a decision that another run would not repeat" : nil
        }
    }

    /// Money is never a binary fraction.
    static let noFloats = TidyRule(name: "no floats") { file in
        guard file.isSwift, file.isIn(moneyTargets) else { return [] }
        return TidyRules.lines(of: file) { line in
            line.has(/\b(Double|Float|Float32|Float64|CGFloat|Decimal)\b/)
                ? "a number that is not exact" : nil
        }
    }

    static let linesMax = 400
    static let functionLinesMax = 70
    static let columnsMax = 100

    static let fileLength = TidyRule(name: "file length") { file in
        guard file.isSwift, file.lines.count > linesMax else { return [] }
        return ["\(file.path): \(file.lines.count) lines, at most \(linesMax)"]
    }

    /// A function goes from its first line to the closing brace below its first letter.
    static let functionLength = TidyRule(name: "function length") { file in
        guard file.isSwift else { return [] }
        let starts = ["func ", "init", "deinit", "subscript"]
        var findings: [String] = []
        for (start, line) in file.lines.enumerated() {
            guard starts.contains(where: { line.contains($0) }),
                line.has(/^\s*(?:@\S+ )*(?:\w+ )*(?:func |init[?(<]|deinit |subscript\()/),
                !(line.hasSuffix("}") && line.contains("{"))
            else { continue }
            let indent = line.prefix { $0 == " " }
            for (offset, other) in file.lines[(start + 1)...].enumerated() where !other.isEmpty {
                if other == indent + "}" {
                    let count = offset + 2
                    if count > functionLinesMax {
                        findings.append(
                            "\(file.path):\(start + 1): \(count) lines, at most \(functionLinesMax)"
                        )
                    }
                    break
                }
                // A requirement without a body ends where its protocol does.
                if other.prefix(while: { $0 == " " }).count < indent.count { break }
            }
        }
        return findings
    }

    static let lineLength = TidyRule(name: "line length") { file in
        guard file.isSwift else { return [] }
        return file.lines.enumerated().compactMap { number, line in
            guard line.count > columnsMax else { return nil }
            return "\(file.path):\(number + 1): \(line.count) columns, at most \(columnsMax)"
        }
    }

    /// What other targets see of the core says what it is.
    static let documentation = TidyRule(name: "documentation") { file in
        guard file.isSwift, file.isIn(["TradingCore"]) else { return [] }
        return file.lines.enumerated().compactMap { number, line in
            let isType = line.has(
                /^\s*(?:package|public) (?:\w+ )*(?:struct|enum|class|protocol|actor) \w/
            )
            guard isType else { return nil }
            let above = file.lines[..<number].last { !$0.trimmed.hasPrefix("@") } ?? ""
            return above.trimmed.hasPrefix("///")
                ? nil : "\(file.path):\(number + 1): a type without a doc comment"
        }
    }

    private static let openEnds = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]

    /// Nothing is left for later in the text; what is open stands in an issue.
    static let noOpenEnds = TidyRule(name: "no open ends") { file in
        file.lines.enumerated().compactMap { number, line in
            openEnds.contains { line.contains($0) }
                ? "\(file.path):\(number + 1): left for later" : nil
        }
    }

    private static let machinePaths = ["/wo" + "rk/", "/ro" + "ot/", "/Us" + "ers/", "/ho" + "me/"]

    /// Nothing of the machine on which it was written.
    static let noMachinePaths = TidyRule(name: "no machine paths") { file in
        file.lines.enumerated().compactMap { number, line in
            machinePaths.contains { line.contains($0) }
                && line.has(/(?:^|[\s"'`(=:])\/(?:work|root|Users|home)\/\w/)
                ? "\(file.path):\(number + 1): a path of some machine" : nil
        }
    }

    /// The sentences by which tests are called.
    static func testNames(in files: [SourceFile]) -> [String] {
        files.filter { $0.isSwift && $0.path.hasPrefix("Tests/") }.flatMap { file in
            file.lines.compactMap { line in
                let parts = line.split(separator: "`", omittingEmptySubsequences: false)
                guard parts.count == 3, parts[0].hasSuffix("func ") else { return nil }
                return String(parts[1])
            }
        }
    }

    /// Whether a sentence names a rule, such as `S1`, as a word of its own.
    static func names(_ rule: String, in sentence: String) -> Bool {
        sentence.split { !$0.isLetter && !$0.isNumber }.contains { $0 == rule }
    }

    /// How often production code makes a value that carries a proof.
    static func makers(of type: String, in files: [SourceFile]) -> [String] {
        files.filter { file in
            file.isSwift && file.path.hasPrefix("Sources/")
                && file.lines.contains { $0.contains(type) }
        }.flatMap { file in
            file.code.enumerated().compactMap { number, line in
                let isMade =
                    line.firstRange(of: "\(type)(") != nil
                    || line.firstRange(of: "\(type).init") != nil
                return isMade ? "\(file.path):\(number + 1)" : nil
            }
        }
    }

    private static func lines(
        of file: SourceFile,
        _ finding: (String) -> String?
    ) -> [String] {
        file.code.enumerated().compactMap { number, line in
            finding(line).map { "\(file.path):\(number + 1): \($0)" }
        }
    }
}

extension String {
    /// Whether a pattern occurs; a word ends where its letters do, before a point as well.
    func has(_ pattern: Regex<some Any>) -> Bool {
        self.contains(pattern.wordBoundaryKind(.simple))
    }

    var trimmed: Substring { self.drop { $0 == " " } }
}
