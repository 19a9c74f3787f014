package import TradingCore

/// The number of an account; the first two belong to the exchange itself.
package struct AccountNumber: Hashable, Sendable {
    /// Counts from zero.
    package let raw: Int32

    /// Wraps a number.
    package init(raw: Int32) { self.raw = raw }

    /// The counterparty of anonymous liquidity; the only account whose balance may be negative.
    package static let house = AccountNumber(raw: 0)
    /// Where commissions go.
    package static let fees = AccountNumber(raw: 1)
}

/// The position of an asset in the ledger's list.
package struct AssetIndex: Hashable, Sendable {
    /// Counts from zero.
    package let raw: Int

    /// Wraps a position.
    package init(raw: Int) { self.raw = raw }
}

/// What an account holds of one asset.
package struct Balance: Hashable, Sendable {
    /// What new orders may use.
    package var free: Amount
    /// What open orders hold.
    package var locked: Amount

    /// Pairs the two.
    package init(free: Amount, locked: Amount) {
        self.free = free
        self.locked = locked
    }

    /// Nothing at all.
    package static let zero = Balance(free: .zero, locked: .zero)
}

/// Commission rates of one account, each times 10⁸.
package struct CommissionRates: Hashable, Sendable {
    /// Paid by the order that rested.
    package var maker: Int64
    /// Paid by the order that took.
    package var taker: Int64
    /// Whether the account pays in the ledger's fee asset while it has enough of it.
    package var paysInFeeAsset = false

    /// Rates times 10⁸: 100,000 is 0.1 %.
    package init(maker: Int64, taker: Int64) {
        self.maker = maker
        self.taker = taker
    }

    /// A rate of one.
    package static let scale: Int64 = 100_000_000
}

/// The asset that commission may be paid in, whatever was traded.
private struct FeeAsset: Sendable {
    let asset: AssetIndex
    /// What remains of a commission that is paid so, times ``CommissionRates/scale``.
    let share: Int64
    /// What it costs in each asset; zero where that is not known.
    var prices: [Price]
}

/// Who holds what: accounts by assets in one flat table.
///
/// Trades only move amounts between accounts, so that the total of an asset changes by
/// ``deposit(_:of:to:)`` alone.
package struct Ledger: Sendable {
    /// All assets; the order is fixed for the life of the ledger.
    package let assets: [Asset]
    /// The commission rates by account number.
    package private(set) var rates: [CommissionRates] = []
    private var balances: [Balance] = []
    private var fees: FeeAsset?

    /// A ledger with the house and the fee account, and nothing in them.
    package init(assets: [Asset]) {
        self.assets = assets
        for _ in 0..<2 { _ = self.openAccount(rates: CommissionRates(maker: 0, taker: 0)) }
    }

    /// Opens an account without any balance.
    package mutating func openAccount(rates: CommissionRates) -> AccountNumber {
        let number = AccountNumber(raw: Int32(self.rates.count))
        self.rates.append(rates)
        self.balances.append(contentsOf: repeatElement(.zero, count: self.assets.count))
        return number
    }

    /// The position of an asset, or nil where the exchange does not know it.
    package func index(of asset: Asset) -> AssetIndex? {
        self.assets.firstIndex(of: asset).map(AssetIndex.init(raw:))
    }

    /// What an account holds of an asset.
    package subscript(account: AccountNumber, asset: AssetIndex) -> Balance {
        self.balances[self.cell(account, asset)]
    }

    /// Brings an amount into the exchange, or takes it out where it is negative.
    package mutating func deposit(
        _ amount: Amount,
        of asset: AssetIndex,
        to account: AccountNumber
    ) {
        self.balances[self.cell(account, asset)].free += amount
    }

    /// Moves free funds behind an order; false, and nothing moved, where they do not suffice.
    package mutating func lock(
        _ amount: Amount,
        of asset: AssetIndex,
        by account: AccountNumber
    ) -> Bool {
        let cell = self.cell(account, asset)
        guard self.balances[cell].free >= amount else { return false }
        self.balances[cell].free -= amount
        self.balances[cell].locked += amount
        return true
    }

    /// Gives locked funds back.
    package mutating func unlock(
        _ amount: Amount,
        of asset: AssetIndex,
        by account: AccountNumber
    ) {
        let cell = self.cell(account, asset)
        self.balances[cell].locked -= amount
        self.balances[cell].free += amount
        invariant(self.balances[cell].locked.raw >= 0, "more was unlocked than was locked")
    }

    /// Pays from an account of which `released` was locked for this, the surplus becoming free.
    mutating func pay(
        _ amount: Amount,
        releasing released: Amount,
        of asset: AssetIndex,
        from account: AccountNumber
    ) {
        let cell = self.cell(account, asset)
        self.balances[cell].locked -= released
        self.balances[cell].free += released - amount
        invariant(self.balances[cell].locked.raw >= 0, "more was released than was locked")
        invariant(
            account == .house || self.balances[cell].free.raw >= 0,
            "an account was overdrawn"
        )
    }

    /// Credits an account and sends its commission to the fee account.
    mutating func receive(
        _ amount: Amount,
        commission: Amount,
        of asset: AssetIndex,
        to account: AccountNumber
    ) {
        self.balances[self.cell(account, asset)].free += amount - commission
        if !commission.isZero {
            self.balances[self.cell(.fees, asset)].free += commission
        }
    }

    // MARK: Commission in a third asset

    /// Lets accounts pay commission in an asset of its own, at a share of what it would be; which
    /// accounts do is in their rates.
    ///
    /// - Parameters:
    ///   - asset: What they pay in.
    ///   - share: What remains of the commission, times ``CommissionRates/scale``.
    package mutating func setFeeAsset(_ asset: AssetIndex, share: Int64) {
        self.fees = FeeAsset(
            asset: asset,
            share: share,
            prices: Array(repeating: .zero, count: self.assets.count)
        )
        self.notePrice(Price(raw: 100_000_000), base: asset, quote: asset)
    }

    /// Notes what the fee asset costs in another one, where that is what was traded.
    package mutating func notePrice(_ price: Price, base: AssetIndex, quote: AssetIndex) {
        guard let fees = self.fees, fees.asset == base else { return }
        self.fees?.prices[quote.raw] = price
    }

    /// Takes the commission of a trade in the fee asset; nil, and nothing taken, where the account
    /// does not pay so, has too little of it, or its price is not known.
    mutating func chargeFeeAsset(
        _ account: AccountNumber,
        _ rate: Int64,
        worth value: Amount,
        in quote: AssetIndex
    ) -> (amount: Amount, asset: AssetIndex)? {
        guard self.rates[Int(account.raw)].paysInFeeAsset, let fees = self.fees,
            fees.prices[quote.raw].isPositive
        else { return nil }
        let full = value.scaled(by: rate, over: CommissionRates.scale, rounding: .down)
        let due = full.scaled(by: fees.share, over: CommissionRates.scale, rounding: .down)
        let amount = Amount(raw: due.raw * 100_000_000 / Int128(fees.prices[quote.raw].raw))
        let cell = self.cell(account, fees.asset)
        guard self.balances[cell].free >= amount else { return nil }
        self.balances[cell].free -= amount
        self.balances[self.cell(.fees, fees.asset)].free += amount
        return (amount, fees.asset)
    }

    /// The sum over all accounts, free and locked: it never changes by trading.
    ///
    /// - Complexity: O(*n*) in the count of accounts.
    package func total(of asset: AssetIndex) -> Amount {
        var sum = Amount.zero
        for account in 0..<self.rates.count {
            let balance = self.balances[account * self.assets.count + asset.raw]
            sum += balance.free + balance.locked
        }
        return sum
    }

    private func cell(_ account: AccountNumber, _ asset: AssetIndex) -> Int {
        Int(account.raw) * self.assets.count + asset.raw
    }
}
