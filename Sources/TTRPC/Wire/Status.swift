package import ProtobufArena

/// How a call ended: gRPC's code, a text for people and details for programs.
public struct Status: Error, Hashable, Sendable {
    /// What kind of outcome it is.
    public var code: StatusCode

    /// A sentence for people; programs look at `code` and `details`.
    public var message: String

    /// Machine-readable reasons, each a message with its type.
    public var details: [StatusDetail]

    /// Makes a status.
    ///
    /// - Parameters:
    ///   - code: The kind of outcome.
    ///   - message: A sentence for people, without secrets.
    ///   - details: Machine-readable reasons.
    public init(_ code: StatusCode, _ message: String = "", details: [StatusDetail] = []) {
        self.code = code
        self.message = message
        self.details = details
    }
}

extension Status {
    /// The refusal of bytes that are not an acceptable message of the type `name`.
    package init(refusing error: ProtobufError, as name: String) {
        switch error {
        case .malformed:
            self.init(.invalidArgument, "the bytes are not a \(name)")
        case .invalidText(let field):
            self.init(.invalidArgument, "\(field) holds a NUL or invalid UTF-8")
        case .tooLarge(let bytesMax):
            self.init(.resourceExhausted, "the \(name) takes more than \(bytesMax) bytes of memory")
        }
    }
}

/// One machine-readable reason: the same as a `google.protobuf.Any`.
public struct StatusDetail: Hashable, Sendable {
    /// The type of `value`, as `type.googleapis.com/full.message.Name`.
    public var typeURL: String

    /// The packed message.
    public var value: [UInt8]

    /// Makes a detail.
    ///
    /// - Parameters:
    ///   - typeURL: The type of `value`.
    ///   - value: The packed message.
    public init(typeURL: String, value: [UInt8]) {
        self.typeURL = typeURL
        self.value = value
    }
}

/// A gRPC status code; codes we do not know survive.
public struct StatusCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: Int32

    /// Takes the number on the wire.
    ///
    /// - Parameter rawValue: Any number; only 0 to 16 have a meaning.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The call succeeded.
    public static let ok = StatusCode(rawValue: 0)
    /// The caller gave up.
    public static let cancelled = StatusCode(rawValue: 1)
    /// Nothing is known about the failure; it may have been executed.
    public static let unknown = StatusCode(rawValue: 2)
    /// The request can never be accepted as it is; do not repeat it.
    public static let invalidArgument = StatusCode(rawValue: 3)
    /// The time was over before an answer; the call may have been executed.
    public static let deadlineExceeded = StatusCode(rawValue: 4)
    /// What the request names does not exist.
    public static let notFound = StatusCode(rawValue: 5)
    /// What the request would create exists.
    public static let alreadyExists = StatusCode(rawValue: 6)
    /// The caller is known and may not do this.
    public static let permissionDenied = StatusCode(rawValue: 7)
    /// A limit is reached; repeat later, more slowly.
    public static let resourceExhausted = StatusCode(rawValue: 8)
    /// The system's state forbids it; repeat only after that state was changed.
    public static let failedPrecondition = StatusCode(rawValue: 9)
    /// A conflict with something concurrent; repeat from the beginning.
    public static let aborted = StatusCode(rawValue: 10)
    /// A value is beyond what exists, such as a sequence number of the future.
    public static let outOfRange = StatusCode(rawValue: 11)
    /// The service has no such method, or not in this kind of call.
    public static let unimplemented = StatusCode(rawValue: 12)
    /// The server broke its own rules; nothing is known about execution.
    public static let `internal` = StatusCode(rawValue: 13)
    /// Not now, nothing was executed; repeat after a pause.
    public static let unavailable = StatusCode(rawValue: 14)
    /// Data is lost or damaged beyond repair.
    public static let dataLoss = StatusCode(rawValue: 15)
    /// The caller is not known.
    public static let unauthenticated = StatusCode(rawValue: 16)
}

extension StatusCode: CustomStringConvertible {
    /// gRPC's name of the code, such as `DEADLINE_EXCEEDED`.
    public var description: String {
        let names = [
            "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
            "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
            "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
            "UNAUTHENTICATED",
        ]
        let index = Int(rawValue)
        return names.indices.contains(index) ? names[index] : "CODE_\(rawValue)"
    }
}

/// One entry of a request's metadata; keys may repeat.
public struct Metadata: Hashable, Sendable {
    /// The name, by custom in lower case.
    public var key: String

    /// The value.
    public var value: String

    /// Makes an entry.
    ///
    /// - Parameters:
    ///   - key: The name.
    ///   - value: The value.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}
