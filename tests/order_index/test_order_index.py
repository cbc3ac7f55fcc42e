"""The index's promises, on every adapter; then what only a tree on disk can suffer."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from locksley.domain.errors import StorageUnavailable
from locksley.order_index.memory import MemoryOrderIndex
from locksley.order_index.port import OrderIndex, Owner
from locksley.order_index.rocksdb import RocksOrderIndex

ANN, BOB = Owner("01a", "ann"), Owner("01b", "bob")

ADAPTERS: dict[str, Callable[[Path], OrderIndex]] = {
    "memory": lambda _: MemoryOrderIndex(),
    "rocksdb": lambda path: RocksOrderIndex(path / "index"),
}


@pytest.fixture(params=sorted(ADAPTERS))
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OrderIndex]:
    index = ADAPTERS[request.param](tmp_path)
    yield index
    index.close()


def test_what_was_put_is_found_in_the_order_asked(index: OrderIndex) -> None:
    index.put_many([("XA", ANN), ("XB", BOB)])
    assert index.get_many(["XB", "unknown", "XA", "XB"]) == [BOB, None, ANN, BOB]


def test_asking_for_nothing(index: OrderIndex) -> None:
    index.put_many([])
    assert index.get_many([]) == []


def test_put_again_is_found_once_more(index: OrderIndex) -> None:
    index.put_many([("XA", ANN)])
    index.put_many([("XA", ANN)])
    assert index.get_many(["XA"]) == [ANN]


def test_a_prefix_of_an_id_is_not_the_id(index: OrderIndex) -> None:
    index.put_many([("XA-10", ANN)])
    assert index.get_many(["XA-1", "XA-100", "XA"]) == [None, None, None]


def test_many(index: OrderIndex) -> None:
    entries = [(f"X{n}", Owner(f"order-{n}", f"person-{n % 7}")) for n in range(5_000)]
    index.put_many(entries)
    assert index.get_many([external_id for external_id, _ in entries]) == [owner for _, owner in entries]


def test_whole_is_said_once_it_is_and_no_longer_after_clearing(index: OrderIndex) -> None:
    said = [index.is_whole]
    index.put_many([("XA", ANN)])
    index.mark_whole()
    said.append(index.is_whole)
    index.clear()
    said.append(index.is_whole)
    assert said == [False, True, False]
    assert index.get_many(["XA"]) == [None]
    index.put_many([("XA", ANN)])
    assert index.get_many(["XA"]) == [ANN]


def test_a_tree_on_disk_is_there_again(tmp_path: Path) -> None:
    first = RocksOrderIndex(tmp_path / "index")
    first.put_many([("XA", ANN)])
    first.mark_whole()
    first.close()
    again = RocksOrderIndex(tmp_path / "index")
    assert again.is_whole
    assert again.get_many(["XA"]) == [ANN]
    again.close()


@pytest.mark.parametrize("damaged", ["CURRENT", "MANIFEST-*"])
def test_a_damaged_tree_is_made_anew(tmp_path: Path, damaged: str) -> None:
    first = RocksOrderIndex(tmp_path / "index")
    first.put_many([("XA", ANN)])
    first.mark_whole()
    first.close()
    files = list((tmp_path / "index").glob(damaged))
    assert files
    for file in files:
        file.write_bytes(b"\xff" * 100)
    again = RocksOrderIndex(tmp_path / "index")
    assert not again.is_whole
    assert again.get_many(["XA"]) == [None]
    again.put_many([("XA", ANN)])
    assert again.get_many(["XA"]) == [ANN]
    again.close()


def test_a_file_in_its_place_is_made_a_tree(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("no tree")
    index = RocksOrderIndex(tmp_path / "index")
    assert not index.is_whole
    index.put_many([("XA", ANN)])
    assert index.get_many(["XA"]) == [ANN]
    index.close()


def damage_blocks(path: Path, *, at: float, count: int) -> None:
    """So far into the file; the tree still opens."""
    files = list(path.glob("*.sst"))
    assert files
    for file in files:
        with file.open("r+b") as opened:
            opened.seek(20 + int(file.stat().st_size * at))
            opened.write(b"\xa5" * count)


def test_a_damaged_first_block_is_not_whole_and_can_be_cleared(tmp_path: Path) -> None:
    first = RocksOrderIndex(tmp_path / "index")
    first.put_many([("XA", ANN)])
    first.mark_whole()
    first.close()
    damage_blocks(tmp_path / "index", at=0, count=60)
    again = RocksOrderIndex(tmp_path / "index")
    assert not again.is_whole
    again.clear()
    again.put_many([("XA", ANN)])
    assert again.get_many(["XA"]) == [ANN]
    again.close()


def test_a_damaged_later_block_is_made_anew_at_the_next_start(tmp_path: Path) -> None:
    entries = [(f"X{n:06}", Owner(f"order-{n}", "ann")) for n in range(5_000)]
    first = RocksOrderIndex(tmp_path / "index")
    first.put_many(entries)
    first.mark_whole()
    first.close()
    damage_blocks(tmp_path / "index", at=0.4, count=100)
    again = RocksOrderIndex(tmp_path / "index")
    assert again.is_whole
    with pytest.raises(StorageUnavailable):
        again.get_many([external_id for external_id, _ in entries])
    again.close()
    third = RocksOrderIndex(tmp_path / "index")
    assert not third.is_whole
    third.close()


def test_one_that_can_not_write_its_last_file_closes_all_the_same(tmp_path: Path) -> None:
    """As on a full disk: who closes it has more to close, and more to say than that of what is made anew."""
    index = RocksOrderIndex(tmp_path / "index")
    index.put_many([("XA", ANN)])
    shutil.rmtree(tmp_path / "index")
    index.close()
