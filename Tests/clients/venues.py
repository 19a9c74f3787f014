"""ccxt's own classes, pointed at the simulator by their URLs and nothing else."""

import asyncio
import inspect
import re

import ccxt
import ccxt.async_support
import ccxt.pro

from simulator import Account, Simulator

SPOT_ONLY = {
    "fetchMarkets": {"types": ["spot"]},
    "fetchCurrencies": False,
    "fetchMargins": False,
}


def point(exchange, simulator: Simulator):
    """Replaces the host of every URL."""
    api = exchange.urls["api"]
    for name, url in api.items():
        if isinstance(url, str):
            api[name] = re.sub(r"^https://[^/]+", simulator.rest, url)
    if "ws" in api:
        api["ws"]["spot"] = simulator.stream + "/ws"
        api["ws"]["ws-api"]["spot"] = simulator.ws_api
    return exchange


def configuration(account: Account | None, **options: object) -> dict:
    settings = {"enableRateLimit": False, "options": dict(SPOT_ONLY, **options)}
    if account:
        settings |= {"apiKey": account.key, "secret": account.secret}
    return settings


def blocking(simulator: Simulator, account: Account | None = None, **options: object):
    return point(ccxt.binance(configuration(account, **options)), simulator)


def asynchronous(simulator: Simulator, account: Account | None = None, **options: object):
    return point(ccxt.async_support.binance(configuration(account, **options)), simulator)


def streaming(simulator: Simulator, account: Account | None = None, **options: object):
    return point(ccxt.pro.binance(configuration(account, **options)), simulator)


class Driven:
    """Runs an asynchronous exchange to the end of each call, so that one test serves both."""

    def __init__(self, exchange):
        self.loop = asyncio.new_event_loop()
        self.exchange = exchange

    def __getattr__(self, name: str):
        member = getattr(self.exchange, name)
        if not callable(member):
            return member

        def call(*arguments, **named):
            result = member(*arguments, **named)
            if not inspect.isawaitable(result):
                return result

            async def whole():
                return await result

            return self.loop.run_until_complete(whole())

        return call

    def close(self):
        self.loop.run_until_complete(self.exchange.close())
        self.loop.close()
