"""The order index on a disk that is full for a while: what is in it is found meanwhile, and it takes more as soon as there is room."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from locksley.domain.errors import StorageUnavailable
from locksley.order_index.port import Owner
from locksley.order_index.rocksdb import RocksOrderIndex
from tests.kills.disk import can_mount, small_disk

ANN = Owner("01a", "ann")
PUTS_MAX = 10_000


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Any]:
    if not can_mount():
        pytest.skip("only root may mount a small file system")
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def test_full_for_a_while(small: Any) -> None:
    index = RocksOrderIndex(small.path / "index")
    try:
        index.put_many([("XA", ANN)])
        small.fill()
        put = put_until_full(index)
        for _ in range(3):
            with pytest.raises(StorageUnavailable):
                index.put_many([("XB", ANN)])
        assert index.get_many(["XA", *put]) == [ANN] * (1 + len(put))
        small.make_room()
        index.put_many([("XB", ANN)])
        assert index.get_many(["XA", "XB", *put]) == [ANN] * (2 + len(put))
    finally:
        index.close()
    again = RocksOrderIndex(small.path / "index")
    assert again.get_many(["XA", "XB", *put]) == [ANN] * (2 + len(put))
    again.close()


def put_until_full(index: RocksOrderIndex) -> list[str]:
    """What was still put."""
    put: list[str] = []
    while len(put) < PUTS_MAX:
        try:
            index.put_many([(f"Y{len(put)}", ANN)])
        except StorageUnavailable:
            return put
        put.append(f"Y{len(put)}")
    raise AssertionError("the disk is never full")
