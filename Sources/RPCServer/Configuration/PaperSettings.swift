import MarketReplay
import TradingCore
import Venues

/// The section `venues.paper`: the exchange inside of the process.
struct PaperSettings {
    /// Where its prices come from.
    enum Source {
        /// The public side of the market data's venue.
        case marketData
        /// That of any exchange, which needs no key.
        case exchange(rest: String, stream: String)
        case recording(path: String, speed: ReplaySpeed)
    }

    var source: Source
    var opening: [Asset: Amount]
    var terms: PaperTerms
    var latency: PaperLatency

    /// The venue's own configuration; its account lies in the store's folder.
    func venue(_ configuration: Configuration) throws -> PaperConfiguration {
        let source: PaperConfiguration.Source
        switch self.source {
        case .recording(let path, let speed): source = .recording(path: path, speed: speed)
        case .exchange(let rest, let stream):
            source = .live(
                try BinanceConfiguration(marketOf: .paper, restURL: rest, streamURL: stream)
            )
        case .marketData:
            let market = configuration.exchanges.first {
                $0.venue == configuration.gateway.marketVenue
            }
            guard let market else {
                fatalError("invariant broken: the configuration was checked without a market")
            }
            source = .live(try market.market())
        }
        var paper = PaperConfiguration(
            source: source,
            symbols: configuration.gateway.limits.allowedSymbols,
            bookPath: configuration.storePath + "/paper.log",
            opening: self.opening
        )
        paper.terms = self.terms
        paper.latency = self.latency
        return paper
    }
}

extension RawSettings {
    /// Reads the paper venue; nil where nothing is said about it.
    ///
    /// - Parameter exchanges: The exchanges that are configured, whose prices it may follow.
    /// - Returns: The settings, as far as they could be read.
    mutating func paper(exchanges: [VenueID]) -> PaperSettings? {
        let section = "venues.paper"
        guard self.has(section: section) else { return nil }
        var terms = PaperTerms()
        terms.makerRate = self.rate("\(section).maker_fee", default: terms.makerRate)
        terms.takerRate = self.rate("\(section).taker_fee", default: terms.takerRate)
        terms.slippageTicks = Int64(
            self.count("\(section).slippage_ticks", default: 1, in: 0...1_000_000)
        )
        let latency = PaperLatency(
            milliseconds: self.milliseconds("\(section).latency_ms", default: 50, in: 0...60_000),
            jitterMilliseconds: self.milliseconds(
                "\(section).latency_jitter_ms",
                default: 25,
                in: 0...60_000
            ),
            seed: UInt64(self.count("\(section).seed", default: 1, in: 0...Int(Int32.max)))
        )
        return PaperSettings(
            source: self.paperSource(section, exchanges: exchanges),
            opening: self.paperBalances("\(section).balances"),
            terms: terms,
            latency: latency
        )
    }

    private mutating func paperSource(
        _ section: String,
        exchanges: [VenueID]
    ) -> PaperSettings.Source {
        let speed = self.value(
            "\(section).recording_speed",
            default: ReplaySpeed.real,
            expected: "real, or how many times as fast, from 1 to 1000000"
        ) { text in
            if text == "real" { return .real }
            return Int64(text).flatMap { (1...1_000_000).contains($0) ? .fast($0) : nil }
        }
        let recording = self.optionalText("\(section).recording")
        let rest = self.optionalText("\(section).rest")
        let stream = self.optionalText("\(section).stream")
        if let recording {
            if rest != nil || stream != nil {
                self.report("file", "\(section): a recording needs no rest and no stream")
            }
            return .recording(path: recording, speed: speed ?? .real)
        }
        if let rest, let stream { return .exchange(rest: rest, stream: stream) }
        if rest != nil || stream != nil {
            self.report("file", "\(section): rest and stream go together")
        } else if exchanges.isEmpty {
            self.report(
                "file",
                "\(section): prices are needed: set rest and stream, a recording, or configure "
                    + "venues.testnet or venues.live"
            )
        }
        return .marketData
    }

    private mutating func paperBalances(_ name: String) -> [Asset: Amount] {
        guard let listed = self.take(name) else {
            self.report("file", "\(name) is missing; expected items such as USDT=10000")
            return [:]
        }
        var balances: [Asset: Amount] = [:]
        for item in listed.items {
            let parts = item.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, !parts[0].contains(" "), let amount = try? Amount(parts[1]),
                amount >= .zero
            else {
                self.report(listed.place, "\(name): expected ASSET=AMOUNT, found \"\(item)\"")
                continue
            }
            balances[Asset(String(parts[0]))] = amount
        }
        return balances
    }

    /// A commission such as 0.001, times 10⁸.
    private mutating func rate(_ name: String, default fallback: Int64) -> Int64 {
        self.value(
            name,
            default: fallback,
            expected: "a share from 0 to 0.1, such as 0.001"
        ) { text in
            (try? Price(text)).flatMap { (0...10_000_000).contains($0.raw) ? $0.raw : nil }
        } ?? fallback
    }
}
