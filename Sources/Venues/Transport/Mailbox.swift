import Synchronization
import TradingCore

/// How the gateway loop hands work to the venue thread.
final class Mailbox: Sendable {
    enum Command: Sendable {
        case place(OrderIntent)
        case perform(VenueRequest)
        /// Measure the venue's clock before the next time for it.
        case measureClock
        case stop
    }

    private struct State {
        var commands: [Command] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let multi: CurlMulti

    init(multi: CurlMulti) { self.multi = multi }

    /// Adds a command; only the first of a batch costs a wake-up.
    ///
    /// - Returns: False where the thread has ended and will never look again.
    func put(_ command: Command) -> Bool {
        let (isTaken, isFirst) = self.state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.commands.append(command)
            return (true, state.commands.count == 1)
        }
        if isFirst { self.multi.wakeUp() }
        return isTaken
    }

    func takeAll() -> [Command] {
        self.state.withLock { state in
            guard !state.commands.isEmpty else { return [] }
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Refuses everything from now on and hands out what came last.
    func close() -> [Command] {
        self.state.withLock { state in
            state.isClosed = true
            defer { state.commands = [] }
            return state.commands
        }
    }
}
