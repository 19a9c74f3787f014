"""Starts ExchangeSim for a test, and knows where it listens."""

import json
import os
import re
import select
import subprocess
import tempfile
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS = 15
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Account:
    """A key and its secret; every account has money of its own."""

    key: str
    secret: str


FIRST = Account("simkey" + "1".zfill(58), "simsecret" + "1".zfill(55))


def executable() -> str:
    """Where ExchangeSim is: EXCHANGE_SIM, or what `swift build` made last."""
    if path := os.environ.get("EXCHANGE_SIM"):
        return path
    command = ["swift", "build", "--show-bin-path"]
    folder = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return str(Path(folder.stdout.strip()) / "ExchangeSim")


class Simulator:
    """A running exchange with its first account and as many others as a module's tests need."""

    def __init__(self, *options: str, accounts: int = 0):
        self.options = list(options)
        self.accounts = [
            Account(f"account{number:057d}", f"secret-of-{number}") for number in range(accounts)
        ]
        self.log = tempfile.TemporaryFile("w+")
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Simulator":
        with tempfile.TemporaryDirectory() as folder:
            options = self.options
            if self.accounts:
                path = Path(folder) / "accounts.json"
                path.write_text(json.dumps({"accounts": [self.entry(a) for a in self.accounts]}))
                options = [*options, "--accounts", str(path)]
            self.process = subprocess.Popen(
                [executable(), "--port", "0", *options],
                stdout=subprocess.PIPE,
                stderr=self.log,
                text=True,
            )
            line = self.ready_line()
        self.rest = self.address("rest", line)
        self.ws_api = self.address("ws-api", line)
        self.stream = self.address("stream", line)
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        assert self.process.wait(10) == 0, self.complaint("it did not end well")

    @staticmethod
    def entry(account: Account) -> dict:
        return {
            "balances": {"BTC": "10", "ETH": "100", "USDT": "1000000"},
            "makerFee": "0.0005",
            "takerFee": "0.001",
            "keys": [{"key": account.key, "secret": account.secret}],
        }

    def ready_line(self) -> str:
        stdout = self.process.stdout
        readable, _, _ = select.select([stdout], [], [], READY_SECONDS)
        line = stdout.readline() if readable else ""
        if not line.startswith("ready "):
            self.process.kill()
            raise AssertionError(self.complaint("it did not become ready"))
        return line

    def address(self, name: str, line: str) -> str:
        return re.search(rf" {name}=(\S+)", line)[1]

    def complaint(self, what: str) -> str:
        self.log.seek(0)
        return f"ExchangeSim: {what}\n{self.log.read()}"

    def control(self, method: str, path: str, **parameters: object) -> dict:
        """A request to the control API, which is not a part of Binance."""
        mark = "&" if "?" in path else "?"
        url = f"{self.rest}/sim/{path}{mark}{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as reply:
            return json.load(reply)
