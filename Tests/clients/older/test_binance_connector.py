"""Binance's older connector, which still has listen keys, and signs with any kind of key."""

import json
import queue
from contextlib import contextmanager

import pytest
from binance.error import ClientError
from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient

from conftest import public_account

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
WAIT_SECONDS = 5


@pytest.fixture
def client(simulator, account) -> Spot:
    return Spot(account.key, account.secret, base_url=simulator.rest)


@contextmanager
def listening(make):
    """A socket of the connector, which hands its messages to a callback of another thread."""
    messages = queue.Queue()
    socket = make(lambda _, text: messages.put(json.loads(text)))
    try:
        yield socket, lambda: messages.get(timeout=WAIT_SECONDS)
    finally:
        socket.stop()


def streams(simulator, **options):
    return listening(
        lambda hear: SpotWebsocketStreamClient(simulator.stream, on_message=hear, **options)
    )


def test_market_data(client):
    assert client.ping() == {}
    assert client.exchange_info(symbol="BTCUSDT")["symbols"][0]["status"] == "TRADING"
    assert len(client.depth("BTCUSDT", limit=5)["bids"]) == 5
    assert client.ticker_24hr(symbols=["BTCUSDT", "ETHUSDT"])[1]["symbol"] == "ETHUSDT"
    assert client.rolling_window_ticker("BTCUSDT", windowSize="1h")["symbol"] == "BTCUSDT"
    assert client.trading_day_ticker("BTCUSDT")["symbol"] == "BTCUSDT"
    assert client.avg_price("BTCUSDT")["mins"] == 5


def test_times_in_microseconds(simulator, account):
    client = Spot(
        account.key, account.secret, base_url=simulator.rest, time_unit="microsecond"
    )
    assert client.time()["serverTime"] > 10**15
    order = client.new_order(**ORDER, quantity="0.01", price="50000")
    assert order["transactTime"] > 10**15


def test_orders_and_lists(client):
    order = client.new_order(**ORDER, quantity="0.01", price="50000")
    assert client.get_order("BTCUSDT", orderId=order["orderId"])["status"] == "NEW"
    replaced = client.cancel_and_replace(
        "BTCUSDT",
        "BUY",
        "LIMIT",
        "STOP_ON_FAILURE",
        cancelOrderId=order["orderId"],
        timeInForce="GTC",
        quantity="0.01",
        price="50001",
    )
    assert replaced["cancelResult"] == replaced["newOrderResult"] == "SUCCESS"
    assert len(client.cancel_open_orders("BTCUSDT")) == 1
    listed = client.new_oco_order(
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.01",
        aboveType="LIMIT_MAKER",
        abovePrice="70000",
        belowType="STOP_LOSS",
        belowStopPrice="50000",
    )
    assert len(client.get_oco_open_orders()) == 1
    assert client.cancel_oco_order("BTCUSDT", orderListId=listed["orderListId"])
    with pytest.raises(ClientError) as refusal:
        client.cancel_open_orders("BTCUSDT")
    assert (refusal.value.status_code, refusal.value.error_code) == (400, -2011)
    assert client.account()["canTrade"] is True
    assert client.api_key_permissions()["enableWithdrawals"] is False


@pytest.mark.parametrize("kind", ["Ed25519", "RSA"])
def test_keys_with_a_public_half(simulator, kind):
    account = public_account(kind)
    client = Spot(account.key, private_key=account.secret, base_url=simulator.rest)
    order = client.new_order(**ORDER, quantity="0.01", price="50000")
    assert order["status"] == "NEW"
    # A GET with a list in its parameters is signed as it is encoded.
    assert client.get_open_orders("BTCUSDT")[0]["orderId"] == order["orderId"]
    assert client.cancel_order("BTCUSDT", orderId=order["orderId"])["status"] == "CANCELED"


def test_user_data_by_a_listen_key(simulator, client):
    key = client.new_listen_key()["listenKey"]
    assert client.new_listen_key()["listenKey"] == key
    assert client.renew_listen_key(key) == {}
    with streams(simulator) as (socket, hear):
        socket.user_data(listen_key=key)
        assert hear()["result"] is None
        client.new_order(**ORDER, quantity="0.01", price="50000")
        assert [hear()["e"] for _ in range(2)] == ["executionReport", "outboundAccountPosition"]
    assert client.close_listen_key(key) == {}
    with pytest.raises(ClientError) as refusal:
        client.renew_listen_key(key)
    assert refusal.value.error_code == -1125


def test_market_streams(simulator, client):
    with streams(simulator, is_combined=True, time_unit="microsecond") as (socket, hear):
        socket.agg_trade(symbol="btcusdt")
        assert hear()["result"] is None
        client.new_order("BTCUSDT", "BUY", "MARKET", quantity="0.001")
        message = hear()
        assert message["stream"] == "btcusdt@aggTrade"
        assert message["data"]["T"] > 10**15


def test_the_websocket_api(simulator, account):
    def make(hear):
        return SpotWebsocketAPIClient(
            simulator.ws_api, account.key, account.secret, on_message=hear
        )

    with listening(make) as (socket, hear):
        socket.new_order(**ORDER, quantity="0.01", price="50000", newOrderRespType="RESULT")
        placed = hear()
        assert (placed["status"], placed["result"]["status"]) == (200, "NEW")
        socket.cancel_order(symbol="BTCUSDT", orderId=placed["result"]["orderId"])
        assert hear()["result"]["status"] == "CANCELED"
        socket.user_data_start()
        assert len(hear()["result"]["listenKey"]) == 64
