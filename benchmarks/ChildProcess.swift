import CFloors
import Glibc

/// A program that runs beside us, on one CPU unless it may use all, and ends with us.
struct ChildProcess {
    let name: String
    let id: CInt
    private let log: String

    /// Starts a program of our own build folder and waits for its ready line.
    init(
        _ name: String,
        _ arguments: [String],
        variable: String = "BENCHMARK=1",
        cpu: CInt?,
        folder: String
    ) throws(Fault) {
        self.name = name
        self.log = "\(folder)/\(name).log"
        let path = try Self.path(of: name)
        // A line of an earlier process must not count.
        unsafe unlink(self.log)
        guard let variable = unsafe strdup(variable) else { throw Fault("no memory") }
        var texts = unsafe ([path] + arguments).map { unsafe UnsafePointer(strdup($0)) }
        unsafe texts.append(nil)
        self.id = unsafe floors_spawn(texts, variable, cpu ?? -1, self.log)
        guard self.id > 0 else { throw Fault("cannot start \(path): errno \(errno)") }
    }

    /// The values of the line `ready name=value …`, once the program printed it.
    func readyValues() throws(Fault) -> [String: String] {
        for _ in 0..<30_000 {
            // Asked before the log is read: what a program that has ended said is all there.
            let hasEnded = waitpid(self.id, nil, WNOHANG) != 0
            for line in self.output.split(separator: "\n") where line.hasPrefix("ready ") {
                var values: [String: String] = [:]
                for pair in line.split(separator: " ").dropFirst() {
                    let parts = pair.split(separator: "=", maxSplits: 1)
                    if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
                }
                return values
            }
            guard !hasEnded else { break }
            usleep(1_000)
        }
        throw Fault("\(self.name) is not ready:\n\(self.output)")
    }

    /// Everything that the program printed.
    var output: String { Self.text(of: self.log) }

    /// What all its threads have used of a CPU since it started, in seconds.
    var cpuSeconds: Double {
        let fields = Self.text(of: "/proc/\(self.id)/stat").split(separator: " ")
        guard fields.count > 15, let user = Double(fields[13]), let system = Double(fields[14])
        else { return 0 }
        return (user + system) / Double(sysconf(CInt(_SC_CLK_TCK)))
    }

    /// The memory that it has in use.
    var residentBytes: Int {
        let fields = Self.text(of: "/proc/\(self.id)/statm").split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * Int(sysconf(CInt(_SC_PAGESIZE)))
    }

    func end() { floors_kill(self.id) }

    static func text(of path: String) -> String {
        guard let file = unsafe fopen(path, "r") else { return "" }
        defer { unsafe fclose(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
    }

    /// Our programs lie beside this one.
    private static func path(of name: String) throws(Fault) -> String {
        guard let own = unsafe realpath("/proc/self/exe", nil) else { throw Fault("no /proc") }
        defer { unsafe free(own) }
        let parts = unsafe String(cString: own).split(separator: "/").dropLast()
        let path = "/" + parts.joined(separator: "/") + "/" + name
        guard unsafe access(path, X_OK) == 0 else {
            throw Fault("\(path) is not built: run make bench")
        }
        return path
    }
}
