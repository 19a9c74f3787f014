import Dispatch
import Journal
import NIOCore
import TradingAPI
import TradingCore

/// Reads the journal on a thread of its own, one call after the other.
final class HistoryReader {
    private let decisions: DecisionHistory
    private let fills: FillHistory
    private let loop: any EventLoop
    private let queue = DispatchQueue(label: "history", qos: .utility)

    init(_ decisions: DecisionHistory, _ fills: FillHistory, loop: any EventLoop) {
        self.decisions = decisions
        self.fills = fills
        self.loop = loop
    }

    /// Reads a page of decisions; the answer is given on the loop.
    func read(
        _ filter: DecisionFilter,
        answer: @escaping (Result<DecisionPage, JournalError>) -> Void
    ) {
        self.run(answer) { [decisions] () throws(JournalError) in try decisions.page(filter) }
    }

    /// Reads a page of fills, none newer than an event; the answer is given on the loop.
    func read(
        _ filter: FillFilter,
        through last: UInt64,
        answer: @escaping (Result<FillPage, JournalError>) -> Void
    ) {
        self.run(answer) { [fills] () throws(JournalError) in
            try fills.page(filter, through: last)
        }
    }

    private func run<Page: Sendable>(
        _ answer: @escaping (Result<Page, JournalError>) -> Void,
        _ body: @escaping @Sendable () throws(JournalError) -> Page
    ) {
        let answer = NIOLoopBound(answer, eventLoop: self.loop)
        self.queue.async { [loop] in
            let result = Result { () throws(JournalError) in try body() }
            loop.execute { answer.value(result) }
        }
    }
}
