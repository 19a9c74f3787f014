import ArgumentParser
import TradingAPI
import TradingCore

struct Kill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Engages, shows or releases the kill switch.",
        subcommands: [Engage.self, Status.self, Release.self],
        defaultSubcommand: Status.self
    )

    struct Engage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stops new orders at once; the level says what else.",
            discussion: """
                block stops new orders, cancel also cancels ours, flatten also sells what our \
                fills bought. The answer comes at once; --wait follows the progress and ends with \
                5 when something is not confirmed in time.
                """
        )

        @Option(help: "block, cancel or flatten.") var level: KillLevel = .cancel
        @Option(help: "Why; recorded.") var reason: String = ""
        @Option(help: "Seconds to wait until everything is confirmed.") var wait: Int = 0
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let action = KillAction.engage(self.level, reason: self.reason)
            var view = try await Kill.call(action, self.options)
            var rest = max(0, self.wait) * 10
            while !view.isDone, rest > 0 {
                try await Task.sleep(for: .milliseconds(100))
                rest -= 1
                view = try await Kill.call(.status, self.options)
            }
            try Kill.show(view, self.options)
            if self.wait > 0, !view.isDone {
                throw Failure(.unknown, "not everything is confirmed yet; see tradectl kill status")
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the kill switch and how far it has come."
        )

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            try Kill.show(try await Kill.call(.status, self.options), self.options)
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets orders pass again; refused while the cause is still there."
        )

        @Option(help: "Why; recorded.") var reason: String
        @Flag(help: "Releases it all the same.") var force = false
        @Option(help: "The code of the second factor, where the server wants one.")
        var code: String = ""
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let action = KillAction.release(
                reason: self.reason,
                isForced: self.force,
                code: self.code
            )
            try Kill.show(try await Kill.call(action, self.options), self.options)
        }
    }

    private static func call(
        _ action: KillAction,
        _ options: GlobalOptions
    ) async throws -> RemoteKillSwitch {
        try await options.withClient {
            client throws(TradingClientError) in try await client.killSwitch(action)
        }
    }

    private static func show(_ view: RemoteKillSwitch, _ options: GlobalOptions) throws {
        try options.show(view) {
            view.isEngaged ? self.lines(view).joined(separator: "\n") : "released; orders may pass"
        }
    }

    private static func lines(_ view: RemoteKillSwitch) -> [String] {
        var lines = [
            "ENGAGED at level \(view.level), since \(shownTime(view.since)) by "
                + "\(shown(view.changedBy)): \(shown(view.reason))"
        ]
        if !view.isDurable { lines.append("NOT DURABLE: it is not on disk") }
        if !view.inFlightOrderIDs.isEmpty {
            lines.append("already on the wire: \(self.list(view.inFlightOrderIDs))")
        }
        lines.append(
            view.openOrderIDs.isEmpty
                ? "no open orders" : "not confirmed closed: \(self.list(view.openOrderIDs))"
        )
        if view.canceledCount > 0 {
            let confirmed = view.canceledCount - UInt64(view.unconfirmedOrderIDs.count)
            lines.append("\(view.canceledCount) orders canceled, \(confirmed) confirmed")
        }
        guard view.level != KillLevel.block.name else { return lines }
        for venue in view.venues {
            lines.append(
                venue.zeroSince == 0
                    ? "\(venue.mode): not verified yet"
                    : "\(venue.mode): none of ours is open, verified at "
                        + shownTime(venue.zeroSince)
            )
            for closing in venue.closings {
                let reason = closing.reason.isEmpty ? "" : ": \(closing.reason)"
                lines.append(
                    "\(venue.mode): \(closing.symbol) \(closing.status), \(closing.quantity) held, "
                        + "\(closing.orderCount) orders\(reason)"
                )
            }
        }
        return lines
    }

    private static func list(_ orderIDs: [UInt64]) -> String {
        orderIDs.map(String.init).joined(separator: ", ")
    }
}
