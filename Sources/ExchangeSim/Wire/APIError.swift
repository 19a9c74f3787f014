import MatchingEngine

/// An error as the venue answers it: an HTTP status, a code and an exact text.
struct APIError: Error, Hashable, Sendable {
    let status: Int
    let code: Int64
    let message: String
    /// Seconds until the caller may come back, for 429 and 418.
    var retryAfterSeconds: Int64?
    /// The `data` member of a failed cancel-replace, as JSON.
    var data: [UInt8]?

    init(_ code: Int64, _ message: String, status: Int = 400) {
        self.status = status
        self.code = code
        self.message = message
    }

    /// The body of the answer.
    var body: [UInt8] {
        var writer = JSONWriter(capacity: 128)
        self.write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("code", self.code)
        writer.field("msg", self.message)
        if let data = self.data {
            writer.key("data")
            writer.raw(data)
        }
        writer.endObject()
    }

    // MARK: Parameters

    static func missing(_ name: String) -> APIError {
        APIError(-1102, "Mandatory parameter '\(name)' was not sent, was empty/null, or malformed.")
    }

    static func malformed(_ name: String) -> APIError { .missing(name) }

    static func bothMissing(_ first: String, _ second: String) -> APIError {
        APIError(
            -1102,
            "Param '\(first)' or '\(second)' must be sent, but both were empty/null!"
        )
    }

    static func illegalCharacters(_ name: String, legal: String) -> APIError {
        APIError(
            -1100,
            "Illegal characters found in parameter '\(name)'; legal range is '\(legal)'."
        )
    }

    static func tooPrecise(_ name: String) -> APIError {
        APIError(-1111, "Parameter '\(name)' has too much precision.")
    }

    static func emptyParameter(_ name: String) -> APIError {
        APIError(-1105, "Parameter '\(name)' was empty.")
    }

    static func overflow(_ name: String) -> APIError {
        APIError(-1108, "Parameter '\(name)' overflowed.")
    }

    static func notRequired(_ name: String) -> APIError {
        APIError(-1106, "Parameter '\(name)' sent when not required.")
    }

    static func unreadParameters(read: Int, sent: Int) -> APIError {
        APIError(
            -1104,
            "Not all sent parameters were read; read '\(read)' parameter(s) but was sent '\(sent)'."
        )
    }

    static func invalidData(_ name: String) -> APIError {
        APIError(-1130, "Data sent for parameter '\(name)' is not valid.")
    }

    static func tooGreat(_ name: String, max: Int64) -> APIError {
        APIError(-1102, "'\(name)' contains unexpected value. Cannot be greater than \(max).")
    }

    static func mustBeTogether(_ first: String, _ second: String) -> APIError {
        APIError(
            -1128,
            "Combination of optional fields invalid. "
                + "Recommendation: '\(first)' and '\(second)' must both be sent."
        )
    }

    static let duplicateParameter = APIError(
        -1101,
        "Duplicate values for a parameter detected."
    )
    static let timeInForceNotRequired = APIError(
        -1114,
        "TimeInForce parameter sent when not required."
    )
    static let invalidTimeInForce = APIError(-1115, "Invalid timeInForce.")
    static let invalidOrderType = APIError(-1116, "Invalid orderType.")
    static let invalidSide = APIError(-1117, "Invalid side.")
    static let invalidInterval = APIError(-1120, "Invalid interval.")
    static let invalidSymbol = APIError(-1121, "Invalid symbol.")
    static let badCombination = APIError(-1128, "Combination of optional parameters invalid.")
    static let lookupTooBig = APIError(-1127, "More than 24 hours between startTime and endTime.")
    static let invalidStrategyType = APIError(-1134, "strategyType was less than 1000000.")
    static let invalidJSON = APIError(-1135, "Invalid JSON Request")
    static let invalidCancelRestrictions = APIError(-1145, "Invalid cancelRestrictions")
    static let invalidPegPriceType = APIError(-1210, "Invalid pegPriceType.")
    static let invalidPegOffsetType = APIError(-1211, "Invalid pegOffsetType.")
    static let invalidTimeUnit = APIError(
        -1194,
        "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
    )
    static let duplicateSymbols = APIError(
        -1151,
        "Symbol is present multiple times in the list."
    )

    // MARK: Authentication

    static let badKeyFormat = APIError(-2014, "API-key format invalid.", status: 401)
    static let unknownKey = APIError(
        -2015,
        "Invalid API-key, IP, or permissions for action.",
        status: 401
    )
    static let badSignature = APIError(-1022, "Signature for this request is not valid.")
    static let tooOld = APIError(
        -1021,
        "Timestamp for this request is outside of the recvWindow."
    )
    static let tooNew = APIError(
        -1021,
        "Timestamp for this request was 1000ms ahead of the server's time."
    )
    static func noLogon(_ kind: String) -> APIError {
        APIError(-4056, "\(kind) API key is not supported.")
    }

    static let windowTooBig = APIError(-1131, "recvWindow must be less than 60000")

    // MARK: Orders

    static let duplicateOrder = APIError(-2010, "Duplicate order sent.")
    static let unknownOrder = APIError(-2011, "Unknown order sent.")
    static let cancelRestrictions = APIError(
        -2011,
        "Order was not canceled due to cancel restrictions."
    )
    static let noSuchOrder = APIError(-2013, "Order does not exist.")
    static let wrongClientOrderID = APIError(
        -2039,
        "Client order ID is not correct for this order ID."
    )

    /// What the engine refuses, for a new order.
    init(_ refusal: EngineRefusal) {
        self.init(refusal.isBeforeEngine ? -1013 : -2010, refusal.text)
    }

    // MARK: Streams

    static let alreadySubscribed = APIError(
        -2035,
        "User Data Stream subscription already active."
    )
    static let notSubscribed = APIError(-2036, "User Data Stream subscription not active.")
    static let unknownListenKey = APIError(-1125, "This listenKey does not exist.")
    static let unsupported = APIError(-1020, "This operation is not supported.")
    static let tooMuchWeight = APIError(
        -1003,
        "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
            + "Please use WebSocket Streams for live updates to avoid polling the API.",
        status: 429
    )
    static let tooManyRequests = APIError(
        -1003,
        "Too many requests; current limit is 300000 requests per 5 MINUTE. "
            + "Please use WebSocket Streams for live updates to avoid polling the API.",
        status: 429
    )
    static let timeout = APIError(
        -1007,
        "Timeout waiting for response from backend server. "
            + "Send status unknown; execution status unknown.",
        status: 504
    )
}
