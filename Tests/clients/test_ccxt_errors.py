"""Refusals, as ccxt's own exception classes."""

import ccxt
import pytest

from simulator import Account
from venues import blocking

BTC = "BTC/USDT"
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "50000",
}

# What is sent, what ccxt raises, and the code and text that it was told.
REFUSALS = [
    ({"quantity": "0.010001"}, ccxt.InvalidOrder, "LOT_SIZE"),
    ({"quantity": "9000.00001", "price": "13000"}, ccxt.InvalidOrder, "LOT_SIZE"),
    ({"price": "50000.001"}, ccxt.InvalidOrder, "PRICE_FILTER"),
    ({"quantity": "0.00001"}, ccxt.BadRequest, "Filter failure: NOTIONAL"),
    ({"price": "100"}, ccxt.InvalidOrder, "PERCENT_PRICE_BY_SIDE"),
    ({"quantity": "0.010000001"}, ccxt.BadRequest, "-1111.*too much precision"),
    ({"quantity": "1e-5"}, ccxt.BadRequest, "-1100"),
    ({"quantity": "30"}, ccxt.InsufficientFunds, "insufficient balance"),
    ({"side": "SELL", "quantity": "30", "price": "70000"}, ccxt.InsufficientFunds, "balance"),
    ({"icebergQty": "0.02"}, ccxt.ExchangeError, "IcebergQty exceeds QTY"),
    ({"icebergQty": "0.001", "timeInForce": "IOC"}, ccxt.ExchangeError, "-"),
    ({"symbol": "NOSUCH"}, ccxt.BadSymbol, "Invalid symbol"),
    ({"side": "BOTH"}, ccxt.BadRequest, "-1117"),
    ({"type": "LIMITED"}, ccxt.BadRequest, "-1116"),
    ({"timeInForce": "GTX"}, ccxt.BadRequest, "-1115"),
    ({"stopPrice": "1"}, ccxt.BadRequest, "-1106"),
    ({"strategyType": "1"}, ccxt.ExchangeError, "-1134"),
    ({"newClientOrderId": "not allowed"}, ccxt.BadRequest, "-1100"),
    ({"surprise": "1"}, ccxt.BadRequest, "-1104"),
    ({"recvWindow": "60001"}, ccxt.ExchangeError, "recvWindow must be less than 60000"),
]


@pytest.mark.parametrize(("change", "error", "text"), REFUSALS, ids=lambda v: str(v)[:40])
def test_a_refused_order(simulator, refused, change, error, text):
    with pytest.raises(error, match=text):
        refused.private_post_order(ORDER | change)
    assert refused.fetch_open_orders(BTC) == []
    assert refused.fetch_balance()["used"]["USDT"] == 0


@pytest.fixture(scope="module")
def refused(simulator):
    """All refusals share an account: none of them may leave anything behind."""
    exchange = blocking(simulator, simulator.accounts[-1])
    exchange.load_markets()
    return exchange


@pytest.mark.parametrize("missing", ["symbol", "side", "type", "timeInForce", "quantity", "price"])
def test_a_parameter_is_missing(refused, missing):
    with pytest.raises(ccxt.BadRequest, match=f"-1102.*'{missing}'"):
        refused.private_post_order({k: v for k, v in ORDER.items() if k != missing})


def test_what_ccxt_checks_itself_agrees_with_the_filters(exchange):
    with pytest.raises(ccxt.InvalidOrder, match="minimum amount precision"):
        exchange.create_order(BTC, "limit", "buy", 0.000001, 50_000)
    order = exchange.create_order(BTC, "limit", "buy", 0.0123456789, 50_000.123456)
    assert (order["amount"], order["price"]) == (0.01234, 50_000.12)
    exchange.cancel_order(order["id"], BTC)


def test_money_must_be_there(exchange):
    with pytest.raises(ccxt.InsufficientFunds):
        exchange.create_order(BTC, "limit", "buy", 30, 50_000)
    with pytest.raises(ccxt.InsufficientFunds):
        exchange.create_order(BTC, "market", "sell", 11)


def test_unknown_orders(exchange):
    with pytest.raises(ccxt.OrderNotFound):
        exchange.fetch_order("987654", BTC)
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order("987654", BTC)
    order = exchange.create_order(BTC, "market", "buy", 0.01)
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(order["id"], BTC)
    with pytest.raises(ccxt.BadSymbol):
        exchange.fetch_order(order["id"], "NO/SUCH")


def test_an_id_is_used_by_one_open_order(exchange):
    params = {"clientOrderId": "same"}
    first = exchange.create_order(BTC, "limit", "buy", 0.01, 50_000, params)
    with pytest.raises(ccxt.ExchangeError, match="Duplicate order sent"):
        exchange.create_order(BTC, "limit", "buy", 0.01, 50_000, params)
    exchange.cancel_order(first["id"], BTC)
    second = exchange.create_order(BTC, "limit", "buy", 0.01, 50_000, params)
    exchange.cancel_order(second["id"], BTC)


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        (None, "wrong", "-1022"),
        ("k" * 64, None, "-2015"),
        ("short", None, "-2014"),
    ],
)
def test_keys_must_be_known_and_signatures_right(simulator, account, key, secret, code):
    stranger = blocking(simulator, Account(key or account.key, secret or account.secret))
    with pytest.raises(ccxt.AuthenticationError, match=code):
        stranger.fetch_balance()


@pytest.mark.parametrize("offset", [-60_000, 60_000])
def test_a_clock_that_is_wrong(simulator, account, offset):
    exchange = blocking(simulator, account)
    exchange.nonce = lambda: exchange.milliseconds() + offset
    with pytest.raises(ccxt.InvalidNonce, match="-1021"):
        exchange.fetch_balance()


def test_an_adjusted_clock_is_right_again(simulator, account):
    exchange = blocking(simulator, account, adjustForTimeDifference=True)
    exchange.milliseconds = lambda: ccxt.Exchange.milliseconds() - 60_000
    exchange.load_markets()
    assert exchange.fetch_balance()["USDT"]["free"] == 1_000_000


@pytest.mark.parametrize(
    ("action", "error", "is_done"),
    [
        ("timeout", ccxt.RequestTimeout, False),
        ("execute-timeout", ccxt.RequestTimeout, True),
        ("html", ccxt.RequestTimeout, False),
        ("execute-html", ccxt.RequestTimeout, True),
        ("drop", ccxt.NetworkError, False),
        ("execute-close", ccxt.NetworkError, True),
    ],
)
def test_an_unknown_outcome_is_no_refusal(simulator, exchange, action, error, is_done):
    """Whether the order is there can be found out by its client id."""
    exchange.load_markets()
    simulator.control("POST", "faults?method=POST&path=/api/v3/order", action=action)
    params = {"clientOrderId": "mine"}
    with pytest.raises(error):
        exchange.create_order(BTC, "limit", "buy", 0.01, 50_000, params)
    if is_done:
        assert exchange.fetch_order(None, BTC, params)["status"] == "open"
        exchange.cancel_all_orders(BTC)
    else:
        with pytest.raises(ccxt.OrderNotFound):
            exchange.fetch_order(None, BTC, params)
