"""The examples do what they show."""

import shutil
import subprocess
import sys

import pytest

from simulator import ROOT, Simulator


@pytest.fixture(scope="module")
def simulator():
    with Simulator("--market-interval", "0") as running:
        yield running


def run(simulator: Simulator, name: str) -> str:
    path = ROOT / "examples" / name
    command = [sys.executable, path] if path.suffix == ".py" else [path]
    ended = subprocess.run([*command, simulator.rest], capture_output=True, text=True, timeout=20)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_ccxt(simulator):
    output = run(simulator, "exchange-sim-ccxt.py")
    assert "cancelled: canceled" in output
    assert "bought: 0.5 at 6000" in output
    assert "refused: binance Account has insufficient balance" in output


def test_python(simulator):
    output = run(simulator, "exchange-sim-python.py")
    assert "cancelled: CANCELED" in output
    assert output.count("bought:") > 1
    assert "'code': -2010" in output


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_curl(simulator):
    output = run(simulator, "exchange-sim-curl.sh")
    assert '"status":"CANCELED"' in output
    assert '"status":"FILLED"' in output
    assert '"code":-2010' in output
    assert '"balances":[' in output
