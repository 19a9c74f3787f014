import CCurl
import TradingCore

/// One of libcurl's easy handles, used again and again for one HTTP exchange at a time.
///
/// A class because libcurl keeps a pointer back to it. Safe: the pointers are private to this
/// file and its owner, never nil, used by the venue thread alone, and outlive every transfer,
/// since the thread keeps its transfers until it ends.
@safe
final class CurlTransfer {
    /// What all transfers of a thread have in common.
    struct Settings {
        var baseURL: String
        var connectTimeoutMilliseconds: Int
        var totalTimeoutMilliseconds: Int
        /// How long a connection may have been idle to be used again; the venue closes it later.
        var idleAgeSecondsMax: Int
        /// Nil for the system's.
        var certificateAuthorityPath: String?
    }

    /// How a body is bounded: the largest honest answer is a page of a thousand orders.
    private static let bodyBytesMax = 16 * 1024 * 1024

    let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private let baseURL: String
    private var body: [UInt8] = []
    private var isBodyTooLong = false
    /// Present while the transfer is a placement.
    private(set) var transmissionGuard: TransmissionGuard?
    /// When the request was last about to be written; nil before.
    private(set) var sentAt: MonotonicTime?

    /// - Parameters:
    ///   - settings: Fixed for the life of the handle.
    ///   - headers: Sent with every request; must outlive the handle.
    ///   - counter: Told of sockets; must outlive libcurl's connections.
    init(_ settings: Settings, headers: borrowing HeaderList, counter: ConnectionCounter) {
        _ = CurlLibrary.isReady
        guard let handle = unsafe curl_easy_init() else {
            fatalError("libcurl has no memory for an easy handle")
        }
        unsafe self.handle = handle
        unsafe self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe self.errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        self.baseURL = settings.baseURL
        self.setSafety()
        self.setCallbacks(counter)
        unsafe check(CCurl_setopt_list(handle, CURLOPT_HTTPHEADER, headers.list))
        self.set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeoutMilliseconds)
        self.set(CURLOPT_TIMEOUT_MS, settings.totalTimeoutMilliseconds)
        self.set(CURLOPT_MAXAGE_CONN, settings.idleAgeSecondsMax)
        if let path = settings.certificateAuthorityPath { self.set(CURLOPT_CAINFO, path) }
    }

    deinit {
        unsafe curl_easy_cleanup(self.handle)
        unsafe self.errorText.deallocate()
    }

    /// The transfer to which a handle of libcurl belongs.
    static func owner(of handle: UnsafeMutableRawPointer?) -> CurlTransfer? {
        var context: UnsafeMutableRawPointer?
        guard let handle = unsafe handle,
            unsafe CCurl_getinfo_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK
        else { return nil }
        return unsafe CurlTransfer.at(context)
    }

    // MARK: Options that never change

    private func setSafety() {
        self.set(CURLOPT_NOSIGNAL, 1)
        self.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        self.set(CURLOPT_FOLLOWLOCATION, 0)
        // An empty proxy keeps libcurl from looking at the environment.
        self.set(CURLOPT_PROXY, "")
        self.set(CURLOPT_NOPROXY, "*")
        self.set(CURLOPT_PROTOCOLS_STR, self.baseURL.hasPrefix("https:") ? "https" : "http")
        self.set(CURLOPT_SSL_VERIFYPEER, 1)
        self.set(CURLOPT_SSL_VERIFYHOST, 2)
        self.set(CURLOPT_TCP_NODELAY, 1)
        self.set(CURLOPT_TCP_KEEPALIVE, 1)
        self.set(CURLOPT_USERAGENT, "RPCServer")
    }

    private func setCallbacks(_ counter: ConnectionCounter) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let counter = unsafe Unmanaged.passUnretained(counter).toOpaque()
        unsafe check(CCurl_setopt_pointer(self.handle, CURLOPT_PRIVATE, context))
        unsafe check(CCurl_setopt_pointer(self.handle, CURLOPT_WRITEDATA, context))
        unsafe check(CCurl_setopt_pointer(self.handle, CURLOPT_PREREQDATA, context))
        unsafe check(CCurl_setopt_pointer(self.handle, CURLOPT_SOCKOPTDATA, counter))
        unsafe check(CCurl_setopt_pointer(self.handle, CURLOPT_CLOSESOCKETDATA, counter))
        unsafe check(CCurl_setopt_pointer(self.handle, CURLOPT_ERRORBUFFER, self.errorText))
        unsafe check(
            CCurl_setopt_data_callback(self.handle, CURLOPT_WRITEFUNCTION, venues_curl_body)
        )
        unsafe check(CCurl_setopt_prereq(self.handle, venues_curl_prerequest))
        unsafe check(CCurl_setopt_sockopt(self.handle, venues_curl_socket_opened))
        unsafe check(CCurl_setopt_closesocket(self.handle, venues_curl_close_socket))
    }

    // MARK: One exchange

    /// Prepares the next exchange.
    ///
    /// - Parameters:
    ///   - request: Where it goes.
    ///   - payload: The signed parameters: the body of a POST, else the query.
    ///   - transmissionGuard: Present for a placement, and only then.
    ///   - isFresh: Makes a connection of its own instead of using an idle one.
    func prepare(
        _ request: BinanceRequest,
        payload: QueryText,
        transmissionGuard: TransmissionGuard? = nil,
        isFresh: Bool = false
    ) {
        invariant(
            (request.method == .post) == (transmissionGuard != nil),
            "every POST is a placement and has a guard (S2)"
        )
        self.body.removeAll(keepingCapacity: true)
        self.isBodyTooLong = false
        self.sentAt = nil
        self.transmissionGuard = transmissionGuard
        unsafe self.errorText.pointee = 0
        self.set(CURLOPT_FRESH_CONNECT, isFresh ? 1 : 0)
        let url = self.baseURL + request.path
        if request.method == .post {
            self.set(CURLOPT_URL, url)
            self.set(CURLOPT_POST, 1)
            // Copied by libcurl, so that no buffer of ours has to outlive this call.
            self.set(CURLOPT_POSTFIELDSIZE, payload.bytes.count)
            self.set(CURLOPT_COPYPOSTFIELDS, payload.text)
        } else {
            self.set(CURLOPT_URL, payload.bytes.isEmpty ? url : "\(url)?\(payload.text)")
            self.set(CURLOPT_HTTPGET, 1)
        }
        let isSpelledOut = request.method == .delete || request.method == .put
        let method = isSpelledOut ? request.method.rawValue : nil
        self.set(CURLOPT_CUSTOMREQUEST, method)
    }

    /// The whole answer where there is one, and libcurl's words where there is none.
    ///
    /// - Parameters:
    ///   - code: How it ended.
    ///   - limits: Whose counts the answer's headers may tell.
    /// - Returns: One of both.
    func result(
        _ code: CURLcode,
        counting limits: [RateLimit]
    ) -> (answer: HTTPAnswer?, failure: String) {
        guard code == CURLE_OK else { return (nil, self.failureText(code)) }
        var status = 0
        unsafe check(CCurl_getinfo_long(self.handle, CURLINFO_RESPONSE_CODE, &status))
        var retryAfter: curl_off_t = 0
        unsafe check(CCurl_getinfo_offset(self.handle, CURLINFO_RETRY_AFTER, &retryAfter))
        let answer = HTTPAnswer(
            status: status,
            body: self.body,
            retryAfterSeconds: Int64(retryAfter),
            counts: limits.compactMap { self.count(of: $0) }
        )
        return (answer, "")
    }

    /// The count of a limit, as a header of the answer tells it.
    private func count(of limit: RateLimit) -> RateCount? {
        guard let name = limit.headerName, let text = self.header(name),
            let count = Int(text), count >= 0
        else { return nil }
        return RateCount(
            limit.kind,
            intervalMilliseconds: limit.intervalMilliseconds,
            count: count
        )
    }

    /// A header of the last answer; valid names are the caller's own, so any failure is absence.
    private func header(_ name: String) -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        let code = unsafe curl_easy_header(
            self.handle,
            name,
            0,
            UInt32(CURLH_HEADER),
            -1,
            &header
        )
        guard code == CURLHE_OK, let value = unsafe header?.pointee.value else { return nil }
        return unsafe String(cString: value)
    }

    private func failureText(_ code: CURLcode) -> String {
        if self.isBodyTooLong { return "the answer is longer than \(Self.bodyBytesMax) bytes" }
        let general = unsafe String(cString: curl_easy_strerror(code))
        let detail = unsafe String(cString: self.errorText)
        return detail.isEmpty ? general : "\(general): \(detail)"
    }

    // MARK: libcurl's callbacks

    fileprivate static func at(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        unsafe context.map { unsafe Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    fileprivate func mayTransmit() -> Bool {
        let now = VenueClock.now()
        self.sentAt = now.monotonic
        return self.transmissionGuard?.mayTransmit(at: now) ?? true
    }

    fileprivate func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard self.body.count + bytes.count <= Self.bodyBytesMax else {
            self.isBodyTooLong = true
            return false
        }
        unsafe self.body.append(contentsOf: bytes)
        return true
    }

    private func set(_ option: CURLoption, _ value: Int) {
        unsafe check(CCurl_setopt_long(self.handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: String?) {
        if let value {
            unsafe value.withCString {
                unsafe check(CCurl_setopt_string(self.handle, option, $0))
            }
        } else {
            unsafe check(CCurl_setopt_string(self.handle, option, nil))
        }
    }
}

/// Options are set with values of our own: a refusal is a mistake in this file.
private func check(_ code: CURLcode) {
    invariant(code == CURLE_OK, "libcurl refuses an option: \(code.rawValue)")
}

@c func venues_curl_prerequest(
    _ context: UnsafeMutableRawPointer?,
    _ venueAddress: UnsafeMutablePointer<CChar>?,
    _ ownAddress: UnsafeMutablePointer<CChar>?,
    _ venuePort: CInt,
    _ ownPort: CInt
) -> CInt {
    let mayTransmit = unsafe CurlTransfer.at(context)?.mayTransmit() ?? false
    return CInt(mayTransmit ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT)
}

@c func venues_curl_body(
    _ data: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = unsafe CurlTransfer.at(context) else { return 0 }
    let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
    return unsafe transfer.append(bytes) ? size * count : 0
}

/// The headers that go with every request.
///
/// Safe: the list is private to this file, written once and freed with its only owner.
@safe
struct HeaderList: ~Copyable {
    fileprivate let list: UnsafeMutablePointer<curl_slist>?

    init(_ headers: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for header in headers { unsafe list = curl_slist_append(list, header) }
        unsafe self.list = list
    }

    deinit { unsafe curl_slist_free_all(self.list) }
}
