import MarketReplay
import MatchingEngine
import NIOCore
import TradingCore

/// The venue: its matching engine, its customers, and what it remembers and tells.
///
/// Belongs to one event loop; every request runs to its end before the next one begins, so that
/// the events of a trade go out in the same tick as the answer.
final class Exchange {
    let configuration: SimConfiguration
    var engine: MatchingEngine
    var clock: SimClock
    /// When this exchange began.
    let startedAt: WallTime
    var random: SeededGenerator
    private(set) var listings: [Listing] = []
    private(set) var customers: [Customer] = []
    private(set) var keys: [String: KeyEntry] = [:]
    var limits: AddressLimits
    /// The listen keys, where they are served.
    var listenKeys = ListenKeys()
    var executionID: Int64 = 0
    /// Counts the transactions that were told.
    var transaction: Int64 = 0
    let streams: StreamHub
    let lists = ListArchive()
    let flushes: FlushQueue
    let faults: FaultPlan
    /// How user events are disturbed, for tests of clients.
    var eventFaults: EventFaults
    /// When the regular work of a virtual clock is due; nil until it was first moved.
    var virtualTimers: VirtualTimers?
    /// The open WebSocket connections, oldest first.
    var connections: [WebSocketHandler] = []
    /// The asset that some accounts pay commission in, if it exists here.
    private(set) var feeAsset: AssetIndex?
    /// Which orders are to be filled bit by bit, for tests of clients.
    var fills: FillSchedule
    /// The market that moves by itself, if there is one.
    var liquidity: (any LiquiditySource)?
    /// Whether anonymous liquidity traded in the running transaction.
    var hasHouseTraded = false
    /// What the running call wants to know of the order that it placed.
    var trace: OrderTrace?
    /// The customers whose balances the running transaction may have changed.
    var touched: [Customer] = []

    /// A key and what verifies its signatures.
    struct KeyEntry {
        let customer: Customer
        let verifier: RequestVerifier
        let permissions: Set<KeyConfiguration.Permission>
    }

    init(_ configuration: SimConfiguration, eventLoop: any EventLoop) {
        self.configuration = configuration
        self.clock = configuration.virtualClockStart.map(SimClock.virtual) ?? .real
        self.startedAt = self.clock.now
        self.random = SeededGenerator(seed: configuration.seed)
        self.limits = AddressLimits(isEnforced: configuration.enforcesRateLimits)
        self.fills = FillSchedule(eventLoop: eventLoop)
        self.flushes = FlushQueue(eventLoop: eventLoop)
        self.faults = FaultPlan(seed: configuration.seed)
        self.eventFaults = EventFaults(seed: configuration.seed)
        self.streams = StreamHub(seed: configuration.seed)
        var assets: [Asset] = []
        for symbol in configuration.symbols {
            for asset in [symbol.rules.symbol.baseAsset, symbol.rules.symbol.quoteAsset]
            where !assets.contains(asset) {
                assets.append(asset)
            }
        }
        for account in configuration.accounts {
            for balance in account.balances where !assets.contains(balance.asset) {
                assets.append(balance.asset)
            }
        }
        self.engine = MatchingEngine(ledger: Ledger(assets: assets))
        for symbol in configuration.symbols {
            guard let market = self.engine.openMarket(symbol.rules) else {
                fatalError("the ledger was made without an asset of \(symbol.rules.symbol.symbol)")
            }
            let opened = self.engine.markets[market]
            self.listings.append(
                Listing(
                    market: market,
                    rules: symbol.rules,
                    base: opened.base,
                    quote: opened.quote
                )
            )
        }
        self.engine.recordTouchedLevels()
        if let fees = self.engine.ledger.index(of: Asset("BNB")) {
            self.feeAsset = fees
            self.engine.ledger.setFeeAsset(fees, share: Self.feeAssetShare)
            for symbol in configuration.symbols {
                guard
                    let base = self.engine.ledger.index(of: symbol.rules.symbol.baseAsset),
                    let quote = self.engine.ledger.index(of: symbol.rules.symbol.quoteAsset)
                else { continue }
                self.engine.ledger.notePrice(symbol.opening, base: base, quote: quote)
            }
        }
        for account in configuration.accounts { self.openCustomer(account) }
    }

    /// What remains of a commission that is paid in BNB, times 10⁸.
    static let feeAssetShare: Int64 = 75_000_000

    /// The time as the venue tells it.
    var now: WallTime { self.clock.now }

    /// Opens an account with its keys.
    private func openCustomer(_ configuration: AccountConfiguration) {
        let account = self.engine.openAccount(rates: configuration.rates)
        let customer = Customer(
            account: account,
            uid: 354_937_868 + Int64(account.raw),
            markets: self.listings.count,
            at: self.now
        )
        for balance in configuration.balances {
            guard let asset = self.engine.ledger.index(of: balance.asset) else {
                fatalError("the ledger was made without \(balance.asset)")
            }
            self.engine.ledger.deposit(balance.amount, of: asset, to: account)
        }
        self.customers.append(customer)
        for key in configuration.keys {
            let verifier: RequestVerifier
            switch key.secret {
            case .hmac(let secret): verifier = .hmac(HMACKey(secret: secret))
            case .publicKey(let pem):
                guard let publicKey = PublicKey(pem: pem) else {
                    fatalError("a public key was not checked when it was read")
                }
                verifier = .publicKey(publicKey)
            }
            self.keys[key.key] = KeyEntry(
                customer: customer,
                verifier: verifier,
                permissions: key.permissions
            )
        }
    }

    /// The customer of an account; nil for the exchange's own.
    func customer(of account: AccountNumber) -> Customer? {
        let index = Int(account.raw) - 2
        return index < 0 ? nil : self.customers[index]
    }

    /// The listing of a symbol, which must be there.
    func listing(_ name: String) throws(APIError) -> Listing {
        guard let listing = self.listings.first(where: { $0.name == name }) else {
            throw .invalidSymbol
        }
        return listing
    }

    /// The record and listing of the current state of one engine market.
    func market(_ listing: Listing) -> Market { self.engine.markets[listing.market] }

    func nextExecutionID() -> Int64 {
        self.executionID += 1
        return self.executionID
    }
}

/// What a placement answers beyond the order itself.
struct OrderTrace {
    let order: VenueOrderID
    var fills: [AccountTrade] = []
    var prevented: [PreventedMatch] = []
}

/// A market of others: something that rests liquidity and trades.
protocol LiquiditySource: AnyObject {
    /// How long until the next step, in milliseconds; nil for never by itself.
    var intervalMilliseconds: Int64? { get }
    /// Does what is due.
    func step(_ exchange: Exchange)
    /// Looks at what a customer's order has left, at the end of its transaction.
    func didTrade(_ exchange: Exchange, _ listing: Listing)
}
