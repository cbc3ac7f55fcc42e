"""Each benchmark runs, in its short form, and finds figures of a plausible shape. How fast anything is, is not asked here."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

ROOT = Path(__file__).parent.parent.parent
RUN_S_MAX = 90


def run(tmp_path: Path, *words: str) -> dict[str, Any]:
    """What it found, as JSON."""
    path = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--short", "--json", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.strip()
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    assert found["conditions"]["cpus"] >= 1
    return found


def rows(found: dict[str, Any], table: int) -> dict[str, dict[str, Any]]:
    """By the first cell, then by column."""
    columns, lines = found["tables"][table]["columns"], found["tables"][table]["rows"]
    return {line[0]: dict(zip(columns[1:], line[1:], strict=True)) for line in lines}


def is_latency(row: dict[str, Any]) -> bool:
    p50, p95, p99, most = (row[name]["median"] for name in ("p50 ms", "p95 ms", "p99 ms", "max ms"))
    return bool(0 < p50 <= p95 <= p99 <= most)


def test_prices(tmp_path: Path) -> None:
    found = run(tmp_path, "prices", "--symbols", "200", "--trades-per-second", "500")
    latency = rows(found, 0)["latency"]
    assert is_latency(latency)
    assert latency["updates"] > 50
    assert rows(found, 1)["trades on the exchange"]["a second"]["median"] > 50
    assert rows(found, 2)["broker"]["cores"]["median"] > 0


def test_orders_are_all_accounted_for(tmp_path: Path) -> None:
    found = run(tmp_path, "orders", "--orders-per-second", "50", "--watchers", "10", "--symbols", "200")
    placed = rows(found, 0)["50"]
    assert is_latency(placed)
    assert placed["errors"] == 0
    assert [is_latency(stretch) for stretch in rows(found, 1).values()] == [True]
    [accounts] = rows(found, 2).values()
    assert accounts["answered"] == 150
    assert (accounts["lost"], accounts["extra"], accounts["different"]) == (0, 0, 0)
    assert is_latency(rows(found, 3)["latency"])


def test_bars(tmp_path: Path) -> None:
    found = run(tmp_path, "bars", "--symbols", "100")
    layouts, histories, values, keeping = (rows(found, table) for table in range(4))
    assert layouts["packed, six hours a row"]["bytes a bar"] < layouts["a row a bar"]["bytes a bar"] / 2
    assert len(histories) == 5 * 7
    assert all(0 < row["p50 ms"] <= row["p99 ms"] and row["bars"] for row in histories.values()), histories
    assert all(0 < row["p50 ms"] <= row["most ms"] for row in values.values()), values
    assert keeping["the price path: feed read, day, cache, bus; mean"]["CPU µs a trade"] > 0
    assert keeping["taking trades: more than in the stretch beside it without; mean"]["standard error"] > 0
    assert keeping["storing them, every two minutes"]["CPU µs a trade"] > 0
    assert keeping["settling: once an hour, in the writer's thread"]["CPU µs a trade"] > 0


def test_fanout(tmp_path: Path) -> None:
    found = run(tmp_path, "fanout", "--watchers", "20")
    ways = rows(found, 0)
    assert all(row["updates/s"]["median"] > 100 for row in ways.values()), ways


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_http(tmp_path: Path) -> None:
    servers = rows(run(tmp_path, "http"), 0)
    assert {"granian+locksley", "granian+asgi", "granian+falcon"} <= set(servers)
    assert all(row["requests/s"]["median"] > 50 and row["us each"]["median"] > 1 for row in servers.values()), servers


def test_database(tmp_path: Path) -> None:
    found = run(tmp_path, "database")
    for table in found["tables"]:
        assert [row for row in table["rows"] if row[2]["median"] <= 0 or row[6]["median"] <= 0] == []


def test_json(tmp_path: Path) -> None:
    libraries = rows(run(tmp_path, "json"), 0)
    assert {"msgspec", "json (standard library)"} <= set(libraries)
    assert libraries["msgspec"]["of ours"] == "1.0 x"


def test_exchange_client(tmp_path: Path) -> None:
    found = run(tmp_path, "exchange-client")
    assert {row[0] for row in found["tables"][0]["rows"]} >= {"ours (aiohttp)", "aiohttp", "raw asyncio"}
    assert all(row[2]["median"] > 1 for row in found["tables"][0]["rows"])


def test_commands(tmp_path: Path) -> None:
    found = run(tmp_path, "commands")
    helps = rows(found, 0)
    assert {"locksley", "locksley admin invite", "paper-exchange serve", "python -m simulation"} <= set(helps)
    assert all(0 < row["median"] <= row["worst"] for row in helps.values()), helps
    assert [bar["limit"] for bar in found["bars"]] == [300]
