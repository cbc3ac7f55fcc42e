"""`locksley archive`, as a process, beside a broker that runs: whole days of closed orders, and nothing taken away."""

import gzip
import json
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest

from locksley.backup.archive_file import FORMAT, WHAT, BadArchive, Head, check, name_of, write
from tests.backup.test_under_load import locksley
from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

DAY_MS = 86_400_000
TODAY = datetime.now(UTC).date()
YESTERDAY, BEFORE_THAT = TODAY - timedelta(1), TODAY - timedelta(2)


class Aged(NamedTuple):
    """A broker that runs, with orders by when they were closed."""

    data_dir: Path
    person: Client
    orders: dict[str, list[str]]


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aged]:
    data_dir = tmp_path_factory.mktemp("aged")
    with Broker(data_dir) as broker:
        person = sign_up(broker)
        filled = [person.buy(shares).json["orderId"] for shares in (3, 2, 1)]
        open_, taken_back = (person.buy(1, 5_000).json["orderId"] for _ in range(2))
        assert person.ask("DELETE", f"/order/{taken_back}").status == 200
        orders = {
            "earlier": filled[:1],
            "yesterday": sorted((filled[1], taken_back)),
            "today": filled[2:],
            "open": [open_],
        }
        connection = apsw.Connection(str(data_dir / "orders.sqlite"))
        connection.set_busy_timeout(10_000)
        for days, when in ((2, "earlier"), (1, "yesterday"), (2, "open")):
            for order_id in orders[when]:
                aging = "UPDATE orders SET updated_at_ms = updated_at_ms - ? WHERE order_id = ?"
                connection.execute(aging, (days * DAY_MS, order_id))
        connection.close()
        yield Aged(data_dir, person, orders)


@pytest.fixture
def archived(written: Path, tmp_path: Path) -> Path:
    """A copy, to do with what one likes."""
    return Path(shutil.copytree(written, tmp_path / "archive"))


@pytest.fixture(scope="module")
def written(aged: Aged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "archive"
    done = locksley("archive", "--before", str(TODAY), "--to", str(folder), "--data-dir", str(aged.data_dir))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder}: 2 days, 3 orders closed before {TODAY}\n"
    assert done.stderr.splitlines()[0].startswith(f"{name_of(BEFORE_THAT)}: 1 order, 1 fill, ")
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def rows(path: Path, kind: str) -> list[Any]:
    return [line[kind] for line in lines(path) if kind in line]


def test_days_of_closed_orders(aged: Aged, archived: Path) -> None:
    assert sorted(path.name for path in archived.iterdir()) == [name_of(BEFORE_THAT), name_of(YESTERDAY)]
    assert [order["order_id"] for order in rows(archived / name_of(BEFORE_THAT), "order")] == aged.orders["earlier"]
    file = archived / name_of(YESTERDAY)
    assert [order["order_id"] for order in rows(file, "order")] == aged.orders["yesterday"]
    assert lines(file)[0]["head"]["day"] == str(YESTERDAY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = locksley("archive", "--check", str(archived))
    assert (read.returncode, read.stdout.count("\n"), read.stderr) == (0, 2, "")


def test_every_row_is_as_it_is_in_the_database(aged: Aged, archived: Path) -> None:
    connection = apsw.Connection(str(aged.data_dir / "orders.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    for kind, table, key in (
        ("order", "orders", "order_id"),
        ("fill", "fills", "fill_id"),
        ("audit", "audit", "audit_id"),
    ):
        of_all = [row for path in sorted(archived.iterdir()) for row in rows(path, kind)]
        wanted = aged.orders["earlier"] + aged.orders["yesterday"]
        cursor = connection.execute(f"SELECT * FROM {table} WHERE order_id IN (?, ?, ?)", wanted)
        kept = [dict(zip((c[0] for c in cursor.getdescription()), row, strict=True)) for row in cursor]
        assert kept
        assert sorted(of_all, key=lambda row: row[key]) == sorted(kept, key=lambda row: row[key])
    connection.close()


def test_nothing_is_removed(aged: Aged, archived: Path) -> None:
    listed = {order["orderId"] for order in aged.person.get("/orders")}
    assert listed == {order_id for ids in aged.orders.values() for order_id in ids}
    assert len(aged.person.get("/activity")) == 4
    audit = locksley("audit", aged.orders["earlier"][0], "--data-dir", str(aged.data_dir))
    assert audit.returncode == 0
    assert locksley("reconcile", "--data-dir", str(aged.data_dir)).returncode == 0


def test_day_that_is_there_is_left_as_it_is(aged: Aged, archived: Path) -> None:
    """A run that was cut off left a piece, and one day is missing: the next run makes what is missing and touches nothing else."""
    there, missing = archived / name_of(BEFORE_THAT), archived / name_of(YESTERDAY)
    before, whole = there.stat(), missing.read_bytes()
    missing.unlink()
    (archived / f"{missing.name}.partial").write_bytes(whole[:100])
    again = locksley("archive", "--before", str(TODAY), "--to", str(archived), "--data-dir", str(aged.data_dir))
    assert again.returncode == 0, again.stderr
    assert "there already" in again.stderr
    assert (there.stat().st_ino, there.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert missing.read_bytes() == whole
    assert list(archived.glob("*.partial")) == []


def _without(kind: str) -> Callable[[bytes], bytes]:
    def change(packed: bytes) -> bytes:
        kept = gzip.decompress(packed).splitlines(keepends=True)
        kept.remove(next(line for line in kept if line.startswith(b'{"%s"' % kind.encode())))
        return gzip.compress(b"".join(kept))

    return change


def _flipped(packed: bytes) -> bytes:
    text = gzip.decompress(packed)
    place = text.index(b'"symbol":"META"') + len(b'"symbol":"')
    return gzip.compress(text[:place] + b"BETA" + text[place + 4 :])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda packed: packed[:-20], "cut short or damaged"),
        (lambda packed: b"", "last line is missing"),
        (lambda packed: b"no gzip at all", "cut short or damaged"),
        (lambda packed: packed + packed, "goes on after its last line"),
        (lambda _: gzip.compress(b'{"order": {}}\n'), "no archive of closed orders"),
        (_without("end"), "last line is missing"),
        (_without("head"), "no archive of closed orders"),
        (_without("audit"), "not those that it was made of"),
        (_without("fill"), "not those that it was made of"),
        (_without("order"), "and not the order"),
        (_flipped, "not those that it was made of"),
    ],
    ids=["cut", "empty", "text", "twice", "other", "no-end", "no-head", "no-audit", "no-fill", "no-order", "changed"],
)
def test_damaged_file(archived: Path, damage: Callable[[bytes], bytes], said: str) -> None:
    file = archived / name_of(BEFORE_THAT)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(BadArchive, match=said):
        check(file)


def test_damaged_file_is_told(aged: Aged, archived: Path) -> None:
    file = archived / name_of(BEFORE_THAT)
    file.write_bytes(file.read_bytes()[:-20])
    read = locksley("archive", "--check", str(archived))
    assert (read.returncode, read.stdout.count("\n")) == (1, 1)
    assert f"{file}: it is cut short" in read.stderr
    again = locksley("archive", "--before", str(TODAY), "--to", str(archived), "--data-dir", str(aged.data_dir))
    assert (again.returncode, again.stdout) == (1, "")
    assert "cut short" in again.stderr


def test_fills_that_do_not_add_up(tmp_path: Path) -> None:
    head = Head(WHAT, FORMAT, str(YESTERDAY), 5, "1")
    at_ms = int(datetime.now(UTC).timestamp() * 1000) - DAY_MS
    order = {"order_id": "o1", "filled_shares": 3, "updated_at_ms": at_ms}
    fills = [{"order_id": "o1", "num_shares": shares} for shares in (1, 2)]
    path = tmp_path / "day"
    with pytest.raises(BadArchive, match="fills of order o1 differ from its filled shares by 2"):
        write(path, head, [("order", order), ("fill", fills[0])])
    assert list(tmp_path.iterdir()) == []
    assert write(path, head, [("order", order), *(("fill", one) for one in fills)]).fills == 2
    with pytest.raises(FileExistsError):
        write(path, head, [])


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--before", str(TODAY)],
        ["--to", "somewhere"],
        ["--before", "yesterday", "--to", "somewhere"],
        ["--before", str(TODAY + timedelta(2)), "--to", "somewhere"],
        ["--before", str(TODAY), "--to", "somewhere", "--data-dir", "nowhere"],
        ["--check", "nothing.gz"],
        ["--check", "nothing.gz", "--before", str(TODAY)],
    ],
)
def test_bad_use(tmp_path: Path, words: list[str]) -> None:
    done = locksley(
        "archive", *[word if not word.endswith(("where", ".gz")) else str(tmp_path / word) for word in words]
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert list(tmp_path.iterdir()) == []
