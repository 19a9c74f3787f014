"""Every order type, and what becomes of orders, through ccxt's unified methods."""

import ccxt
import pytest

BTC = "BTC/USDT"


def free(exchange, code: str) -> float:
    return exchange.fetch_balance()[code]["free"]


def best(exchange) -> tuple[float, float]:
    book = exchange.fetch_order_book(BTC, 5)
    return book["bids"][0][0], book["asks"][0][0]


def test_balance_is_the_accounts_own(exchange):
    balance = exchange.fetch_balance()
    assert balance["total"] == {"BTC": 10, "ETH": 100, "USDT": 1_000_000}
    assert balance["used"]["USDT"] == 0


def test_a_limit_order_rests_locks_money_and_is_cancelled(exchange):
    order = exchange.create_order(BTC, "limit", "buy", 0.01, 50_000, {"clientOrderId": "rests"})
    assert order["status"] == "open"
    assert (order["type"], order["side"], order["timeInForce"]) == ("limit", "buy", "GTC")
    assert (order["amount"], order["price"], order["filled"]) == (0.01, 50_000, 0)
    assert exchange.fetch_balance()["USDT"] == {"free": 999_500, "used": 500, "total": 1_000_000}

    found = exchange.fetch_order(None, BTC, {"clientOrderId": "rests"})
    assert found["id"] == order["id"]
    assert [entry["id"] for entry in exchange.fetch_open_orders(BTC)] == [order["id"]]

    assert exchange.cancel_order(order["id"], BTC)["status"] == "canceled"
    assert exchange.fetch_order(order["id"], BTC)["status"] == "canceled"
    assert exchange.fetch_open_orders(BTC) == []
    assert [entry["id"] for entry in exchange.fetch_canceled_orders(BTC)] == [order["id"]]
    assert free(exchange, "USDT") == 1_000_000


def test_a_market_order_fills_at_several_prices(exchange):
    order = exchange.create_order(BTC, "market", "buy", 1)
    assert (order["status"], order["filled"], order["remaining"]) == ("closed", 1, 0)
    assert len(order["trades"]) > 1
    assert order["cost"] == pytest.approx(sum(t["cost"] for t in order["trades"]))
    assert order["average"] == pytest.approx(order["cost"])
    # The taker's commission, from the received asset.
    assert order["fee"] == {"cost": pytest.approx(0.001), "currency": "BTC"}

    trades = exchange.fetch_my_trades(BTC)
    assert [trade["id"] for trade in trades] == [trade["id"] for trade in order["trades"]]
    assert {trade["takerOrMaker"] for trade in trades} == {"taker"}
    assert len(exchange.fetch_order_trades(order["id"], BTC)) == len(trades)
    balance = exchange.fetch_balance()
    assert balance["BTC"]["total"] == pytest.approx(10 + 0.999)
    assert balance["USDT"]["total"] == pytest.approx(1_000_000 - order["cost"])
    assert [entry["id"] for entry in exchange.fetch_closed_orders(BTC)] == [order["id"]]


def test_a_market_order_by_cost(exchange):
    bought = exchange.create_market_buy_order_with_cost(BTC, 1_000)
    assert bought["status"] == "closed"
    assert 999 < bought["cost"] <= 1_000
    sold = exchange.create_order(BTC, "market", "sell", 0, None, {"cost": 1_000})
    assert sold["status"] == "closed"
    assert sold["cost"] == pytest.approx(1_000, abs=1)


def test_makers_and_takers_pay_their_own_rates(exchange, other):
    bid, ask = best(exchange)
    price = exchange.price_to_precision(BTC, (bid + ask) / 2)
    maker = exchange.create_order(BTC, "limit", "sell", 0.3, price)
    assert maker["status"] == "open"
    taker = other.create_order(BTC, "limit", "buy", 0.1, price)
    assert taker["status"] == "closed"

    partly = exchange.fetch_order(maker["id"], BTC)
    assert (partly["status"], partly["filled"], partly["remaining"]) == ("open", 0.1, 0.2)
    (mine,) = exchange.fetch_my_trades(BTC)
    (theirs,) = other.fetch_my_trades(BTC)
    assert mine["id"] == theirs["id"]
    assert (mine["takerOrMaker"], theirs["takerOrMaker"]) == ("maker", "taker")
    assert mine["fee"] == {"currency": "USDT", "cost": pytest.approx(0.0005 * mine["cost"])}
    assert theirs["fee"] == {"currency": "BTC", "cost": pytest.approx(0.0001)}
    assert exchange.cancel_order(maker["id"], BTC)["filled"] == 0.1


def test_immediate_or_cancel(exchange):
    _, ask = best(exchange)
    nothing = exchange.create_order(BTC, "limit", "buy", 1, 50_000, {"timeInForce": "IOC"})
    assert (nothing["status"], nothing["filled"]) == ("expired", 0)
    some = exchange.create_order(BTC, "limit", "buy", 5, ask, {"timeInForce": "IOC"})
    assert some["status"] == "expired"
    assert 0 < some["filled"] < 5
    assert exchange.fetch_open_orders(BTC) == []


def test_fill_or_kill(exchange):
    _, ask = best(exchange)
    killed = exchange.create_order(BTC, "limit", "buy", 5, ask, {"timeInForce": "FOK"})
    assert (killed["status"], killed["filled"]) == ("expired", 0)
    filled = exchange.create_order(BTC, "limit", "buy", 0.01, ask, {"timeInForce": "FOK"})
    assert (filled["status"], filled["filled"]) == ("closed", 0.01)


def test_post_only(exchange):
    bid, ask = best(exchange)
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        exchange.create_order(BTC, "limit", "buy", 0.01, ask, {"postOnly": True})
    order = exchange.create_order(BTC, "limit", "buy", 0.01, bid, {"postOnly": True})
    assert order["status"] == "open"
    assert order["postOnly"]
    exchange.cancel_order(order["id"], BTC)


def test_an_iceberg(exchange):
    params = {"icebergAmount": 0.01}
    order = exchange.create_order(BTC, "limit", "buy", 0.1, 50_000, params)
    assert order["info"]["icebergQty"] == "0.01000000"
    level = next(b for b in exchange.fetch_order_book(BTC, 5_000)["bids"] if b[0] == 50_000)
    assert level[1] == 0.01
    exchange.cancel_order(order["id"], BTC)


@pytest.mark.parametrize("kind", ["market", "limit"])
@pytest.mark.parametrize("trigger", ["stopLossPrice", "takeProfitPrice"])
def test_conditional_orders_trigger(exchange, other, kind, trigger):
    exchange.create_order(BTC, "market", "buy", 0.01)
    bid, _ = best(exchange)
    is_stop = trigger == "stopLossPrice"
    stop = bid - 5 if is_stop else bid + 5
    limit = None if kind == "market" else stop - 100
    order = exchange.create_order(BTC, kind, "sell", 0.01, limit, {trigger: stop})
    assert (order["status"], order["filled"], order["triggerPrice"]) == ("open", 0, stop)
    name = "STOP_LOSS" if is_stop else "TAKE_PROFIT"
    assert order["info"]["type"] == name + ("" if kind == "market" else "_LIMIT")
    assert exchange.fetch_open_orders(BTC)[0]["id"] == order["id"]

    # Somebody moves the last price through the trigger.
    other.create_order(BTC, "market", "sell" if is_stop else "buy", 3)
    triggered = exchange.fetch_order(order["id"], BTC)
    assert (triggered["status"], triggered["filled"]) == ("closed", 0.01)


def test_a_stop_that_would_trigger_at_once_is_refused(exchange):
    exchange.create_order(BTC, "market", "buy", 0.01)
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        exchange.create_order(BTC, "market", "sell", 0.01, None, {"stopLossPrice": 90_000})


def test_a_trailing_stop(simulator, exchange, other):
    exchange.create_order(BTC, "market", "buy", 0.01)
    params = {"trailingPercent": 0.1, "stopLossOrTakeProfit": "stopLoss"}
    order = exchange.create_order(BTC, "market", "sell", 0.01, None, params)
    assert (order["status"], order["info"]["type"]) == ("open", "STOP_LOSS")
    assert int(order["info"]["trailingDelta"]) == 10
    other.create_order(BTC, "market", "sell", 1)
    assert exchange.fetch_order(order["id"], BTC)["status"] == "open"
    # Nearly the whole book, which is a little more than a tenth of a percent deep.
    simulator.control("POST", "deposit", asset="BTC", amount=10, key=other.apiKey)
    bids = exchange.fetch_order_book(BTC, 5_000)["bids"]
    other.create_order(BTC, "market", "sell", round(sum(bid[1] for bid in bids[:-1]), 5))
    assert exchange.fetch_order(order["id"], BTC)["status"] == "closed"


def test_a_test_order_leaves_nothing(exchange):
    exchange.create_order(BTC, "limit", "buy", 0.01, 50_000, {"test": True})
    assert exchange.fetch_orders(BTC) == []
    with pytest.raises(ccxt.BadRequest):
        exchange.create_order(BTC, "limit", "buy", 0.00001, 50_000, {"test": True})


def test_edit_replaces_the_order(exchange):
    first = exchange.create_order(BTC, "limit", "buy", 0.01, 50_000)
    second = exchange.edit_order(first["id"], BTC, "limit", "buy", 0.02, 49_000)
    assert second["id"] != first["id"]
    assert (second["status"], second["amount"], second["price"]) == ("open", 0.02, 49_000)
    assert exchange.fetch_order(first["id"], BTC)["status"] == "canceled"
    assert [order["id"] for order in exchange.fetch_open_orders(BTC)] == [second["id"]]
    with pytest.raises(ccxt.ExchangeError, match="cancel-replace failed"):
        exchange.edit_order(first["id"], BTC, "limit", "buy", 0.02, 48_000)
    exchange.cancel_order(second["id"], BTC)


def test_cancel_all(exchange):
    for price in (50_000, 49_000, 48_000):
        exchange.create_order(BTC, "limit", "buy", 0.01, price)
    exchange.create_order("ETH/USDT", "limit", "buy", 1, 2_000)
    assert len(exchange.fetch_open_orders(BTC)) == 3
    exchange.options["fetchOpenOrders"] = {"warnWithoutSymbol": False}
    assert len(exchange.fetch_open_orders()) == 4
    assert {order["status"] for order in exchange.cancel_all_orders(BTC)} == {"canceled"}
    assert exchange.fetch_open_orders(BTC) == []
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_all_orders(BTC)
    exchange.cancel_all_orders("ETH/USDT")


def test_history_is_paged_and_oldest_first(exchange):
    orders = [exchange.create_order(BTC, "market", "buy", 0.01) for _ in range(3)]
    ids = [order["id"] for order in orders]
    assert [order["id"] for order in exchange.fetch_orders(BTC)] == ids
    assert [order["id"] for order in exchange.fetch_orders(BTC, limit=2)] == ids[1:]
    since = orders[0]["timestamp"]
    assert [order["id"] for order in exchange.fetch_orders(BTC, since)] == ids
    trades = exchange.fetch_my_trades(BTC, since)
    assert [trade["order"] for trade in trades] == ids
    later = exchange.fetch_my_trades(BTC, params={"fromId": trades[1]["id"]})
    assert [trade["id"] for trade in later] == [trade["id"] for trade in trades[1:]]


def test_the_shorthands_for_conditional_orders(exchange):
    placed = [
        exchange.create_stop_limit_order(BTC, "sell", 0.01, 49_000, 50_000),
        exchange.create_trigger_order(BTC, "market", "buy", 0.01, None, 70_000),
        exchange.create_stop_loss_order(BTC, "market", "sell", 0.01, None, 50_000),
        exchange.create_take_profit_order(BTC, "limit", "sell", 0.01, 71_000, 70_000),
    ]
    kinds = ["STOP_LOSS_LIMIT", "STOP_LOSS", "STOP_LOSS", "TAKE_PROFIT_LIMIT"]
    assert [order["info"]["type"] for order in placed] == kinds
    edited = exchange.edit_order(
        placed[0]["id"], BTC, "limit", "sell", 0.02, 48_000, {"stopPrice": 49_000}
    )
    assert (edited["amount"], edited["price"], edited["triggerPrice"]) == (0.02, 48_000, 49_000)
    exchange.create_stop_loss_order(BTC, "market", "sell", 0.01, None, 50_000)
    with pytest.raises(ccxt.BadRequest, match="MAX_NUM_ALGO_ORDERS"):
        exchange.create_stop_loss_order(BTC, "market", "sell", 0.01, None, 50_000)
    assert len(exchange.cancel_all_orders(BTC)) == 5


@pytest.mark.parametrize(
    ("mode", "taker_status", "maker_status"),
    [
        ("EXPIRE_TAKER", "EXPIRED_IN_MATCH", "NEW"),
        ("EXPIRE_MAKER", "NEW", "EXPIRED_IN_MATCH"),
        ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"),
        ("NONE", "FILLED", "FILLED"),
    ],
)
def test_trading_with_oneself(exchange, mode, taker_status, maker_status):
    bid, ask = best(exchange)
    price = exchange.price_to_precision(BTC, (bid + ask) / 2)
    maker = exchange.create_order(BTC, "limit", "sell", 0.01, price)
    params = {"selfTradePreventionMode": mode}
    taker = exchange.create_order(BTC, "limit", "buy", 0.01, price, params)
    assert taker["info"]["status"] == taker_status
    assert exchange.fetch_order(maker["id"], BTC)["info"]["status"] == maker_status
    if exchange.fetch_open_orders(BTC):
        exchange.cancel_all_orders(BTC)


def test_history_may_not_span_more_than_a_day(exchange):
    now = exchange.milliseconds()
    with pytest.raises(ccxt.BadRequest, match="-1127"):
        exchange.fetch_my_trades(BTC, now - 48 * 3_600_000, params={"until": now})
