"""Two brokers at one exchange: each has a feed by its own name; where they share one, the log says so and what to do."""

import stat
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from locksley.clock import ManualClock
from locksley.exchange.cut_short import CutShort
from locksley.exchange.own_name import own_name
from tests.exchange.real_exchange import real_exchange
from tests.exchange.test_over_the_wire import BUSY, client, live


@pytest.fixture(autouse=True)
def uncached_loggers() -> Any:
    before = structlog.get_config()
    structlog.configure(cache_logger_on_first_use=False)
    yield
    structlog.configure(**before)


def thrown_off(entries: Any) -> list[Any]:
    return [entry for entry in entries if entry["event"] == "feed_thrown_off"]


def test_name_of_a_data_directory(tmp_path: Path) -> None:
    names = [own_name(tmp_path / "a"), own_name(tmp_path / "b"), own_name(tmp_path / "a")]
    assert names[0] == names[2] != names[1]
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe", b"two words\n", b"x" * 200])
def test_damaged_name(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "a").write_bytes(damaged)
    name = own_name(tmp_path / "a")
    assert name.startswith("locksley-")
    assert own_name(tmp_path / "a") == name


async def test_two_names() -> None:
    async with real_exchange(*BUSY) as exchange, client(exchange) as market_data:
        with capture_logs() as entries:
            async with live(exchange, market_data, "ada") as one, live(exchange, market_data, "bob") as other:
                await one.until(lambda: len(one.told) >= 1_000)
                await other.until(lambda: len(other.told) >= 1_000)
                assert (one.reader.connects_count, other.reader.connects_count) == (1, 1)
        assert thrown_off(entries) == []


async def test_one_name() -> None:
    async with real_exchange(*BUSY) as exchange, client(exchange) as market_data:
        with capture_logs() as entries:
            async with live(exchange, market_data, "ada") as one, live(exchange, market_data, "ada") as other:
                await one.until(lambda: min(one.reader.connects_count, other.reader.connects_count) > 6)
        told = thrown_off(entries)
        assert told
        assert (told[0]["log_level"], told[0]["times"]) == ("error", 5)
        assert "--exchange-client" in told[0]["remedy"]


def test_feed_that_lived_long_begins_the_count_anew() -> None:
    clock = ManualClock(0)
    cut_short = CutShort(clock, 1_000, 3)
    struck = []
    with capture_logs() as entries:
        for lived_ms in (10, 10, 1_000, 10, 10, 10, 1_000):
            cut_short.opened()
            clock.advance(lived_ms)
            cut_short.ended()
            cut_short.ended()  # one that did not open
            struck.append(cut_short.is_struck)
    assert struck == [False, False, False, False, False, True, False]
    assert [entry["times"] for entry in thrown_off(entries)] == [3]
