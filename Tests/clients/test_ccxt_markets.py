"""Markets and market data through ccxt."""

import ccxt
import pytest

from venues import Driven, asynchronous, blocking, point

BTC = "BTC/USDT"


@pytest.fixture(scope="module")
def traded(simulator):
    """There are no candles before the first trade."""
    trader = blocking(simulator, simulator.accounts[-1])
    for side in ("buy", "sell"):
        trader.create_order(BTC, "market", side, 0.5)
    return trader


def test_markets_have_precision_and_limits(exchange):
    market = exchange.load_markets()[BTC]
    assert market["id"] == "BTCUSDT"
    assert market["spot"] and market["active"]
    assert market["precision"]["price"] == 0.01
    assert market["precision"]["amount"] == 0.00001
    assert market["limits"]["amount"]["min"] == 0.00001
    assert market["limits"]["cost"]["min"] == 5.0
    assert "ETH/USDT" in exchange.markets
    assert exchange.currencies["BTC"]["precision"] == 1e-08


@pytest.mark.parametrize("make", [ccxt.binance, ccxt.async_support.binance])
@pytest.mark.parametrize("has_keys", [True, False])
def test_default_options_need_no_change(simulator, account, make, has_keys):
    """Everything that ccxt asks of Binance's other APIs when it loads the markets is there."""
    keys = {"apiKey": account.key, "secret": account.secret} if has_keys else {}
    exchange = point(make(keys), simulator)
    if make is not ccxt.binance:
        exchange = Driven(exchange)
    try:
        markets = exchange.load_markets()
        assert set(markets) == {"BTC/USDT", "ETH/USDT"}
        assert {"BTC", "ETH", "USDT"} <= set(exchange.currencies)
        assert exchange.fetch_ticker(BTC)["bid"] > 0
        if has_keys:
            assert exchange.fetch_balance()["USDT"]["free"] == 1_000_000
            order = exchange.create_order(BTC, "limit", "buy", 0.01, 50_000)
            assert exchange.cancel_order(order["id"], BTC)["status"] == "canceled"
    finally:
        if isinstance(exchange, Driven):
            exchange.close()


def test_time_and_status(exchange):
    assert abs(exchange.fetch_time() - exchange.milliseconds()) < 5_000
    assert exchange.fetch_status()["status"] == "ok"


def test_order_book_is_sorted_and_not_crossed(exchange):
    book = exchange.fetch_order_book(BTC, 10)
    bids = [level[0] for level in book["bids"]]
    asks = [level[0] for level in book["asks"]]
    assert len(bids) == len(asks) == 10
    assert bids == sorted(bids, reverse=True) and asks == sorted(asks)
    assert bids[0] < asks[0]
    assert book["nonce"] > 0


def test_tickers(exchange, traded):
    ticker = exchange.fetch_ticker(BTC)
    assert ticker["bid"] < ticker["ask"]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["baseVolume"] >= 1
    assert ticker["timestamp"] > 0
    assert set(exchange.fetch_tickers()) == {"BTC/USDT", "ETH/USDT"}
    assert set(exchange.fetch_tickers([BTC])) == {BTC}
    assert exchange.fetch_bids_asks([BTC])[BTC]["bid"] == ticker["bid"]
    assert exchange.fetch_last_prices([BTC])[BTC]["price"] == ticker["last"]


def test_public_trades(exchange, traded):
    trades = exchange.fetch_trades(BTC, limit=5)
    assert 0 < len(trades) <= 5
    assert [trade["timestamp"] for trade in trades] == sorted(t["timestamp"] for t in trades)
    assert {trade["side"] for trade in exchange.fetch_trades(BTC)} == {"buy", "sell"}
    # The same trades, neither added up nor without their maker's side.
    single = exchange.fetch_trades(BTC, params={"fetchTradesMethod": "publicGetTrades"})
    assert sum(t["amount"] for t in single) == pytest.approx(
        sum(t["amount"] for t in exchange.fetch_trades(BTC))
    )


def test_candles(exchange, traded):
    # Of what was traded a moment ago, some may be in the minute, or the day, before this one.
    minutes = exchange.fetch_ohlcv(BTC, "1m", limit=2)
    for begin, opened, high, low, closed, _ in minutes:
        assert begin % 60_000 == 0
        assert low <= min(opened, closed) <= max(opened, closed) <= high
    volume = sum(minute[5] for minute in minutes)
    assert volume > 0
    assert sum(day[5] for day in exchange.fetch_ohlcv(BTC, "1d", limit=2)) >= volume
    with pytest.raises(ccxt.BadRequest):
        exchange.fetch_ohlcv(BTC, "7m")


def test_trading_fees(exchange):
    fee = exchange.fetch_trading_fee(BTC)
    assert (fee["maker"], fee["taker"]) == (0.0005, 0.001)
    assert set(exchange.fetch_trading_fees()) == {"BTC/USDT", "ETH/USDT"}


def test_a_closed_market_is_inactive(simulator):
    simulator.control("POST", "trading", symbol="ETHUSDT", enabled="false")
    try:
        assert not blocking(simulator).load_markets()["ETH/USDT"]["active"]
        trader = blocking(simulator, simulator.accounts[-2])
        with pytest.raises(ccxt.ExchangeError, match="Market is closed"):
            trader.create_order("ETH/USDT", "limit", "buy", 1, 2_000)
    finally:
        simulator.control("POST", "trading", symbol="ETHUSDT", enabled="true")
    assert blocking(simulator).load_markets()["ETH/USDT"]["active"]
