import Testing

/// Rules of the house that neither the compiler nor the formatter keeps, on all our sources.
@Suite struct TidyTests {
    @Test(arguments: TidyRules.all.map(\.name))
    func `the sources keep the rule`(name: String) {
        let files = SourceTree.all()
        #expect(files.count { $0.isIn(["TradingCore"]) } > 20)
        let findings = TidyRules.all.filter { $0.name == name }.flatMap { rule in
            files.flatMap { rule.findings($0) }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    /// The rules of the design that decide what becomes of an order and of its record.
    static let rules: [String] = [("S", 5), ("E", 6), ("J", 6), ("M", 4)].flatMap { letter, count in
        (1...count).map { "\(letter)\($0)" }
    }

    static let testNames = TidyRules.testNames(in: SourceTree.files(below: ["Tests"]))

    @Test(arguments: rules)
    func `every rule that decides an order's fate has a test that names it`(rule: String) {
        #expect(Self.testNames.count > 300)
        let isNamed = Self.testNames.contains { TidyRules.names(rule, in: $0) }
        #expect(isNamed, "no test's name holds \(rule)")
    }

    @Test(arguments: ["ApprovedOrder", "DurablePlacement", "DurableBatch"])
    func `a value that carries a proof has exactly one maker`(type: String) {
        let makers = TidyRules.makers(of: type, in: SourceTree.all())
        #expect(makers.count == 1, "\(makers)")
    }
}

/// Each rule on a text that breaks it, and on one that does not: a rule that cannot fail is none.
@Suite struct TidyRuleTests {
    static let core = "Sources/TradingCore/A.swift"
    static let long = String(repeating: "x", count: 101)
    static let body = Array(repeating: "        work()", count: 69).joined(separator: "\n")

    @Test(arguments: [
        ("pure imports", core, "import Foundation"),
        ("pure imports", core, "@testable import Glibc"),
        ("pure imports", core, "package import NIOCore"),
        ("pure imports", core, "import struct Foundation.Date"),
        ("pure imports", "Sources/MatchingEngine/A.swift", "public import Venues"),
        ("determinism", core, "let now = Date()"),
        ("determinism", core, "let id = UInt64.random(in: 0...9)"),
        ("determinism", core, "Task { work() }"),
        ("determinism", core, "let now = ContinuousClock.now"),
        ("determinism", "Sources/MatchingEngine/A.swift", "orders.shuffle()"),
        ("no floats", core, "let price: Double = 1"),
        ("no floats", "Sources/Journal/A.swift", "let share = Float(part)"),
        ("no floats", "Sources/Venues/A.swift", "Decimal(string: text)"),
        ("file length", "Tests/A.swift", String(repeating: "a\n", count: 401)),
        ("function length", "Tests/A.swift", "    func long() {\n\(body)\n    }"),
        ("function length", "Tests/A.swift", "    init(\n        a: Int\n    ) {\n\(body)\n    }"),
        ("line length", "Tests/A.swift", long),
        ("documentation", core, "package struct Undocumented {"),
        ("documentation", core, "}\n\n@frozen\npublic enum Undocumented {"),
        ("no open ends", "README.md", "TO" + "DO: later"),
        ("no open ends", "Sources/RPCServer/A.swift", "// FIX" + "ME"),
        ("no machine paths", "scripts/check", "cd /wo" + "rk/main"),
        ("no machine paths", "README.md", "see `/ho" + "me/somebody/x`"),
    ])
    func `a bad text is found`(name: String, path: String, text: String) {
        let file = SourceFile(path: path, text: text)
        let breakers = TidyRules.all.filter { !$0.findings(file).isEmpty }.map(\.name)
        #expect(breakers == [name])
    }

    @Test(arguments: [
        ("it is one order (S1, M2)", "S1", true), ("it is one order (S1, M2)", "M2", true),
        ("it is one order (S12)", "S1", false), ("BTCUSDTS1", "S1", false), ("", "S1", false),
    ])
    func `a rule is named as a word`(sentence: String, rule: String, isNamed: Bool) {
        let text = "    @Test func `\(sentence)`() {"
        let file = SourceFile(path: "Tests/A.swift", text: text)
        let names = TidyRules.testNames(in: [file, SourceFile(path: "Sources/A.swift", text: text)])
        #expect(names.count == 1)
        #expect(names.contains { TidyRules.names(rule, in: $0) } == isNamed)
    }

    @Test(arguments: [
        (core, "import Synchronization"), ("Sources/MatchingEngine/A.swift", "import TradingCore"),
        ("Sources/Venues/A.swift", "import Foundation"),
        (core, "// a Double is never money; see Date()"), (core, "let text = \"Double\""),
        ("Sources/RPCServer/A.swift", "let seconds: Double = Date().timeIntervalSince1970"),
        ("Tests/A.swift", String(repeating: "a\n", count: 400)),
        ("Tests/A.swift", "    func fits() {\n\(body.dropFirst(15))\n    }"),
        ("Tests/A.swift", "protocol P {\n    func one()\n}\n\(body)\n    }"),
        ("Tests/A.swift", String(long.dropFirst())), (core, "/// It is.\npackage struct A {"),
        (core, "/// It is.\n@frozen\npackage struct A {"), ("README.md", "https://x.org/work/a"),
    ])
    func `a good text passes`(path: String, text: String) {
        let file = SourceFile(path: path, text: text)
        #expect(TidyRules.all.filter { !$0.findings(file).isEmpty }.map(\.name).isEmpty)
    }

    @Test func `makers are counted in production code, not in comments, texts or tests`() {
        let files = [
            SourceFile(path: "Sources/A.swift", text: "let a = Proof(x)\nlet b = Proof.init(y)"),
            SourceFile(path: "Sources/B.swift", text: "// Proof(x)\nlet c = \"Proof(x)\""),
            SourceFile(path: "Tests/C.swift", text: "let d = Proof(x)"),
        ]
        #expect(
            TidyRules.makers(of: "Proof", in: files) == ["Sources/A.swift:1", "Sources/A.swift:2"]
        )
    }
}
