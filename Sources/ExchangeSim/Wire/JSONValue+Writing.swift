import MarketReplay

extension JSONValue {
    /// A scalar as it is spelled, booleans and arrays of them as JSON; nil for the rest.
    var spelling: String? {
        switch self {
        case .null: nil
        case .bool(let value): value ? "true" : "false"
        case .number(let text), .string(let text): text
        case .array, .object:
            {
                var writer = JSONWriter()
                self.write(to: &writer)
                return String(decoding: writer.bytes, as: UTF8.self)
            }()
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let text): writer.raw(text)
        case .string(let text): writer.string(text)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(escaping: member.name)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}
