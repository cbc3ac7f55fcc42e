"""A paper exchange and a broker, each a process, with people who are signed in: what `prices` and `orders` load."""

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import msgspec

from bench.people import sign_up
from bench.processes import READY_S_MAX, Child, Failed, child

SEED = 1


class Market(NamedTuple):
    """The made-up market is asked for more than the bar needs: its rate comes in bursts."""

    symbols: int
    trades_per_second: int


class Spine(NamedTuple):
    exchange: Child
    exchange_url: str
    broker: Child
    port: int
    tokens: list[str]
    symbols: list[str]

    def ask(self, path: str) -> Any:
        """The exchange."""
        return get_json(self.exchange_url + path)


@contextlib.contextmanager
def spine(market: Market, people: int) -> Iterator[Spine]:
    with tempfile.TemporaryDirectory(prefix="locksley-bench-") as directory, contextlib.ExitStack() as started:
        data_dir = Path(directory) / "data"
        tokens = sign_up(data_dir, people)
        exchange = started.enter_context(child(*_exchange(market, data_dir / "exchange.journal")))
        exchange_url = exchange.hear().rpartition(" ")[2]
        broker = started.enter_context(child(*_broker(exchange_url, data_dir)))
        url = broker.hear().rpartition(" ")[2]
        _until_ready(url)
        yield Spine(exchange, exchange_url, broker, urlsplit(url).port or 0, tokens, _symbols(exchange_url))


def _exchange(market: Market, journal: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "paper_exchange", "serve", "--port", "0", "--journal", str(journal)),
        *("--symbols", str(market.symbols), "--trades-per-second", str(market.trades_per_second)),
        *("--seed", str(SEED), "--until-stdin-closes"),
    ]


def _broker(exchange_url: str, data_dir: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "locksley", "up", "--port", "0"),
        *("--exchange-url", exchange_url, "--data-dir", str(data_dir)),
    ]


def _until_ready(url: str) -> None:
    deadline = time.monotonic() + READY_S_MAX
    while time.monotonic() < deadline:
        with contextlib.suppress(URLError), urlopen(f"{url}/readyz", timeout=READY_S_MAX):
            return
        time.sleep(0.05)
    raise Failed(f"the broker at {url} was not ready within {READY_S_MAX:.0f} s")


def _symbols(exchange_url: str) -> list[str]:
    """All of them, the most traded of the day first."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = get_json(f"{exchange_url}/symbols{cursor}")
        items += page["items"]
        if page.get("next") is None:
            break
        cursor = f"?cursor={page['next']}"
    return [item["symbol"] for item in sorted(items, key=lambda item: -item["dayVolume"])]


def get_json(url: str) -> Any:
    with urlopen(url, timeout=READY_S_MAX) as answer:
        return msgspec.json.decode(answer.read())


def get_page(address: str, path: str, token: str) -> tuple[list[Any], str | None]:
    """The items, and the path of the next page."""
    request = Request(address + path, headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=READY_S_MAX) as answer:
        link = answer.headers.get("Link")
        return msgspec.json.decode(answer.read()), link and link.partition("<")[2].partition(">")[0]
