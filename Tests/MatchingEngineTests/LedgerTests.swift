import MatchingEngine
import Testing
import TradingCore

@Suite("Ledger")
struct LedgerTests {
    @Test func `funds that are not free cannot be locked`() throws {
        var ledger = Ledger(assets: [Asset("USDT")])
        let account = ledger.openAccount(rates: CommissionRates(maker: 0, taker: 0))
        let asset = try #require(ledger.index(of: Asset("USDT")))
        ledger.deposit(Amount(raw: 100), of: asset, to: account)
        let isLocked = ledger.lock(Amount(raw: 60), of: asset, by: account)
        let isLockedAgain = ledger.lock(Amount(raw: 41), of: asset, by: account)
        #expect(isLocked && !isLockedAgain)
        #expect(
            ledger[account, asset] == Balance(free: Amount(raw: 40), locked: Amount(raw: 60))
        )
        ledger.unlock(Amount(raw: 60), of: asset, by: account)
        #expect(ledger.total(of: asset) == Amount(raw: 100))
    }
}
