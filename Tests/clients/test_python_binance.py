"""python-binance: form bodies on DELETE too, alphabetical parameters, its own user stream."""

import asyncio

import pytest
from binance import AsyncClient, BinanceSocketManager, Client
from binance.exceptions import BinanceAPIException
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from simulator import Account, Simulator

# How long its read loops wait before they notice that they were closed.
ReconnectingWebsocket.TIMEOUT = 1

PARAMS = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"}


def pointed(base: type, simulator: Simulator) -> type:
    """The class with other URLs, which are class attributes there."""
    urls = {
        "API_URL": simulator.rest + "/api",
        "MARGIN_API_URL": simulator.rest + "/sapi",
        "WS_API_URL": simulator.ws_api,
    }
    return type(base.__name__, (base,), urls)


@pytest.fixture
def client(simulator, account) -> Client:
    # The constructor pings.
    return pointed(Client, simulator)(account.key, account.secret)


def test_market_data(client):
    info = client.get_symbol_info("BTCUSDT")
    assert info["status"] == "TRADING"
    book = client.get_order_book(symbol="BTCUSDT", limit=5)
    assert len(book["bids"]) == len(book["asks"]) == 5
    client.create_order(**PARAMS, type="MARKET")
    assert float(client.get_symbol_ticker(symbol="BTCUSDT")["price"]) > 0
    assert client.get_orderbook_ticker(symbol="BTCUSDT")["bidPrice"] == book["bids"][0][0]
    assert client.get_klines(symbol="BTCUSDT", interval="1m", limit=1)[0][8] >= 1
    assert client.get_recent_trades(symbol="BTCUSDT", limit=1)[0]["isBuyerMaker"] is False
    assert client.get_avg_price(symbol="BTCUSDT")["mins"] == 5
    assert client.get_ticker(symbol="BTCUSDT")["count"] >= 1
    assert len(client.get_all_tickers()) == 2


def test_an_order_from_new_to_cancelled(client):
    order = client.create_order(**PARAMS, type="LIMIT", timeInForce="GTC", price="50000")
    assert (order["status"], order["fills"]) == ("NEW", [])
    found = client.get_order(symbol="BTCUSDT", origClientOrderId=order["clientOrderId"])
    assert found["orderId"] == order["orderId"]
    assert client.get_asset_balance("USDT") == {
        "asset": "USDT",
        "free": "999500.00000000",
        "locked": "500.00000000",
    }
    gone = client.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
    assert gone["status"] == "CANCELED"
    assert gone["origClientOrderId"] == order["clientOrderId"]
    assert client.get_open_orders(symbol="BTCUSDT") == []
    with pytest.raises(BinanceAPIException) as refusal:
        client.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
    assert (refusal.value.status_code, refusal.value.code) == (400, -2011)


def test_fills_trades_and_fees(client):
    order = client.order_market_buy(symbol="BTCUSDT", quantity="0.5")
    assert order["status"] == "FILLED"
    trades = client.get_my_trades(symbol="BTCUSDT")
    assert [t["id"] for t in trades] == [fill["tradeId"] for fill in order["fills"]]
    assert client.get_trade_fee(symbol="BTCUSDT")[0]["takerCommission"] == "0.00100000"
    assert [o["orderId"] for o in client.get_all_orders(symbol="BTCUSDT")] == [order["orderId"]]


def test_lists(client):
    reply = client.create_oco_order(
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.01",
        aboveType="LIMIT_MAKER",
        abovePrice="70000",
        belowType="STOP_LOSS",
        belowStopPrice="50000",
    )
    assert reply["listStatusType"] == "EXEC_STARTED"
    # The bare class asks DELETE /api/v3/orderList with a body.
    gone = client.v3_delete_order_list(symbol="BTCUSDT", orderListId=reply["orderListId"])
    assert gone["listStatusType"] == "ALL_DONE"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"quantity": "50", "price": "50000"}, 400, -2010),
        ({"price": "50000.001"}, 400, -1013),
        ({"symbol": "NOSUCH"}, 400, -1121),
    ],
)
def test_refusals(client, change, status, code):
    with pytest.raises(BinanceAPIException) as refusal:
        client.create_order(
            **(PARAMS | {"type": "LIMIT", "timeInForce": "GTC", "price": "50000"} | change)
        )
    assert (refusal.value.status_code, refusal.value.code) == (status, code)


def test_an_unknown_key(simulator):
    stranger = pointed(Client, simulator)("k" * 64, "s" * 64)
    with pytest.raises(BinanceAPIException) as refusal:
        stranger.get_account()
    assert (refusal.value.status_code, refusal.value.code) == (401, -2015)


def run(simulator: Simulator, account: Account, body) -> None:
    async def whole():
        client = await pointed(AsyncClient, simulator).create(account.key, account.secret)
        try:
            await asyncio.wait_for(body(client), 10)
        finally:
            await client.close_connection()

    asyncio.run(whole())


def test_user_events(simulator, account):
    async def body(client):
        manager = BinanceSocketManager(client)
        manager.STREAM_URL = simulator.stream + "/"
        async with manager.user_socket() as events:
            order = await client.create_order(
                **PARAMS, type="LIMIT", timeInForce="GTC", price="50000"
            )
            await client.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
            seen = [await events.recv() for _ in range(4)]
        assert [(e["e"], e.get("x")) for e in seen] == [
            ("executionReport", "NEW"),
            ("outboundAccountPosition", None),
            ("executionReport", "CANCELED"),
            ("outboundAccountPosition", None),
        ]
        assert seen[2]["C"] == order["clientOrderId"] != seen[2]["c"]

    run(simulator, account, body)


def test_market_streams(simulator, account):
    async def body(client):
        manager = BinanceSocketManager(client)
        manager.STREAM_URL = simulator.stream + "/"
        async with (
            manager.trade_socket("BTCUSDT") as trades,
            manager.depth_socket("BTCUSDT") as depth,
            manager.multiplex_socket(["btcusdt@bookTicker", "btcusdt@aggTrade"]) as several,
        ):
            # A better bid changes the book; what the market order takes is put back at once.
            best = (await client.get_orderbook_ticker(symbol="BTCUSDT"))["bidPrice"]
            price = f"{float(best) + 0.5:.2f}"
            await client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price=price)
            await client.order_market_buy(symbol="BTCUSDT", quantity="0.01")
            assert (await trades.recv())["e"] == "trade"
            assert (await depth.recv())["e"] == "depthUpdate"
            streams = {(await several.recv())["stream"] for _ in range(2)}
            assert streams == {"btcusdt@bookTicker", "btcusdt@aggTrade"}
            await client.v3_delete_open_orders(symbol="BTCUSDT")

    run(simulator, account, body)


def test_orders_over_the_websocket_api(simulator, account):
    async def body(client):
        order = await client.ws_create_order(
            **PARAMS, type="LIMIT", timeInForce="GTC", price="50000"
        )
        assert order["status"] == "NEW"
        found = await client.ws_get_order(symbol="BTCUSDT", orderId=order["orderId"])
        assert found["price"] == "50000.00000000"
        await client.ws_cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
        assert await client.ws_get_open_orders(symbol="BTCUSDT") == []
        assert (await client.ws_get_account())["canTrade"]
        assert len((await client.ws_get_order_book(symbol="BTCUSDT", limit=5))["bids"]) == 5
        with pytest.raises(BinanceAPIException) as refusal:
            await client.ws_cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
        assert refusal.value.code == -2011

    run(simulator, account, body)
