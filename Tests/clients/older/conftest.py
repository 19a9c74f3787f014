"""An exchange with listen keys, and accounts that sign with a public key."""

import os

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from simulator import Account, Simulator

# A proxy of the environment must not get between a client and the loopback address.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

PRIVATE_KEYS = {
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def public_account(kind: str) -> Account:
    """An account whose secret is a private key in PEM."""
    pem = PRIVATE_KEYS[kind].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Account(f"{kind:0>64}", pem.decode())


class MixedSimulator(Simulator):
    """Also knows accounts of which it has the public half only."""

    @staticmethod
    def entry(account: Account) -> dict:
        entry = Simulator.entry(account)
        for kind, key in PRIVATE_KEYS.items():
            if account.key == f"{kind:0>64}":
                pem = key.public_key().public_bytes(
                    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
                )
                entry["keys"] = [{"key": account.key, "publicKey": pem.decode()}]
        return entry


@pytest.fixture(scope="module")
def simulator():
    """A still market with listen keys; limits are counted, not enforced."""
    options = ["--market-interval", "0", "--no-rate-limits", "--legacy-listen-key"]
    server = MixedSimulator(*options, accounts=20)
    server.accounts += [public_account(kind) for kind in PRIVATE_KEYS]
    with server as running:
        yield running


@pytest.fixture(scope="module")
def unused_accounts(simulator: Simulator):
    return iter(simulator.accounts)


@pytest.fixture
def account(unused_accounts) -> Account:
    return next(unused_accounts)
