import TradingCore

/// The parameters of one request; each reading is noted, because unread ones are an error.
struct Parameters {
    private struct Item {
        let name: String
        let value: String
        var isRead = false
    }

    private var items: [Item] = []

    /// No parameters.
    init() {}

    /// Adds a parameter; false where the name is there already.
    mutating func add(_ name: String, _ value: String) -> Bool {
        guard !self.items.contains(where: { $0.name == name }) else { return false }
        self.items.append(Item(name: name, value: value))
        return true
    }

    /// The names and values in alphabetical order of the names, but for one.
    func sorted(without excluded: String) -> [(name: String, value: String)] {
        self.items.filter { $0.name != excluded }.sorted { $0.name < $1.name }
            .map { ($0.name, $0.value) }
    }

    /// The text of a parameter; nil where it was not sent or is empty.
    mutating func text(_ name: String) -> String? {
        guard let index = self.items.firstIndex(where: { $0.name == name }) else { return nil }
        self.items[index].isRead = true
        return self.items[index].value.isEmpty ? nil : self.items[index].value
    }

    /// Whether a parameter was sent at all, without reading it.
    func has(_ name: String) -> Bool { self.items.contains { $0.name == name } }

    /// How many symbols a request names.
    var symbolCount: Int {
        if self.has("symbol") { return 1 }
        guard let list = self.items.first(where: { $0.name == "symbols" }) else { return 0 }
        return list.value.utf8.count { $0 == UInt8(ascii: ",") } + 1
    }

    /// The text of a parameter that must be there.
    mutating func mandatory(_ name: String) throws(APIError) -> String {
        guard let text = self.text(name) else { throw .missing(name) }
        return text
    }

    /// An integer; anything else is malformed.
    mutating func integer(_ name: String) throws(APIError) -> Int64? {
        guard let text = self.text(name) else { return nil }
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw .illegalCharacters(name, legal: #"^[0-9]{1,20}$"#)
        }
        guard let value = Int64(text) else { throw .overflow(name) }
        return value
    }

    /// A decimal number as the venue spells it: no sign, no exponent.
    mutating func decimal<Number: ExactDecimal>(
        _ name: String,
        as type: Number.Type = Number.self
    ) throws(APIError) -> Number? {
        guard let text = self.text(name) else { return nil }
        do {
            let number = try Number(text)
            guard !text.hasPrefix("-"), text.utf8.count <= 41 else {
                throw DecimalError.missingDigits
            }
            return number
        } catch DecimalError.tooPrecise {
            throw .tooPrecise(name)
        } catch DecimalError.outOfRange {
            throw .overflow(name)
        } catch {
            throw .illegalCharacters(name, legal: #"^([0-9]{1,20})(\.[0-9]{1,20})?$"#)
        }
    }

    /// `true` or `false`; anything else is malformed.
    mutating func flag(_ name: String) throws(APIError) -> Bool? {
        guard let text = self.text(name) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: throw .malformed(name)
        }
    }

    /// Refuses a request with parameters that nobody has read, or that are there but empty.
    func requireAllRead() throws(APIError) {
        if let empty = self.items.first(where: { $0.isRead && $0.value.isEmpty }) {
            throw .emptyParameter(empty.name)
        }
        let read = self.items.count(where: \.isRead)
        guard read == self.items.count else {
            throw .unreadParameters(read: read, sent: self.items.count)
        }
    }
}
