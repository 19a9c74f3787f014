import Foundation
package import MatchingEngine
package import TradingCore

/// What is replayed: recorded streams, or a tape of trades and quotes.
package enum ReplaySource {
    case streams(Recording)
    case tape(Tape)

    /// Reads a file, told by its content: gzip, zip or plain, a recording or CSV.
    package init(path: String) throws(RecordingError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path)
        }
        try self.init([UInt8](data), path: path)
    }

    /// Reads a file's bytes.
    package init(_ file: [UInt8], path: String) throws(RecordingError) {
        var bytes = file
        var isCSV = path.lowercased().hasSuffix(".csv")
        if Inflate.isGzip(file) {
            guard let unpacked = Inflate.unpackGzip(file) else {
                throw .damagedArchive(path: path, reason: "it is damaged gzip data")
            }
            bytes = unpacked
        } else if ZipArchive.isArchive(file) {
            do throws(ZipArchive.Failure) {
                bytes = try ZipArchive.csvEntry(of: file).bytes
            } catch {
                throw .damagedArchive(path: path, reason: error.reason)
            }
            isCSV = true
        }
        guard isCSV || Self.looksLikeCSV(bytes) else {
            self = .streams(try Recording(bytes, path: path))
            return
        }
        do throws(TapeError) {
            self = .tape(try Tape(bytes))
        } catch {
            throw .malformed(path: path, line: error.line, reason: error.reason)
        }
    }

    /// Whether a comma comes in the first line, before any JSON.
    private static func looksLikeCSV(_ bytes: [UInt8]) -> Bool {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: ","): return true
            case UInt8(ascii: "{"), UInt8(ascii: "\n"): return false
            default: continue
            }
        }
        return false
    }

    /// The symbol: what the lines name, or the start of the file's name (`BTCUSDT-trades-…`).
    package func symbol(path: String) -> String? {
        switch self {
        case .streams(let recording): return recording.symbol
        case .tape(let tape):
            if let symbol = tape.symbol { return symbol }
            let name = path.split(separator: "/").last ?? ""
            let start = name.prefix { $0 != "-" }
            let isSymbol =
                start.count < name.count && start.utf8.count >= 5
                && start.utf8.allSatisfy { byte in
                    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                }
            return isSymbol ? String(start) : nil
        }
    }

    /// How many lines there are.
    package var lineCount: Int {
        switch self {
        case .streams(let recording): recording.count
        case .tape(let tape): tape.lineCount
        }
    }

    /// How many steps there are; a line has at least one.
    package var stepCount: Int {
        switch self {
        case .streams(let recording): recording.count
        case .tape(let tape): tape.stepCount
        }
    }

    package func step(at index: Int) throws(RecordingError) -> ReplayStep {
        switch self {
        case .streams(let recording):
            let line = try recording.line(at: index)
            return ReplayStep(time: line.time, message: line.message, endsLine: true)
        case .tape(let tape):
            return tape.step(at: index)
        }
    }

    package func liquidity(market: Int) -> ReplayLiquidity {
        switch self {
        case .streams: .streams(RecordedLiquidity(market: market))
        case .tape: .tape(TapeLiquidity(market: market))
        }
    }
}

/// How messages of a replay become liquidity.
package enum ReplayLiquidity {
    case streams(RecordedLiquidity)
    case tape(TapeLiquidity)

    /// Whether there is a book; a tape has what its last line gives.
    package var isSynchronized: Bool {
        guard case .streams(let recorded) = self else { return true }
        return recorded.isSynchronized
    }

    package var gaps: Int {
        guard case .streams(let recorded) = self else { return 0 }
        return recorded.gaps
    }

    package mutating func apply(
        _ message: RecordedMessage,
        to engine: inout MatchingEngine,
        recorded: WallTime,
        at time: WallTime
    ) {
        switch self {
        case .streams(var liquidity):
            // Nothing may hold the dictionaries twice, or they would be copied.
            self = .tape(TapeLiquidity(market: 0))
            liquidity.apply(message, to: &engine, recorded: recorded, at: time)
            self = .streams(liquidity)
        case .tape(var liquidity):
            self = .streams(RecordedLiquidity(market: 0))
            liquidity.apply(message, to: &engine, recorded: recorded, at: time)
            self = .tape(liquidity)
        }
    }
}

/// How fast a recording is played.
package enum ReplaySpeed: Hashable, Sendable {
    /// As it was recorded.
    case real
    /// Some times as fast.
    case fast(Int64)
    /// Only when a request says so.
    case step
}
