#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How many connections the system lets the program hold.
enum OpenFiles {
    /// Raises the limit as far as the system allows without asking: the usual 1,024 are too few
    /// for a program that many clients connect to.
    static func raiseLimit() {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard unsafe getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(resource, &limit)
    }
}
