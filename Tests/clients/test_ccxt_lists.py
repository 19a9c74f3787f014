"""Order lists, amendments and replacements through ccxt's implicit methods."""

import ccxt
import pytest

BTC = "BTC/USDT"


def statuses(exchange, reply: dict) -> list[str]:
    return [
        exchange.fetch_order(str(order["orderId"]), BTC)["info"]["status"]
        for order in reply["orders"]
    ]


def oco(exchange, **changes: str) -> dict:
    # The last price is the best ask's from now on.
    exchange.create_order(BTC, "market", "buy", 0.01)
    stop = exchange.fetch_order_book(BTC, 5)["bids"][0][0] - 5
    return exchange.private_post_orderlist_oco(
        {
            "symbol": "BTCUSDT",
            "side": "SELL",
            "quantity": "0.01",
            "aboveType": "LIMIT_MAKER",
            "abovePrice": "70000",
            "belowType": "STOP_LOSS_LIMIT",
            "belowStopPrice": exchange.price_to_precision(BTC, stop),
            "belowPrice": "59000",
            "belowTimeInForce": "GTC",
        }
        | changes
    )


def test_an_oco_list_is_placed_found_and_cancelled(exchange):
    reply = oco(exchange, listClientOrderId="my-list")
    assert (reply["contingencyType"], reply["listOrderStatus"]) == ("OCO", "EXECUTING")
    assert [report["type"] for report in reply["orderReports"]] == [
        "STOP_LOSS_LIMIT",
        "LIMIT_MAKER",
    ]
    assert len(exchange.fetch_open_orders(BTC)) == 2
    (open_list,) = exchange.private_get_openorderlist()
    assert open_list["listClientOrderId"] == "my-list"
    found = exchange.private_get_orderlist({"origClientOrderId": "my-list"})
    assert found["orderListId"] == reply["orderListId"]

    gone = exchange.private_delete_orderlist(
        {"symbol": "BTCUSDT", "orderListId": reply["orderListId"]}
    )
    assert gone["listOrderStatus"] == "ALL_DONE"
    assert statuses(exchange, reply) == ["CANCELED", "CANCELED"]
    assert exchange.private_get_openorderlist() == []
    assert len(exchange.private_get_allorderlist()) == 1


def test_one_leg_of_an_oco_ends_the_other(exchange, other):
    reply = oco(exchange)
    other.create_order(BTC, "market", "sell", 5)
    assert statuses(exchange, reply) == ["FILLED", "EXPIRED"]
    assert exchange.fetch_open_orders(BTC) == []


def test_cancelling_a_leg_cancels_the_list(exchange):
    reply = oco(exchange)
    exchange.cancel_order(str(reply["orders"][0]["orderId"]), BTC)
    assert statuses(exchange, reply) == ["CANCELED", "CANCELED"]


def test_the_former_oco_endpoint(exchange):
    exchange.load_markets()
    reply = exchange.private_post_order_oco(
        {
            "symbol": "BTCUSDT",
            "side": "SELL",
            "quantity": "0.01",
            "price": "70000",
            "stopPrice": "50000",
            "stopLimitPrice": "49000",
            "stopLimitTimeInForce": "GTC",
        }
    )
    assert reply["contingencyType"] == "OCO"
    assert len(exchange.cancel_all_orders(BTC)) >= 1
    assert statuses(exchange, reply) == ["CANCELED", "CANCELED"]


@pytest.mark.parametrize(
    "changes",
    [{"abovePrice": "50000"}, {"belowStopPrice": "80000", "belowPrice": "80000"}],
)
def test_prices_of_an_oco_must_fit(exchange, changes):
    with pytest.raises(ccxt.InvalidOrder, match="-2010.*relationship of the prices"):
        oco(exchange, **changes)
    assert exchange.fetch_open_orders(BTC) == []


def test_the_pending_order_of_an_oto_waits_for_the_working_one(exchange, other):
    book = exchange.fetch_order_book(BTC, 5)
    price = exchange.price_to_precision(BTC, (book["bids"][0][0] + book["asks"][0][0]) / 2)
    reply = exchange.private_post_orderlist_oto(
        {
            "symbol": "BTCUSDT",
            "workingType": "LIMIT",
            "workingSide": "BUY",
            "workingPrice": price,
            "workingQuantity": "0.02",
            "workingTimeInForce": "GTC",
            "pendingType": "LIMIT_MAKER",
            "pendingSide": "SELL",
            "pendingPrice": "70000",
            "pendingQuantity": "0.01",
        }
    )
    assert reply["contingencyType"] == "OTO"
    assert statuses(exchange, reply) == ["NEW", "PENDING_NEW"]
    other.create_order(BTC, "limit", "sell", 0.01, price)
    assert statuses(exchange, reply) == ["PARTIALLY_FILLED", "PENDING_NEW"]
    other.create_order(BTC, "limit", "sell", 0.01, price)
    assert statuses(exchange, reply) == ["FILLED", "NEW"]
    exchange.cancel_all_orders(BTC)


def test_an_otoco_opens_both_pending_orders(exchange):
    exchange.load_markets()
    reply = exchange.private_post_orderlist_otoco(
        {
            "symbol": "BTCUSDT",
            "workingType": "LIMIT",
            "workingSide": "BUY",
            "workingPrice": "61000",
            "workingQuantity": "0.02",
            "workingTimeInForce": "GTC",
            "pendingSide": "SELL",
            "pendingQuantity": "0.01",
            "pendingAboveType": "LIMIT_MAKER",
            "pendingAbovePrice": "70000",
            "pendingBelowType": "STOP_LOSS",
            "pendingBelowStopPrice": "50000",
        }
    )
    assert len(reply["orders"]) == 3
    assert sorted(statuses(exchange, reply)) == ["FILLED", "NEW", "NEW"]
    exchange.cancel_all_orders(BTC)


def amend(exchange, order: dict, quantity: str, **more: str) -> dict:
    exchange.load_markets()
    request = {"symbol": "BTCUSDT", "orderId": order["id"], "newQty": quantity} | more
    return exchange.request("order/amend/keepPriority", ["private"], "PUT", request)


def test_an_amendment_keeps_the_order(exchange):
    order = exchange.create_order(BTC, "limit", "buy", 0.03, 50_000)
    reply = amend(exchange, order, "0.01", newClientOrderId="amended")
    assert reply["amendedOrder"]["qty"] == "0.01000000"
    assert reply["amendedOrder"]["origClientOrderId"] == order["clientOrderId"]
    after = exchange.fetch_order(order["id"], BTC)
    assert (after["amount"], after["clientOrderId"], after["status"]) == (0.01, "amended", "open")
    assert exchange.fetch_balance()["USDT"]["used"] == 500
    with pytest.raises(ccxt.ExchangeError, match="-2038"):
        amend(exchange, order, "0.02")
    (entry,) = exchange.request(
        "order/amendments", ["private"], "GET", {"symbol": "BTCUSDT", "orderId": order["id"]}
    )
    assert (entry["origQty"], entry["newQty"]) == ("0.03000000", "0.01000000")
    exchange.cancel_order(order["id"], BTC)


def test_cancel_replace_may_go_on_without_the_old_order(exchange):
    exchange.load_markets()
    request = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": "50000",
        "cancelReplaceMode": "ALLOW_FAILURE",
        "cancelOrderId": "987654",
    }
    with pytest.raises(ccxt.ExchangeError, match="partially failed"):
        exchange.private_post_order_cancelreplace(request)
    assert len(exchange.fetch_open_orders(BTC)) == 1
    exchange.cancel_all_orders(BTC)
