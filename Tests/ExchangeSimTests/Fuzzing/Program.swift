import TradingCore

/// libFuzzer's driver: our program keeps its own `main` and calls it.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `fuzzers TARGET [libFuzzer's options] [corpus ..]`; built and run by `make fuzz`.
@main
enum Program {
    // Set once before the driver starts, which calls back on this thread only.
    nonisolated(unsafe) static var target = FuzzTarget.json

    static func main() {
        guard let name = CommandLine.arguments.dropFirst().first,
            let target = FuzzTarget(rawValue: name)
        else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
            fatalError("usage: fuzzers TARGET [options] [corpus ..]; targets: \(names)")
        }
        unsafe Self.target = target
        // The target's name takes the place of the program's.
        var count = CommandLine.argc - 1
        var arguments = unsafe CommandLine.unsafeArgv + 1
        _ = unsafe runDriver(&count, &arguments, fuzzOneInput)
    }
}

@c private func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    unsafe Program.target.run(bytes)
    return 0
}
