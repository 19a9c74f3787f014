import CTradingProto
import TradingCore

/// One record in words, as a line of JSON that holds the stored bytes as well: whoever has the
/// line can compute the hash again, and the words from the bytes.
enum ExportLine {
    /// The line of a record, without its end.
    static func json(
        _ record: StoredRecord,
        _ message: Trading__Journal__V1__Record,
        _ value: Span<UInt8>
    ) throws(DecodingProblem) -> String {
        var events: [String] = []
        var sequence = record.firstSequence
        unsafe try StoredRecord.forEachEvent(of: message) { event in
            events.append(Self.json(EventView(event), at: sequence))
            sequence += 1
        }
        return #"{"record":\#(record.firstSequence),"last":\#(record.lastSequence),"#
            + #""time":"\#(record.time.text)","previous_hash":"\#(record.previousHash)","#
            + #""hash":"\#(record.hash)","events":[\#(events.joined(separator: ","))],"#
            + #""stored":"\#([UInt8](copying: value).hex)"}"#
    }

    static func json(_ view: EventView, at sequence: UInt64) -> String {
        var text = #"{"sequence":\#(sequence),"kind":"\#(view.kind)""#
        if let orderID = view.orderID { text += #","order":\#(orderID)"# }
        for field in view.fields { text += #","\#(field.name)":"\#(Self.escaped(field.value))""# }
        return text + "}"
    }

    /// The place and the stored bytes of a line; everything else in it follows from these.
    static func stored(_ line: Substring) -> (place: UInt64, value: [UInt8])? {
        let start = #"{"record":"#
        let mark = #","stored":""#
        guard line.hasPrefix(start), line.hasSuffix(#""}"#) else { return nil }
        let digits = line.utf8.dropFirst(start.utf8.count).prefix { (48...57).contains($0) }
        guard let place = UInt64(Substring(digits)),
            let quote = line.utf8.dropLast(2).lastIndex(of: UInt8(ascii: "\""))
        else { return nil }
        let hex = Substring(line.utf8[line.utf8.index(after: quote)...].dropLast(2))
        guard line[...quote].hasSuffix(mark), let value = [UInt8](hex: hex) else { return nil }
        return (place, value)
    }

    /// A text within JSON's quotation marks.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += #"\""#
            case "\\": result += #"\\"#
            case "\n": result += #"\n"#
            case "\r": result += #"\r"#
            case "\t": result += #"\t"#
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static let csvHeader = "sequence,time,kind,order,details,record,record_hash"

    /// A line for each event of a record.
    static func csv(
        _ record: StoredRecord,
        _ message: Trading__Journal__V1__Record
    ) throws(DecodingProblem) -> [String] {
        var lines: [String] = []
        var sequence = record.firstSequence
        unsafe try StoredRecord.forEachEvent(of: message) { event in
            let view = EventView(event)
            let details = view.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
            let cells = [
                "\(sequence)", record.time.text, view.kind, view.orderID?.description ?? "",
                details, "\(record.firstSequence)", "\(record.hash)",
            ]
            lines.append(cells.map(Self.cell).joined(separator: ","))
            sequence += 1
        }
        return lines
    }

    /// A cell is quoted where it must be, and never begins a formula of a spreadsheet.
    private static func cell(_ text: String) -> String {
        let isFormula = text.first.map { "=+@".contains($0) } ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else {
            return safe
        }
        return "\""
            + safe.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }
}
