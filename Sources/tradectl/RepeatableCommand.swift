import TradingAPI

/// A command that places an order, as it was given, and the key that names the order.
///
/// An order whose fate nobody told is asked for by the same command with the same key. Where the
/// caller named none there is one all the same, and what ends without an answer says which.
struct RepeatableCommand {
    let key: String
    private let arguments: [String]
    private let isNamed: Bool

    /// Draws a key where the caller gave none.
    ///
    /// - Parameters:
    ///   - key: What the caller gave.
    ///   - arguments: The whole command, the program's name included.
    init(key: String?, arguments: [String] = CommandLine.arguments) {
        self.isNamed = key?.isEmpty == false
        self.key = self.isNamed ? key ?? "" : OrderWish.freshIdempotencyKey()
        self.arguments = arguments
    }

    /// The command that asks for the order, for a shell.
    var text: String {
        let named = self.isNamed ? [] : ["--key", self.key]
        // Behind the command's own name, where nothing of what it takes can be meant.
        let words =
            ["tradectl"] + self.arguments.dropFirst().prefix(1) + named
            + self.arguments.dropFirst(2)
        return words.map(Self.quoted).joined(separator: " ")
    }

    /// Runs what places the order; what leaves its fate open says how to ask for it.
    func run(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch var failure as Failure {
            if failure.isInDoubt {
                failure.message += "\nto ask for this order, and never place another: \(self.text)"
            }
            throw failure
        }
    }

    private static func quoted(_ argument: String) -> String {
        let isPlain = argument.allSatisfy { character in
            character.isASCII
                && (character.isLetter || character.isNumber || "-_./:=,+@%".contains(character))
        }
        guard !isPlain || argument.isEmpty else { return argument }
        return "'" + argument.replacing("'", with: "'\\''") + "'"
    }
}
