import TradingCore

/// A JSON text, taken apart into its values without a type for each of them.
///
/// For the messages that come with every order: Foundation's decoder took a third of the
/// gateway's time for them. What no caller asks for is checked for its form only.
struct JSONDocument {
    enum Kind: UInt8 {
        case object, array, string, escapedString, number, `true`, `false`, null
    }

    /// A value, or a member's name, which stands before its value.
    struct Node {
        var kind: Kind
        /// The bytes of the value; of a string those between its quotes.
        var start: Int
        var end = 0
        /// The node behind this value and all in it.
        var next = 0
    }

    /// Deeper nesting is refused: the venue's own is five.
    private static let depthMax = 32

    fileprivate let bytes: [UInt8]
    fileprivate private(set) var nodes: [Node] = []
    private var position = 0

    init(_ bytes: [UInt8]) throws(BodyError) {
        self.bytes = bytes
        self.nodes.reserveCapacity(64)
        guard self.readValue(depth: 0) else { throw .unreadable("not JSON") }
        self.skipSpace()
        guard self.position == bytes.count else { throw .unreadable("not JSON") }
    }

    /// The whole text as an object.
    func object() throws(BodyError) -> JSONObject {
        guard self.nodes[0].kind == .object else { throw .unreadable("the text has another type") }
        return JSONObject(document: self, node: 0)
    }

    /// The whole text as an array of objects.
    func objects() throws(BodyError) -> [JSONObject] {
        try self.objects(at: 0, name: "the text")
    }

    fileprivate func objects(at node: Int, name: String) throws(BodyError) -> [JSONObject] {
        guard self.nodes[node].kind == .array else {
            throw .unreadable("\(name) has another type")
        }
        var objects: [JSONObject] = []
        var element = node + 1
        while element < self.nodes[node].next {
            guard self.nodes[element].kind == .object else {
                throw .unreadable("\(name).\(objects.count) has another type")
            }
            objects.append(JSONObject(document: self, node: element))
            element = self.nodes[element].next
        }
        return objects
    }

    // MARK: Reading

    private var byte: UInt8 { self.position < self.bytes.count ? self.bytes[self.position] : 0 }

    private mutating func skipSpace() {
        while [0x20, 0x0A, 0x0D, 0x09].contains(self.byte) { self.position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        self.skipSpace()
        guard self.byte == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func readValue(depth: Int) -> Bool {
        guard depth < JSONDocument.depthMax else { return false }
        self.skipSpace()
        switch self.byte {
        case UInt8(ascii: "{"): return self.readMembers(depth: depth)
        case UInt8(ascii: "["): return self.readElements(depth: depth)
        case UInt8(ascii: "\""): return self.readString()
        case UInt8(ascii: "t"): return self.readWord("true", .true)
        case UInt8(ascii: "f"): return self.readWord("false", .false)
        case UInt8(ascii: "n"): return self.readWord("null", .null)
        default: return self.readNumber()
        }
    }

    private mutating func open(_ kind: Kind) -> Int {
        self.nodes.append(Node(kind: kind, start: self.position))
        return self.nodes.count - 1
    }

    private mutating func close(_ node: Int) {
        self.nodes[node].end = self.position
        self.nodes[node].next = self.nodes.count
    }

    private mutating func readMembers(depth: Int) -> Bool {
        let node = self.open(.object)
        self.position += 1
        if !self.take(UInt8(ascii: "}")) {
            repeat {
                self.skipSpace()
                guard self.readString(), self.take(UInt8(ascii: ":")),
                    self.readValue(depth: depth + 1)
                else { return false }
            } while self.take(UInt8(ascii: ","))
            guard self.take(UInt8(ascii: "}")) else { return false }
        }
        self.close(node)
        return true
    }

    private mutating func readElements(depth: Int) -> Bool {
        let node = self.open(.array)
        self.position += 1
        if !self.take(UInt8(ascii: "]")) {
            repeat {
                guard self.readValue(depth: depth + 1) else { return false }
            } while self.take(UInt8(ascii: ","))
            guard self.take(UInt8(ascii: "]")) else { return false }
        }
        self.close(node)
        return true
    }

    private mutating func readString() -> Bool {
        guard self.byte == UInt8(ascii: "\"") else { return false }
        self.position += 1
        let node = self.open(.string)
        while self.byte >= 0x20 {
            if self.byte == UInt8(ascii: "\"") {
                self.close(node)
                self.position += 1
                return true
            }
            if self.byte == UInt8(ascii: "\\") {
                self.nodes[node].kind = .escapedString
                self.position += 1
            }
            self.position += 1
        }
        return false
    }

    private mutating func readWord(_ word: String, _ kind: Kind) -> Bool {
        let node = self.open(kind)
        for letter in word.utf8 {
            guard self.byte == letter else { return false }
            self.position += 1
        }
        self.close(node)
        return true
    }

    private mutating func readNumber() -> Bool {
        let node = self.open(.number)
        if self.byte == UInt8(ascii: "-") { self.position += 1 }
        guard self.readDigits() else { return false }
        if self.byte == UInt8(ascii: ".") {
            self.position += 1
            guard self.readDigits() else { return false }
        }
        if self.byte | 0x20 == UInt8(ascii: "e") {
            self.position += 1
            if [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(self.byte) { self.position += 1 }
            guard self.readDigits() else { return false }
        }
        self.close(node)
        return true
    }

    private mutating func readDigits() -> Bool {
        let start = self.position
        while self.byte >= UInt8(ascii: "0"), self.byte <= UInt8(ascii: "9") { self.position += 1 }
        return self.position > start
    }
}

/// An object of a document; errors name the member, never its value.
struct JSONObject {
    fileprivate let document: JSONDocument
    fileprivate let node: Int

    // MARK: Members that must be there

    func text(_ name: String) throws(BodyError) -> String {
        try self.text(at: self.required(name), name)
    }

    func integer(_ name: String) throws(BodyError) -> Int64 {
        try self.integer(at: self.required(name), name)
    }

    func boolean(_ name: String) throws(BodyError) -> Bool {
        switch self.document.nodes[try self.required(name)].kind {
        case .true: true
        case .false: false
        default: throw .unreadable("\(name) has another type")
        }
    }

    /// A decimal number that the venue writes as a string.
    func decimal<Value: ExactDecimal>(_ name: String) throws(BodyError) -> Value {
        let node = self.document.nodes[try self.required(name)]
        guard node.kind == .string else { throw .unreadable("\(name) has another type") }
        do throws(DecimalError) {
            return try Value(
                parsing: self.document.bytes.span.extracting(node.start..<node.end)
            )
        } catch {
            throw .unreadable("\(name) is bad")
        }
    }

    func objects(_ name: String) throws(BodyError) -> [JSONObject] {
        try self.document.objects(at: self.required(name), name: name)
    }

    // MARK: Members that may be absent or null

    func optionalText(_ name: String) throws(BodyError) -> String? {
        guard let node = self.find(name) else { return nil }
        return try self.text(at: node, name)
    }

    func optionalInteger(_ name: String) throws(BodyError) -> Int64? {
        guard let node = self.find(name) else { return nil }
        return try self.integer(at: node, name)
    }

    func optionalObject(_ name: String) throws(BodyError) -> JSONObject? {
        guard let node = self.find(name) else { return nil }
        guard self.document.nodes[node].kind == .object else {
            throw .unreadable("\(name) has another type")
        }
        return JSONObject(document: self.document, node: node)
    }

    func optionalObjects(_ name: String) throws(BodyError) -> [JSONObject]? {
        guard let node = self.find(name) else { return nil }
        return try self.document.objects(at: node, name: name)
    }

    // MARK: Finding

    private func required(_ name: String) throws(BodyError) -> Int {
        guard let node = self.find(name) else { throw .unreadable("\(name) is missing") }
        return node
    }

    /// The value of a member that is there and not null.
    private func find(_ name: String) -> Int? {
        let wanted = name.utf8
        let end = self.document.nodes[self.node].next
        var member = self.node + 1
        while member < end {
            let key = self.document.nodes[member]
            if key.end - key.start == wanted.count,
                wanted.elementsEqual(self.document.bytes[key.start..<key.end])
            {
                return self.document.nodes[member + 1].kind == .null ? nil : member + 1
            }
            member = self.document.nodes[member + 1].next
        }
        return nil
    }

    private func text(at index: Int, _ name: String) throws(BodyError) -> String {
        let node = self.document.nodes[index]
        switch node.kind {
        case .string:
            let bytes = self.document.bytes[node.start..<node.end]
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .unreadable("\(name) is bad")
            }
            return text
        case .escapedString:
            let quoted = Array(self.document.bytes[(node.start - 1)...node.end])
            return try decodeJSON(String.self, from: quoted)
        default:
            throw .unreadable("\(name) has another type")
        }
    }

    private func integer(at index: Int, _ name: String) throws(BodyError) -> Int64 {
        let node = self.document.nodes[index]
        let text = String(decoding: self.document.bytes[node.start..<node.end], as: UTF8.self)
        guard node.kind == .number, let value = Int64(text) else {
            throw .unreadable("\(name) has another type")
        }
        return value
    }
}
