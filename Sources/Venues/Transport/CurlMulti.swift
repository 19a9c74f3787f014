import CCurl
import Glibc
import TradingCore

/// libcurl's set of running transfers and its pool of connections.
///
/// Safe: the handle is private and never nil. Everything but ``wakeUp()`` is called by the venue
/// thread alone, and libcurl allows that one from any thread while the handle lives, which it does
/// as long as anybody holds this object.
@safe
final class CurlMulti: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer
    /// Lives as long as libcurl's connections do: they point to it.
    let connections = ConnectionCounter()

    init(connectionsMax: Int) {
        _ = CurlLibrary.isReady
        guard let handle = unsafe curl_multi_init() else {
            fatalError("libcurl has no memory for a multi handle")
        }
        unsafe self.handle = handle
        _ = unsafe CCurl_multi_setopt_long(handle, CURLMOPT_MAXCONNECTS, connectionsMax)
        _ = unsafe CCurl_multi_setopt_long(handle, CURLMOPT_PIPELINING, 0)
    }

    deinit { unsafe curl_multi_cleanup(self.handle) }

    /// Ends a ``poll(timeoutMilliseconds:)`` that is waiting, or the next one.
    func wakeUp() { unsafe curl_multi_wakeup(self.handle) }

    func add(_ transfer: CurlTransfer) {
        let code = unsafe curl_multi_add_handle(self.handle, transfer.handle)
        invariant(code == CURLM_OK, "libcurl refuses a transfer: \(code.rawValue)")
    }

    func remove(_ transfer: CurlTransfer) {
        let code = unsafe curl_multi_remove_handle(self.handle, transfer.handle)
        invariant(code == CURLM_OK, "libcurl does not know a transfer: \(code.rawValue)")
    }

    /// Reads and writes whatever can be without waiting.
    func perform() {
        var running: CInt = 0
        let code = unsafe curl_multi_perform(self.handle, &running)
        invariant(code == CURLM_OK, "libcurl cannot go on: \(code.rawValue)")
    }

    /// The next transfer that has ended, taken out of the set, with libcurl's result.
    func takeFinished() -> (transfer: CurlTransfer, code: CURLcode)? {
        var remaining: CInt = 0
        while let message = unsafe curl_multi_info_read(self.handle, &remaining) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            // Read before the removal, which frees the message.
            let code = unsafe CCurl_message_result(message)
            guard let transfer = unsafe CurlTransfer.owner(of: message.pointee.easy_handle) else {
                fatalError("invariant broken: libcurl ended a transfer that is not ours")
            }
            self.remove(transfer)
            return (transfer, code)
        }
        return nil
    }

    /// Waits until a socket is ready, libcurl has something to do, or somebody wakes us up.
    func poll(timeoutMilliseconds: CInt) {
        unsafe curl_multi_poll(self.handle, nil, 0, timeoutMilliseconds, nil)
    }
}

/// libcurl as a whole.
enum CurlLibrary {
    /// Initialises libcurl once a process, before its first handle.
    static let isReady: Bool = {
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        invariant(code == CURLE_OK, "libcurl cannot be initialised: \(code.rawValue)")
        return true
    }()
}

/// Counts the sockets that libcurl holds, so that connections can be kept warm.
final class ConnectionCounter {
    fileprivate(set) var openCount = 0

    fileprivate static func at(_ context: UnsafeMutableRawPointer?) -> ConnectionCounter? {
        unsafe context.map {
            unsafe Unmanaged<ConnectionCounter>.fromOpaque($0).takeUnretainedValue()
        }
    }
}

@c func venues_curl_socket_opened(
    _ context: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _ purpose: curlsocktype
) -> CInt {
    unsafe ConnectionCounter.at(context)?.openCount += 1
    return CInt(CURL_SOCKOPT_OK)
}

@c func venues_curl_close_socket(
    _ context: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t
) -> CInt {
    unsafe ConnectionCounter.at(context)?.openCount -= 1
    return Glibc.close(socket)
}
