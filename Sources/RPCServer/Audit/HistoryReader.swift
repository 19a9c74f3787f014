import Dispatch
import Journal
import NIOCore
import TradingCore

/// Reads the journal on a thread of its own, one call after the other.
final class HistoryReader {
    private let history: DecisionHistory
    private let loop: any EventLoop
    private let queue = DispatchQueue(label: "history", qos: .utility)

    init(_ history: DecisionHistory, loop: any EventLoop) {
        self.history = history
        self.loop = loop
    }

    /// Reads a page of decisions; the answer is given on the loop.
    func read(
        _ filter: DecisionFilter,
        answer: @escaping (Result<DecisionPage, JournalError>) -> Void
    ) {
        let answer = NIOLoopBound(answer, eventLoop: self.loop)
        self.queue.async { [history, loop] in
            let result = Result { () throws(JournalError) in try history.page(filter) }
            loop.execute { answer.value(result) }
        }
    }
}
