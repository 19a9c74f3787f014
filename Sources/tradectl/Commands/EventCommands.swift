public import ArgumentParser
import Foundation
import Glibc
public import TradingAPI
import TradingCore

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what happened, from the journal, and what happens.",
        discussion: """
            Each line is an event; with --output json each line is an object. A connection that \
            breaks is made again, and the events go on where they were.
            """
    )

    @Option(help: "The first event's sequence (default: the last 50; with --follow: the next).")
    var from: UInt64?
    @Flag(name: .shortAndLong, help: "Goes on with what happens, until interrupted.")
    var follow = false
    @Option(help: "This kind only: \(Self.kindNames); may be repeated.") var kind: [EventKind] = []
    @Option(help: "This symbol only; may be repeated.") var symbol: [String] = []
    @Option(help: "This strategy only; may be repeated.") var strategy: [String] = []
    @Option(help: "This tag only; may be repeated.") var tag: [String] = []
    @OptionGroup var options: GlobalOptions

    private static var kindNames: String {
        EventKind.allCases.map(\.name).joined(separator: ", ")
    }

    /// Without --follow, what a silent stream says of its end must come soon.
    private static let shortHeartbeatMilliseconds: Int64 = 100
    private static let lastEventCount: UInt64 = 50

    func run() async throws {
        let newest = try await self.options.withClient {
            client throws(TradingClientError) in try await client.health().journalSequence
        }
        var wish = SubscriptionWish(
            filter: EventFilter(
                kinds: Set(self.kind),
                symbols: Set(self.symbol.map { Symbol($0) }),
                strategies: Set(self.strategy),
                tags: Set(self.tag)
            )
        )
        if let from = self.from {
            wish.fromSequence = from
        } else if !self.follow {
            wish.fromSequence = newest - min(newest, Self.lastEventCount) + 1
        }
        if !self.follow {
            guard wish.fromSequence <= newest else { return }
            wish.heartbeatMilliseconds = Self.shortHeartbeatMilliseconds
        }
        let subscription = try self.options.subscription(wish)
        do throws(TradingClientError) {
            for try await update in subscription {
                try? self.show(update)
                guard self.follow || update.sequence < newest else { return }
            }
        } catch {
            throw Failure(error)
        }
    }

    private func show(_ update: RemoteUpdate) throws {
        let line: String
        if let event = update.event {
            line = Self.line(update, event)
        } else if let alert = update.alert {
            line = "ALERT  \(shownTime(update.time))  \(alert.kind)  \(alert.message)"
        } else {
            return
        }
        switch self.options.output {
        case .table: print(line)
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(update), as: UTF8.self))
        }
        _ = fflush(nil)
    }

    private static func line(_ update: RemoteUpdate, _ event: RemoteEvent) -> String {
        var words = [
            "\(update.sequence)", shownTime(update.time),
            event.name.padding(toLength: 21, withPad: " ", startingAt: 0),
        ]
        if event.orderID > 0 {
            words.append("order \(event.orderID) \(event.symbol) \(event.side)")
        }
        if !event.status.isEmpty { words.append(event.status) }
        if let fill = event.fill {
            words.append("\(fill.quantity) at \(fill.price), fee \(fill.fee) \(fill.feeAsset)")
        } else if let refusal = event.refusal {
            words.append("\(refusal.rule): \(refusal.message)")
        } else if let order = event.order {
            words.append("\(order.type) \(order.quantity) \(order.price)")
        } else {
            words += event.values.filter { !$0.value.isEmpty }.map { "\($0.name)=\($0.value)" }
        }
        return words.joined(separator: "  ")
    }
}

extension EventKind: ExpressibleByArgument {
    /// Reads a name, as help has it.
    public init?(argument: String) {
        guard let kind = Self.allCases.first(where: { $0.name == argument }) else { return nil }
        self = kind
    }

    /// What help and completions offer.
    public static var allValueStrings: [String] { Self.allCases.map(\.name) }
}
