import Glibc

/// Keeps signals off the venue thread.
enum VenueSignals {
    /// Blocks every signal but those that report a crash of this very thread.
    ///
    /// Signals of the process belong to whoever waits for them, and a SIGPIPE of a dying
    /// connection, which libcurl does not hold back when it is told to use no signals, must not
    /// end the gateway.
    static func blockAll() {
        var blocked = sigset_t()
        unsafe sigfillset(&blocked)
        for crash in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] {
            unsafe sigdelset(&blocked, crash)
        }
        unsafe pthread_sigmask(SIG_BLOCK, &blocked, nil)
    }
}
