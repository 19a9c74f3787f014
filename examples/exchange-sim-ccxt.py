#!/usr/bin/env python3
"""Trades on ExchangeSim with ccxt: only the hosts of its URLs are replaced.

    ExchangeSim --port 8080 &
    pip install ccxt && examples/exchange-sim-ccxt.py http://127.0.0.1:8080
"""

import re
import sys

import ccxt

rest = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
exchange = ccxt.binance(
    {
        "apiKey": "simkey" + "1".zfill(58),
        "secret": "simsecret" + "1".zfill(55),
        "options": {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False},
    }
)
for name, url in exchange.urls["api"].items():
    exchange.urls["api"][name] = re.sub(r"^https://[^/]+", rest, url)

book = exchange.fetch_order_book("BTC/USDT", 5)
print("best bid and ask:", book["bids"][0], book["asks"][0])

resting = exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
print("resting:", resting["id"], resting["status"])
print("cancelled:", exchange.cancel_order(resting["id"], "BTC/USDT")["status"])

bought = exchange.create_order("BTC/USDT", "market", "buy", 0.5)
print("bought:", bought["filled"], "at", bought["average"], "in", len(bought["trades"]), "trades")

try:
    exchange.create_order("BTC/USDT", "limit", "buy", 100, 50_000)
except ccxt.InsufficientFunds as refusal:
    print("refused:", refusal)
print("balance:", exchange.fetch_balance()["total"])
