/// Ends the process with a message when a condition that our own code guarantees does not hold.
///
/// Unlike `precondition` it keeps its message, and itself, in every build mode.
@inlinable
package func invariant(
    _ condition: @autoclosure () -> Bool,
    _ message: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) {
    if !condition() {
        fatalError("invariant broken: \(message())", file: file, line: line)
    }
}
