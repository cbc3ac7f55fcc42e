"""The day of the quote and today's daily bar are one: whatever was asked before, and after a restart."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.process import LocksleyUp
from tests.acceptance.residents import move_in
from tests.acceptance.waiting import eventually
from tests.web.client import Client

ASKED_BEFORE = ((), ("1d",), ("5m",), ("1s", "1w"), ("1h", "1d"))
MARKET = ("--symbols", str(2 * len(ASKED_BEFORE)), "--trades-per-second", "20")


def day_of_quote(person: Client, symbol: str) -> tuple[int, ...]:
    quote = person.ask("GET", f"/symbol/{symbol}").json
    return tuple(
        quote[name] for name in ("dayOpenInCents", "dayHighInCents", "dayLowInCents", "priceInCents", "dayVolume")
    )


def day_of_bars(person: Client, symbol: str, interval: str = "1d") -> tuple[int, ...]:
    bars: list[dict[str, Any]] = person.ask("GET", f"/symbol/{symbol}/history?range=1d&interval={interval}").json
    return (
        bars[0]["openInCents"],
        max(bar["highInCents"] for bar in bars),
        min(bar["lowInCents"] for bar in bars),
        bars[-1]["closeInCents"],
        sum(bar["volume"] for bar in bars),
    )


def agree(person: Client, symbol: str) -> bool:
    return day_of_quote(person, symbol) == day_of_bars(person, symbol) == day_of_bars(person, symbol, "1m")


@pytest.mark.parametrize("restart", [False, True])
def test_quote_and_daily_bar_agree(tmp_path: Path, restart: bool) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    [resident] = move_in(data_dir, 1)
    with LocksleyUp(data_dir, *MARKET, log=log) as up:
        person = Client(up.port, resident.token)
        symbols = [listed["symbol"] for listed in person.ask("GET", "/symbols?limit=100").json]
        for symbol, before in zip(symbols, ASKED_BEFORE, strict=False):
            for interval in before:
                person.ask("GET", f"/symbol/{symbol}/history?interval={interval}")
            eventually(f"{symbol} agrees after {before}", partial(agree, person, symbol))
        if not restart:
            return
        up.interrupt()
    with LocksleyUp(data_dir, *MARKET, log=log) as up:
        person = Client(up.port, resident.token)
        for symbol in symbols:
            eventually(f"{symbol} agrees after a restart", partial(agree, person, symbol))
