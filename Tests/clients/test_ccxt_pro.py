"""ccxt.pro: market streams, user data, and orders over the WebSocket API."""

import asyncio
import contextlib

import ccxt
import pytest

from simulator import Simulator
from venues import blocking, streaming

BTC = "BTC/USDT"
ETH = "ETH/USDT"
SECONDS = 10


@pytest.fixture(scope="module")
def simulator():
    """A market that moves."""
    with Simulator("--market-interval", "50", "--no-rate-limits", accounts=30) as running:
        yield running


@pytest.fixture
def watch(simulator, account):
    """Runs a test's coroutine with a streaming exchange, which is closed afterwards."""

    def run(body, **options):
        async def whole():
            exchange = streaming(simulator, account, **options)
            try:
                await exchange.load_markets()
                return await asyncio.wait_for(body(exchange), SECONDS)
            finally:
                await exchange.close()

        return asyncio.run(whole())

    return run


@contextlib.asynccontextmanager
async def watching(coroutine):
    """Starts to watch, and lets the subscription reach the exchange, before the body runs."""
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0.3)
    yield task


@pytest.mark.parametrize("path", ["/ws", "/stream"])
def test_a_watched_book_stays_equal_to_the_exchanges(watch, simulator, path):
    async def body(exchange):
        exchange.urls["api"]["ws"]["spot"] = simulator.stream + path
        nonces = []
        for _ in range(12):
            book = await exchange.watch_order_book(BTC)
            nonces.append(book["nonce"])
            bids, asks = book["bids"], book["asks"]
            assert bids[0][0] < asks[0][0]
            assert [b[0] for b in bids] == sorted((b[0] for b in bids), reverse=True)
            assert [a[0] for a in asks] == sorted(a[0] for a in asks)
        assert nonces == sorted(set(nonces))
        # A snapshot of an update id that the stream reached must be the same book.
        for _ in range(30):
            snapshot = await exchange.fetch_order_book(BTC, 5_000)
            while book["nonce"] < snapshot["nonce"]:
                book = await exchange.watch_order_book(BTC)
            if book["nonce"] == snapshot["nonce"]:
                assert [list(b) for b in book["bids"]] == snapshot["bids"]
                assert [list(a) for a in book["asks"]] == snapshot["asks"]
                return
        raise AssertionError("no snapshot met the stream")

    watch(body)


def test_books_of_several_symbols(watch):
    async def body(exchange):
        seen = set()
        while seen != {BTC, ETH}:
            seen.add((await exchange.watch_order_book_for_symbols([BTC, ETH]))["symbol"])

    watch(body)


def test_public_trades_are_those_of_rest(watch):
    async def body(exchange):
        first = await exchange.watch_trades(BTC)
        second = await exchange.watch_trades(BTC)
        ids = [int(trade["id"]) for trade in first + second]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        trade = second[-1]
        rest = await exchange.public_get_historicaltrades(
            {"symbol": "BTCUSDT", "fromId": trade["id"], "limit": 1}
        )
        assert float(rest[0]["price"]) == trade["price"]
        assert float(rest[0]["qty"]) == trade["amount"]
        assert rest[0]["isBuyerMaker"] == (trade["side"] == "sell")

    watch(body)


@pytest.mark.parametrize("name", ["miniTicker", "ticker"])
def test_tickers(watch, name):
    async def body(exchange):
        ticker = await exchange.watch_ticker(BTC, {"name": name})
        assert ticker["symbol"] == BTC
        if name == "miniTicker":
            assert ticker["low"] <= ticker["last"] <= ticker["high"]
        else:
            assert ticker["bid"] < ticker["ask"]
        seen = set()
        while seen != {BTC, ETH}:
            seen |= set(await exchange.watch_tickers([BTC, ETH], {"name": name}))

    watch(body)


def test_best_bids_and_asks(watch):
    async def body(exchange):
        for _ in range(3):
            quote = (await exchange.watch_bids_asks([BTC]))[BTC]
            assert quote["bid"] < quote["ask"]

    watch(body)


def test_candles(watch):
    async def body(exchange):
        candles = await exchange.watch_ohlcv(BTC, "1m")
        start, opened, high, low, closed, volume = candles[-1]
        assert start % 60_000 == 0
        assert low <= min(opened, closed) <= max(opened, closed) <= high
        assert volume > 0

    watch(body)


def test_a_watched_order_from_new_to_canceled(watch):
    async def body(exchange):
        async with watching(exchange.watch_orders(BTC)) as first:
            params = {"clientOrderId": "watched"}
            order = await exchange.create_order(BTC, "limit", "buy", 0.01, 50_000, params)
            (seen,) = await first
        assert (seen["id"], seen["status"], seen["amount"]) == (order["id"], "open", 0.01)
        assert seen["clientOrderId"] == "watched"
        async with watching(exchange.watch_orders(BTC)) as second:
            await exchange.cancel_order(order["id"], BTC)
            (seen,) = await second
        assert (seen["id"], seen["status"]) == (order["id"], "canceled")
        assert seen["clientOrderId"] == "watched"

    watch(body)


def test_my_trades_and_balance_agree_with_rest(watch):
    async def body(exchange):
        trades = []
        async with (
            watching(exchange.watch_balance()) as balance,
            watching(exchange.watch_my_trades(BTC)) as first,
        ):
            order = await exchange.create_order(BTC, "market", "buy", 0.5)
            assert order["status"] == "closed"
            trades += await first
            while sum(trade["amount"] for trade in trades) < 0.5 - 1e-9:
                trades += await exchange.watch_my_trades(BTC)
            rest = await exchange.fetch_my_trades(BTC)
            unique = {trade["id"]: trade for trade in trades}
            assert sorted(unique) == sorted(trade["id"] for trade in rest)
            for trade in rest:
                streamed = unique[trade["id"]]
                for name in ("price", "amount", "side", "order", "takerOrMaker", "fee"):
                    assert streamed[name] == trade[name], name
            held = await balance
            after = await exchange.fetch_balance()
            assert held["BTC"]["total"] == after["BTC"]["total"]
            assert held["USDT"]["total"] == after["USDT"]["total"]

    watch(body)


def test_a_maker_sees_the_fill_that_somebody_else_caused(watch, simulator, other_account):
    other = blocking(simulator, other_account)

    async def body(exchange):
        async with watching(exchange.watch_my_trades(BTC)) as first:
            for _ in range(20):
                ticker = (await exchange.fetch_bids_asks([BTC]))[BTC]
                price = exchange.price_to_precision(BTC, (ticker["bid"] + ticker["ask"]) / 2)
                maker = await exchange.create_order(BTC, "limit", "sell", 0.01, price)
                other.create_order(BTC, "limit", "buy", 0.01, price, {"timeInForce": "IOC"})
                if (await exchange.fetch_order(maker["id"], BTC))["status"] == "closed":
                    break
            trade = (await first)[0]
        assert trade["side"] == "sell"
        assert trade["fee"]["currency"] == "USDT"

    watch(body)


def test_a_deposit_is_seen(watch, simulator, account):
    async def body(exchange):
        async with watching(exchange.watch_balance()) as balance:
            await asyncio.to_thread(
                simulator.control, "POST", "deposit", asset="USDT", amount=5, key=account.key
            )
            held = await balance
        while held["USDT"]["total"] != 1_000_005:
            held = await exchange.watch_balance()

    watch(body)


def test_orders_over_the_websocket_api(watch):
    async def body(exchange):
        order = await exchange.create_order_ws(BTC, "limit", "buy", 0.01, 50_000)
        assert order["status"] == "open"
        assert (await exchange.fetch_order_ws(order["id"], BTC))["amount"] == 0.01
        replaced = await exchange.edit_order_ws(order["id"], BTC, "limit", "buy", 0.02, 49_000)
        assert (replaced["amount"], replaced["price"]) == (0.02, 49_000)
        (open_order,) = await exchange.fetch_open_orders_ws(BTC)
        assert open_order["id"] == replaced["id"]
        gone = await exchange.cancel_order_ws(replaced["id"], BTC)
        assert gone["status"] == "canceled"
        filled = await exchange.create_order_ws(BTC, "market", "buy", 0.1)
        assert filled["status"] == "closed"
        trades = await exchange.fetch_my_trades_ws(BTC)
        assert sum(trade["amount"] for trade in trades) == pytest.approx(0.1)
        statuses = {o["id"]: o["status"] for o in await exchange.fetch_orders_ws(BTC)}
        assert statuses == {
            order["id"]: "canceled",
            replaced["id"]: "canceled",
            filled["id"]: "closed",
        }
        # ccxt leaves the balances of this answer as they came.
        balances = (await exchange.fetch_balance_ws())["info"]["balances"]
        assert {"asset": "BTC", "free": "10.09990000", "locked": "0.00000000"} in balances
        await exchange.create_order_ws(BTC, "limit", "buy", 0.01, 50_000)
        assert len(await exchange.cancel_all_orders_ws(BTC)) == 1
        assert len(await exchange.fetch_trades_ws(BTC, limit=5)) == 5
        assert len(await exchange.fetch_ohlcv_ws(BTC, "1m", limit=1)) == 1

    watch(body)


@pytest.mark.parametrize(
    ("quantity", "price", "error"),
    [
        (30, 50_000, ccxt.InsufficientFunds),
        (0.00001, 50_000, ccxt.BadRequest),
        (0.01, 100, ccxt.ExchangeError),
    ],
)
def test_refusals_over_the_websocket_api(watch, quantity, price, error):
    async def body(exchange):
        with pytest.raises(error):
            await exchange.create_order_ws(BTC, "limit", "buy", quantity, price)
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.cancel_order_ws("987654", BTC)
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.fetch_order_ws("987654", BTC)

    watch(body)


def test_a_wrong_secret_over_the_websocket_api(watch):
    async def body(exchange):
        exchange.secret = "wrong"
        with pytest.raises(ccxt.AuthenticationError):
            await exchange.fetch_balance_ws()

    watch(body)


def test_unwatched_streams_may_be_watched_again(watch):
    async def body(exchange):
        await exchange.watch_trades(BTC)
        await exchange.un_watch_trades(BTC)
        await exchange.watch_trades(BTC)
        await exchange.watch_order_book(BTC)
        await exchange.un_watch_order_book(BTC)
        await exchange.watch_order_book(BTC)

    watch(body)


def test_a_cut_stream_is_watched_again(watch, simulator):
    async def body(exchange):
        def cut() -> int:
            return simulator.control("POST", "streams", action="cut", kind="market")["connections"]

        last = 0
        for _ in range(2):
            while True:
                # Who waits when the connection ends is told; who comes later just connects again.
                with contextlib.suppress(ccxt.NetworkError):
                    ids = [int(trade["id"]) for trade in await exchange.watch_trades(BTC)]
                    if ids[-1] > last:
                        break
            last = ids[-1]
            assert await asyncio.to_thread(cut) == 1

    watch(body)


def test_default_options_stream_too(simulator, account):
    """With its default options ccxt knows futures markets as well, of which there are none."""

    async def body():
        exchange = streaming(simulator, account)
        exchange.options["fetchMarkets"] = {"types": ["spot", "linear", "inverse"]}
        exchange.options["fetchCurrencies"] = True
        try:
            book = await asyncio.wait_for(exchange.watch_order_book(BTC), SECONDS)
            assert book["symbol"] == BTC
            async with watching(exchange.watch_orders()) as orders:
                order = await exchange.create_order(BTC, "limit", "buy", 0.01, 50_000)
                assert (await asyncio.wait_for(orders, SECONDS))[0]["id"] == order["id"]
            await exchange.cancel_all_orders(BTC)
        finally:
            await exchange.close()

    asyncio.run(body())
