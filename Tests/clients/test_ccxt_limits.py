"""Rate limits, which here are enforced; every test has an exchange of its own."""

import time

import ccxt
import pytest

from simulator import FIRST, Simulator
from venues import Driven, asynchronous, blocking

BTC = "BTC/USDT"


@pytest.fixture
def limited():
    with Simulator("--market-interval", "0") as running:
        yield running


def exhaust(exchange, calls: int = 80) -> str:
    """Spends 250 of 6000 a call; a minute may end on the way."""
    with pytest.raises(ccxt.DDoSProtection) as refusal:
        for _ in range(calls):
            exchange.public_get_depth({"symbol": "BTCUSDT", "limit": 5_000})
    return str(refusal.value)


def used_weight(exchange) -> int:
    headers = {name.lower(): value for name, value in exchange.last_response_headers.items()}
    return int(headers["x-mbx-used-weight-1m"])


@pytest.mark.parametrize("make", [blocking, asynchronous])
def test_too_much_weight_is_refused(limited, make):
    exchange = make(limited)
    if make is asynchronous:
        exchange = Driven(exchange)
    text = exhaust(exchange)
    assert " 429 " in text and '"code":-1003' in text
    assert "6000 request weight per 1 MINUTE" in text
    headers = {name.lower(): value for name, value in exchange.last_response_headers.items()}
    assert 0 < int(headers["retry-after"]) <= 60
    exchange.close() if make is asynchronous else None


def test_going_on_after_that_is_banned(limited):
    exchange = blocking(limited)
    exhaust(exchange)
    texts = []
    for _ in range(200):
        try:
            exchange.public_get_depth({"symbol": "BTCUSDT", "limit": 5_000})
        except ccxt.DDoSProtection as refusal:
            texts.append(str(refusal))
            if " 418 " in texts[-1]:
                break
    assert " 418 " in texts[-1] and "IP banned until" in texts[-1]
    # Everything is refused to one that is banned.
    with pytest.raises(ccxt.DDoSProtection, match=" 418 "):
        exchange.fetch_time()


def test_too_many_orders_are_refused(limited):
    exchange = blocking(limited, FIRST)
    exchange.load_markets()
    with pytest.raises(ccxt.DDoSProtection, match="-1015.*50 orders per 10 SECOND"):
        for _ in range(150):
            exchange.create_order(BTC, "limit", "buy", 0.001, 50_000)
    (count, _) = exchange.private_get_ratelimit_order()
    assert int(count["count"]) >= 50
    # Cancels are not orders.
    assert len(exchange.cancel_all_orders(BTC)) >= 50


def test_weight_is_told_and_successful_orders_weigh_nothing(limited):
    exchange = blocking(limited, FIRST)
    exchange.load_markets()
    while time.time() % 60 > 55:
        time.sleep(0.5)
    exchange.fetch_time()
    before = used_weight(exchange)
    exchange.fetch_time()
    assert used_weight(exchange) == before + 1
    order = exchange.create_order(BTC, "limit", "buy", 0.001, 50_000)
    exchange.cancel_order(order["id"], BTC)
    assert used_weight(exchange) == before + 1
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(order["id"], BTC)
    assert used_weight(exchange) == before + 2
    exchange.fetch_balance()
    assert used_weight(exchange) == before + 22


def test_ccxts_own_limiter_keeps_within_the_limits(limited):
    exchange = blocking(limited, FIRST)
    exchange.enableRateLimit = True
    exchange.load_markets()
    for _ in range(5):
        exchange.fetch_order_book(BTC, 5)
        exchange.fetch_balance()
