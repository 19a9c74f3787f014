"""What other clients may put on the wire, by hand: each of these is in Binance's documents."""

import hashlib
import hmac
import http.client
import json
import time
import urllib.parse

import pytest
from websockets.sync.client import connect

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "50000",
}


def sign(account, payload: str) -> str:
    return hmac.new(account.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


@pytest.fixture
def connection(simulator):
    opened = http.client.HTTPConnection(urllib.parse.urlparse(simulator.rest).netloc, timeout=5)
    yield opened
    opened.close()


@pytest.fixture
def send(connection, account):
    def call(method: str, target: str, body: str | None = None, **headers: str):
        headers = {"X-MBX-APIKEY": account.key} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        connection.request(method, target, body, headers)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())

    return call


def stamped(parameters: dict) -> str:
    return urllib.parse.urlencode(parameters | {"timestamp": int(time.time() * 1000)})


FORM = "application/x-www-form-urlencoded"


def test_parameters_in_the_query(send, account):
    query = stamped(ORDER)
    status, order = send("POST", f"/api/v3/order?{query}&signature={sign(account, query)}")
    assert (status, order["status"]) == (200, "NEW")


def test_parameters_in_the_body_also_on_delete(send, account):
    body = stamped(ORDER)
    signed = f"{body}&signature={sign(account, body)}"
    status, order = send("POST", "/api/v3/order", signed, Content_Type=FORM)
    assert (status, order["status"]) == (200, "NEW")
    body = stamped({"symbol": "BTCUSDT", "orderId": order["orderId"]})
    signed = f"{body}&signature={sign(account, body)}"
    status, gone = send("DELETE", "/api/v3/order", signed, Content_Type=FORM)
    assert (status, gone["status"]) == (200, "CANCELED")


def test_parameters_in_both_are_signed_without_a_separator(send, account):
    query = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
    body = stamped({"quantity": "0.01", "price": "50000"})
    signed = f"{body}&signature={sign(account, query + body)}"
    status, order = send("POST", f"/api/v3/order?{query}", signed, Content_Type=FORM)
    assert (status, order.get("status")) == (200, "NEW")


def test_a_get_with_a_content_type_and_a_signature_that_is_not_last(send, account):
    query = stamped({"omitZeroBalances": "true"})
    target = f"/api/v3/account?signature={sign(account, query).upper()}&{query}"
    status, body = send("GET", target, Content_Type="application/json")
    assert (status, body["canTrade"]) == (200, True)


def test_lower_case_headers_microseconds_and_a_fractional_window(connection, account):
    query = f"recvWindow=6000.346&timestamp={int(time.time() * 1_000_000)}"
    target = f"/api/v3/account?{query}&signature={sign(account, query)}"
    connection.request("GET", target, headers={"x-mbx-apikey": account.key})
    reply = connection.getresponse()
    assert reply.status == 200, reply.read()
    assert reply.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("text", ['["BTCUSDT","ETHUSDT"]', "%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D"])
def test_lists_of_symbols_raw_and_encoded(send, text):
    status, body = send("GET", f"/api/v3/ticker/price?symbols={text}")
    assert status == 200
    assert [entry["symbol"] for entry in body] == ["BTCUSDT", "ETHUSDT"]


WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
}


def test_a_websocket_on_a_connection_that_served_rest(connection):
    """Clients with one connection pool for both ask so."""
    for _ in range(2):
        connection.request("GET", "/api/v3/ping")
        connection.getresponse().read()
    connection.request("GET", "/ws-api/v3", headers=WEBSOCKET)
    reply = connection.getresponse()
    assert reply.status == 101
    assert reply.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert "Sec-WebSocket-Extensions" not in reply.headers


def test_a_websocket_where_there_is_none(connection):
    connection.request("GET", "/no-such-path", headers=WEBSOCKET)
    reply = connection.getresponse()
    assert reply.status == 404
    assert reply.headers["Connection"] == "close"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_offer_of_another_protocol_is_passed_over(send, account, method):
    """Java's HttpClient offers HTTP/2 with its requests to plain addresses."""
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2_Settings": "AAEA"}
    for _ in range(2):
        query = stamped({} if method == "GET" else ORDER)
        signed = f"{query}&signature={sign(account, query)}"
        if method == "GET":
            status, body = send("GET", f"/api/v3/account?{signed}", **offer)
        else:
            status, body = send("POST", "/api/v3/order", signed, Content_Type=FORM, **offer)
        assert status == 200, body


def ask(socket, message: object) -> dict:
    socket.send(message if isinstance(message, str) else json.dumps(message))
    return json.loads(socket.recv(5))


@pytest.mark.parametrize("identifier", [1, "a-b", None, "187d3cb2-942d-484c-8271-4e2141bbadb1"])
def test_ids_of_the_websocket_api_come_back_as_they_were(simulator, identifier):
    with connect(simulator.ws_api) as socket:
        reply = ask(socket, {"id": identifier, "method": "ping"})
        assert (reply["id"], reply["status"], reply["result"]) == (identifier, 200, {})
        reply = ask(socket, {"id": identifier, "method": "v3/time", "params": {}})
        assert reply["result"]["serverTime"] > 0


def test_numbers_and_texts_over_the_websocket_api(simulator, account):
    def signed(parameters: dict) -> dict:
        parameters = parameters | {"apiKey": account.key, "timestamp": int(time.time() * 1000)}
        payload = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
        return parameters | {"signature": sign(account, payload)}

    with connect(simulator.ws_api) as socket:
        placed = ask(socket, {"id": 1, "method": "order.place", "params": signed(ORDER)})["result"]
        for number in (placed["orderId"], str(placed["orderId"])):
            request = signed({"symbol": "BTCUSDT", "orderId": number})
            reply = ask(socket, {"id": 2, "method": "order.status", "params": request})
            assert reply["result"]["orderId"] == placed["orderId"]
        request = signed({"symbol": "BTCUSDT", "orderId": placed["orderId"]})
        request["returnRateLimits"] = False
        reply = ask(socket, {"id": 3, "method": "order.cancel", "params": request})
        # What was added after signing is not covered by the signature.
        assert reply["error"]["code"] == -1022
        request = signed({"symbol": "BTCUSDT"})
        reply = ask(socket, {"id": 4, "method": "openOrders.cancelAll", "params": request})
        assert reply["status"] == 200
        assert {limit["rateLimitType"] for limit in reply["rateLimits"]} >= {"REQUEST_WEIGHT"}


def test_requests_that_make_no_sense(simulator):
    with connect(simulator.ws_api) as socket:
        reply = ask(socket, "{nonsense")
        assert (reply["status"], reply["error"]["code"], reply["id"]) == (400, -1135, None)
        reply = ask(socket, {"id": 1, "method": "no.such"})
        assert reply["status"] == 400 and reply["id"] == 1
        # The connection lives on.
        assert ask(socket, {"id": 2, "method": "ping"})["status"] == 200


@pytest.mark.parametrize("path", ["/ws", "/stream", "/ws/0", "/stream/0"])
def test_control_messages_of_market_streams(simulator, path):
    with connect(simulator.stream + path) as socket:
        names = ["btcusdt@trade", "btcusdt@kline_1m"]
        request = {"method": "SUBSCRIBE", "params": names, "id": "x-1"}
        assert ask(socket, request) == {"result": None, "id": "x-1"}
        request = {"method": "LIST_SUBSCRIPTIONS", "id": 2}
        assert ask(socket, request) == {"result": names, "id": 2}
        request = {"method": "GET_PROPERTY", "params": ["combined"], "id": 3}
        assert ask(socket, request)["result"] == path.startswith("/stream")
        request = {"method": "SET_PROPERTY", "params": ["combined", True], "id": 4}
        assert ask(socket, request) == {"result": None, "id": 4}
        request = {"method": "UNSUBSCRIBE", "params": [*names, "ethusdt@trade"], "id": None}
        assert ask(socket, request) == {"result": None, "id": None}
        reply = ask(socket, {"method": "SUBSCRIBE", "params": ["btcusdt@nothing"], "id": 5})
        assert reply["error"]["code"] == 2 and reply["id"] == 5
        assert ask(socket, "[")["error"]["code"] == 3


def test_streams_in_the_path_need_no_subscribe(simulator, send, account):
    raw = connect(simulator.stream + "/ws/btcusdt@trade/btcusdt@aggTrade")
    combined = connect(simulator.stream + "/stream?streams=btcusdt%40trade/btcusdt@aggTrade")
    with raw, combined:
        query = stamped({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"})
        send("POST", f"/api/v3/order?{query}&signature={sign(account, query)}")
        assert {json.loads(raw.recv(5))["e"] for _ in range(2)} == {"trade", "aggTrade"}
        envelopes = [json.loads(combined.recv(5)) for _ in range(2)]
        assert {e["stream"] for e in envelopes} == {"btcusdt@trade", "btcusdt@aggTrade"}
        assert {e["data"]["e"] for e in envelopes} == {"trade", "aggTrade"}
