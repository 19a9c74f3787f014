"""One exchange for each module, one account for each test."""

import os

import pytest

from simulator import Account, Simulator
from venues import Driven, asynchronous, blocking

# A proxy of the environment must not get between a client and the loopback address.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

ACCOUNTS = 150


@pytest.fixture(scope="module")
def simulator():
    """A still market, which puts back what was taken; limits are counted, not enforced."""
    with Simulator("--market-interval", "0", "--no-rate-limits", accounts=ACCOUNTS) as running:
        yield running


@pytest.fixture(scope="module")
def unused_accounts(simulator: Simulator):
    return iter(simulator.accounts)


@pytest.fixture
def account(unused_accounts) -> Account:
    return next(unused_accounts)


@pytest.fixture
def other_account(unused_accounts) -> Account:
    return next(unused_accounts)


@pytest.fixture(params=["sync", "async"])
def exchange(request, simulator: Simulator, account: Account):
    """ccxt's synchronous and asynchronous class, with the account of the test."""
    if request.param == "sync":
        yield blocking(simulator, account)
    else:
        driven = Driven(asynchronous(simulator, account))
        yield driven
        driven.close()


@pytest.fixture
def other(simulator: Simulator, other_account: Account):
    """Somebody else to trade with."""
    return blocking(simulator, other_account)
