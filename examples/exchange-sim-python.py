#!/usr/bin/env python3
"""Trades on ExchangeSim with Python's standard library: how Binance's requests are signed.

    ExchangeSim --port 8080 &
    examples/exchange-sim-python.py http://127.0.0.1:8080
"""

import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

REST = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
KEY = "simkey" + "1".zfill(58)
SECRET = "simsecret" + "1".zfill(55)


def call(method: str, path: str, **parameters: object) -> dict:
    """A signed request; the signature covers the encoded query exactly as it is sent."""
    parameters["timestamp"] = int(time.time() * 1000)
    query = urllib.parse.urlencode(parameters)
    signature = hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
    request = urllib.request.Request(
        f"{REST}{path}?{query}&signature={signature}",
        method=method,
        headers={"X-MBX-APIKEY": KEY},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as refusal:
        # A refusal is an answer too: a code and a text.
        return json.load(refusal)


LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}

order = call("POST", "/api/v3/order", **LIMIT, quantity="0.01", price="50000")
print("resting:", order["orderId"], order["status"])
gone = call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=order["orderId"])
print("cancelled:", gone["status"])

bought = call("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.5")
for fill in bought["fills"]:
    print("bought:", fill["qty"], "at", fill["price"], "fee", fill["commission"])

print("refused:", call("POST", "/api/v3/order", **LIMIT, quantity="100", price="50000"))
account = call("GET", "/api/v3/account", omitZeroBalances="true")
print("balance:", {balance["asset"]: balance["free"] for balance in account["balances"]})
