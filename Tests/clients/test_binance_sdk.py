"""Binance's own SDK, whose models say what an answer must look like."""

import asyncio

import pytest
from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_common.errors import BadRequestError, UnauthorizedError
from binance_sdk_spot.spot import Spot

SECONDS = 10
LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "time_in_force": "GTC",
    "quantity": 0.01,
    "price": 50_000.0,
}


@pytest.fixture
def spot(simulator, account) -> Spot:
    keys = {"api_key": account.key, "api_secret": account.secret}
    return Spot(
        ConfigurationRestAPI(**keys, base_path=simulator.rest, timeout=5_000, retries=0),
        ConfigurationWebSocketAPI(**keys, stream_url=simulator.ws_api),
        ConfigurationWebSocketStreams(stream_url=simulator.stream),
    )


def test_market_data_fits_the_models(spot):
    rest = spot.rest_api
    info = rest.exchange_info(symbols=["BTCUSDT", "ETHUSDT"]).data()
    assert [symbol.symbol for symbol in info.symbols] == ["BTCUSDT", "ETHUSDT"]
    assert info.symbols[0].filters
    assert rest.time().data().server_time > 0
    assert rest.depth("BTCUSDT", limit=5).data().last_update_id > 0
    rest.new_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity=0.01)
    assert rest.get_trades("BTCUSDT", limit=1).data()
    assert rest.agg_trades("BTCUSDT", limit=1).data()
    assert rest.klines("BTCUSDT", "1m", limit=1).data()
    assert rest.avg_price("BTCUSDT").data().mins == 5
    for answer in (
        rest.ticker24hr(symbol="BTCUSDT"),
        rest.ticker_price(symbol="BTCUSDT"),
        rest.ticker_book_ticker(symbol="BTCUSDT"),
        rest.ticker_trading_day(symbol="BTCUSDT"),
        rest.ticker(symbol="BTCUSDT"),
    ):
        assert answer.data().actual_instance.symbol == "BTCUSDT"


def test_an_order_from_new_to_cancelled(spot):
    rest = spot.rest_api
    placed = rest.new_order(**LIMIT, new_client_order_id="sdk")
    order = placed.data()
    assert (order.status, order.client_order_id, order.fills) == ("NEW", "sdk", [])
    assert any(limit.count is not None for limit in placed.rate_limits)
    assert rest.get_order("BTCUSDT", order_id=order.order_id).data().price == "50000.00000000"
    amended = rest.order_amend_keep_priority("BTCUSDT", 0.005, order_id=order.order_id).data()
    assert amended.amended_order.qty == "0.00500000"
    assert len(rest.order_amendments("BTCUSDT", order.order_id).data()) == 1
    assert len(rest.get_open_orders(symbol="BTCUSDT").data()) == 1
    gone = rest.delete_order("BTCUSDT", order_id=order.order_id).data()
    assert gone.status == "CANCELED"
    with pytest.raises(BadRequestError, match="Unknown order sent"):
        rest.delete_order("BTCUSDT", order_id=order.order_id)


def test_account_and_history(spot):
    rest = spot.rest_api
    order = rest.new_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity=0.5).data()
    assert order.status == "FILLED"
    trades = rest.my_trades("BTCUSDT").data()
    assert [trade.id for trade in trades] == [fill.trade_id for fill in order.fills]
    assert rest.all_orders("BTCUSDT").data()[0].order_id == order.order_id
    balances = {b.asset: b.free for b in rest.get_account(omit_zero_balances=True).data().balances}
    assert balances["BTC"] == "10.49950000"
    assert rest.account_commission("BTCUSDT").data().standard_commission.taker == "0.00100000"
    assert rest.rate_limit_order().data()[0].count >= 0
    assert rest.my_prevented_matches("BTCUSDT", order_id=order.order_id).data() == []
    assert rest.my_filters("BTCUSDT").data().symbol_filters


def test_lists_and_replacements(spot):
    rest = spot.rest_api
    placed = rest.order_list_oco(
        "BTCUSDT",
        "SELL",
        0.01,
        "LIMIT_MAKER",
        "STOP_LOSS",
        above_price=70_000.0,
        below_stop_price=50_000.0,
    ).data()
    assert len(placed.order_reports) == 2
    assert rest.get_order_list(order_list_id=placed.order_list_id).data().orders
    assert len(rest.open_order_list().data()) == 1
    rest.delete_order_list("BTCUSDT", order_list_id=placed.order_list_id)
    order = rest.new_order(**LIMIT).data()
    replaced = rest.order_cancel_replace(
        **(LIMIT | {"price": 49_000.0}),
        cancel_replace_mode="STOP_ON_FAILURE",
        cancel_order_id=order.order_id,
    ).data()
    assert replaced.cancel_result == replaced.new_order_result == "SUCCESS"
    assert len(rest.delete_open_orders("BTCUSDT").data()) == 1


def test_a_wrong_key(simulator):
    settings = ConfigurationRestAPI("k" * 64, "s" * 64, base_path=simulator.rest, retries=0)
    with pytest.raises(UnauthorizedError):
        Spot(settings).rest_api.get_account()


def test_orders_and_user_events_over_the_websocket_api(spot):
    async def body():
        api = spot.websocket_api
        await api.create_connection()
        try:
            subscribed = await api.user_data_stream_subscribe_signature()
            events = asyncio.Queue()
            subscribed.stream.on("message", events.put_nowait)
            placed = await api.order_place(**LIMIT)
            order = placed.data().result
            assert order.status == "NEW"
            assert placed.data().rate_limits
            first = await asyncio.wait_for(events.get(), SECONDS)
            report = getattr(first, "actual_instance", first)
            assert type(report).__name__ == "ExecutionReport"
            assert (report.x, report.X, report.i) == ("NEW", "NEW", order.order_id)
            found = await api.order_status("BTCUSDT", order_id=order.order_id)
            assert found.data().result.price == "50000.00000000"
            await api.order_cancel("BTCUSDT", order_id=order.order_id)
            account = await api.account_status()
            assert account.data().result.can_trade
            book = await api.depth("BTCUSDT", limit=5)
            assert len(book.data().result.bids) == 5
            assert (await api.session_status()).data().result.api_key is None
        finally:
            await api.close_connection(close_session=True)

    asyncio.run(asyncio.wait_for(body(), SECONDS))


def test_market_streams(spot):
    async def body():
        streams = spot.websocket_streams
        await streams.create_connection()
        try:
            received = asyncio.Queue()
            for subscribe in (
                streams.book_ticker("btcusdt"),
                streams.diff_book_depth("btcusdt", update_speed="100ms"),
                streams.trade("btcusdt"),
            ):
                (await subscribe).on("message", received.put_nowait)
            # A better bid changes the book; what the market order takes is put back at once.
            rest = spot.rest_api
            best = rest.ticker_book_ticker(symbol="BTCUSDT").data().actual_instance.bid_price
            rest.new_order(**(LIMIT | {"price": round(float(best) + 0.5, 2)}))
            rest.new_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity=0.01)
            names = set()
            while len(names) < 3:
                names.add(type(await asyncio.wait_for(received.get(), SECONDS)).__name__)
            assert names == {"BookTickerResponse", "DiffBookDepthResponse", "TradeResponse"}
            rest.delete_open_orders("BTCUSDT")
        finally:
            await streams.close_connection(close_session=True)

    asyncio.run(asyncio.wait_for(body(), SECONDS))
