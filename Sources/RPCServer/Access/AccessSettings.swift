/// How callers prove who they are.
struct AccessSettings: Hashable {
    /// What a TCP caller must show.
    enum TCPAuthentication: String, CaseIterable {
        /// Nothing: every process of this machine may do everything.
        case none
        case token
    }

    var tcp = TCPAuthentication.token
    /// Users whose processes may do everything by the Unix socket, beside the server's own.
    var unixAdmins: Set<UInt32> = []
}

extension RawSettings {
    /// Reads who may call.
    mutating func access() -> AccessSettings {
        var settings = AccessSettings()
        let names = AccessSettings.TCPAuthentication.allCases.map(\.rawValue)
        settings.tcp =
            self.value(
                "rpc.tcp.authentication",
                default: settings.tcp,
                expected: names.joined(separator: " or "),
                parse: AccessSettings.TCPAuthentication.init(rawValue:)
            ) ?? settings.tcp
        guard let listed = self.take("rpc.unix.admins") else { return settings }
        for item in listed.items {
            guard let userID = UInt32(item) else {
                self.report(
                    listed.place,
                    "rpc.unix.admins: expected numbers of users, found \"\(item)\""
                )
                continue
            }
            settings.unixAdmins.insert(userID)
        }
        return settings
    }
}
