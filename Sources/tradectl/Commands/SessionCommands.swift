import ArgumentParser
import TradingAPI

struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the sessions of cancel-on-disconnect, and the orders that they guard.",
        discussion: """
            The orders of a session are cancelled when its connections are gone and LEFT is over.
            """
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let found = try await self.options.withClient {
            client throws(TradingClientError) in try await client.sessions()
        }
        try self.options.show(found) {
            var table = Table(header: [
                "SESSION", "CALLER", "OPENED", "GRACE", "CONNECTIONS", "LEFT", "ORDERS",
            ])
            for session in found {
                let isThere = session.connectionCount > 0
                table.add([
                    session.session, session.principal, shownTime(session.openedAt),
                    "\(session.graceMilliseconds) ms", String(session.connectionCount),
                    isThere ? "-" : "\(session.graceLeftMilliseconds) ms",
                    shown(session.orderIDs.map(String.init).joined(separator: ",")),
                ])
            }
            return table.isEmpty ? "no sessions" : table.text
        }
    }
}
