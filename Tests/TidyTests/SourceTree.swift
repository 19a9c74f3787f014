import Foundation

/// One text file of the package.
struct SourceFile {
    /// From the package's root, such as `Sources/TradingCore/Values/Price.swift`.
    var path: String
    var lines: [String]

    init(path: String, text: String) {
        self.path = path
        self.lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if self.lines.last == "" { self.lines.removeLast() }
    }

    var isSwift: Bool { self.path.hasSuffix(".swift") }

    func isIn(_ targets: [String]) -> Bool {
        targets.contains { self.path.hasPrefix("Sources/\($0)/") }
    }

    /// The lines without comments and without what stands in string literals.
    var code: [String] {
        self.lines.map { line in
            var result = ""
            var isInString = false
            var previous: Character = " "
            for character in line {
                if character == "\"", previous != "\\" { isInString.toggle() }
                if !isInString, character == "/", previous == "/" {
                    result.removeLast()
                    break
                }
                if !isInString || character == "\"" { result.append(character) }
                previous = character
            }
            return result
        }
    }
}

/// The package's own files, read from where this file is.
enum SourceTree {
    static let textSuffixes = [
        "swift", "md", "proto", "yaml", "yml", "json", "sh", "service", "c", "h", "modulemap",
        "txt", "toml", "cfg", "conf",
    ]

    /// Every text file below these folders or with these names, sorted by path.
    static func files(below tops: [String]) -> [SourceFile] {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return tops.flatMap { self.files(at: root.appending(path: $0), path: $0) }
            .sorted { $0.path < $1.path }
    }

    /// Everything that belongs to the repository.
    static func all() -> [SourceFile] {
        self.files(below: [
            "Sources", "Tests", "benchmarks", "proto", "scripts", "docs", "examples", "deploy",
            "Package.swift", "README.md", "LICENSE", "CHANGELOG.md",
        ])
    }

    private static func files(at url: URL, path: String) -> [SourceFile] {
        let manager = FileManager.default
        guard let names = try? manager.contentsOfDirectory(atPath: url.path) else {
            let isText = self.textSuffixes.contains(url.pathExtension) || url.pathExtension == ""
            guard isText, let text = try? String(contentsOf: url, encoding: .utf8) else {
                return []
            }
            return [SourceFile(path: path, text: text)]
        }
        return names.filter { !$0.hasPrefix(".") }.flatMap { name in
            self.files(at: url.appending(path: name), path: "\(path)/\(name)")
        }
    }
}
