import ArgumentParser
import TradingAPI
import TradingCore

struct OneOrder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Shows one order with its fills, or resolves one that needs a person.",
        subcommands: [Show.self, Resolve.self],
        defaultSubcommand: Show.self
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one order with its fills."
        )

        @Argument(help: "The order's number.") var order: UInt64
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let orderID = self.order
            let order = try await self.options.withClient {
                client throws(TradingClientError) in try await client.order(orderID)
            }
            try self.options.show(order) { order.details }
        }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends the doubt about an order on your word.",
            discussion: """
                For an order in NEEDS_OPERATOR, or in UNKNOWN for long. Look at the venue first. \
                absent: it never existed there. canceled: it is gone, and what it traded is known \
                here. filled: all of it was traded, the unknown rest at --price. Where you found \
                it there under another name, give its number with --venue-order-id instead: the \
                gateway then asks the venue for it. Your word and its reason are recorded.
                """
        )

        /// What may be said without the venue.
        enum Word: String, ExpressibleByArgument, CaseIterable {
            case absent, canceled, filled
        }

        @Argument(help: "The order's number.") var order: UInt64
        @Option(name: .customLong("as"), help: "absent, canceled or filled.") var word: Word?
        @Option(help: "With --as filled: the price of the rest.") var price: String?
        @Option(help: "The order's number at the venue.") var venueOrderId: Int64?
        @Option(help: "How you know; recorded.") var reason: String
        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let orderID = self.order
            let reason = self.reason
            let resolution = try self.resolution()
            let order = try await self.options.withClient {
                client throws(TradingClientError) in
                try await client.resolve(orderID, as: resolution, reason: reason)
            }
            try self.options.show(order) { order.details }
        }

        private func resolution() throws(Failure) -> Resolution {
            if (self.word == .filled) != (self.price != nil) {
                throw Failure(.usage, "--as filled and --price go together")
            }
            switch (self.word, self.venueOrderId) {
            case (.absent?, nil): return .absent
            case (.canceled?, nil): return .canceled
            case (.filled?, nil):
                do throws(DecimalError) {
                    return .filled(at: try Price(self.price ?? ""))
                } catch {
                    throw Failure(.usage, "--price: \(error.explanation)")
                }
            case (nil, let venueOrderID?):
                return .identified(VenueOrderID(raw: venueOrderID))
            default:
                throw Failure(.usage, "say either --as or --venue-order-id")
            }
        }
    }
}
