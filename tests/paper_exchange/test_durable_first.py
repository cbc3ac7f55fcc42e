"""Nothing is shown before it is on the disk: tried with a disk that takes its time, or takes nothing."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from paper_exchange.records import Placed, Record
from paper_exchange.serve import CannotServe
from tests.paper_exchange.fixed_market import trade
from tests.paper_exchange.venue import Venue, order


class SlowDisk:
    """Writes return when the test lets them."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.full = False
        self.placed: list[str] = []
        self.writes = 0

    def write(self, records: Sequence[Record], rows: Sequence[bytes], first_kept: int, summary: bytes | None) -> None:
        assert self.free.wait(10)
        if self.full:
            raise OSError(28, "No space left on device")
        self.writes += 1
        self.placed += [record.client_order_id for record in records if isinstance(record, Placed)]

    def close(self) -> None:
        self.free.set()


@pytest.fixture
async def disk() -> SlowDisk:
    return SlowDisk()


@pytest.fixture
async def slow(disk: SlowDisk) -> AsyncIterator[Venue]:
    venue = Venue(disk, journaled=True)
    await venue.start()
    yield venue
    disk.free.set()
    await venue.stop()


async def test_answer_waits_for_the_disk(
    slow: Venue, disk: SlowDisk, eventually: Callable[..., asyncio.Future[None]]
) -> None:
    disk.free.clear()
    placing = asyncio.create_task(slow.place(order("a")))
    await eventually(lambda: slow.running.stats.orders == 1)
    asking = asyncio.create_task(slow.get("/orders?clientOrderId=a"))
    await eventually(lambda: slow.running.stats.requests == 2)
    done, _waiting = await asyncio.wait([placing, asking], timeout=0.05)
    assert (done, disk.placed) == (set(), [])
    disk.free.set()
    assert (await placing)[0]["result"] == "accepted"
    assert (await asking)["items"][0]["state"] == "open"
    assert disk.placed == ["a"]


async def test_feed_waits_for_the_disk(slow: Venue, disk: SlowDisk) -> None:
    _first, reader = await slow.read()
    disk.free.clear()
    happening = asyncio.create_task(slow.happen(trade(500_000, 1)))
    assert await reader.line() == []
    disk.free.set()
    assert await reader.sequences(1) == [1]
    await happening


async def test_many_requests_share_a_write(
    slow: Venue, disk: SlowDisk, eventually: Callable[..., asyncio.Future[None]]
) -> None:
    disk.free.clear()
    before = disk.writes
    placing = [asyncio.create_task(slow.place(order(f"o{n}"))) for n in range(50)]
    await eventually(lambda: slow.running.stats.orders == 50)
    disk.free.set()
    await asyncio.gather(*placing)
    assert disk.writes - before <= 2
    assert sorted(disk.placed) == sorted(f"o{n}" for n in range(50))


async def test_full_disk_accepts_nothing_and_stops_the_exchange(slow: Venue, disk: SlowDisk) -> None:
    never = asyncio.create_task(asyncio.Event().wait())
    ended = asyncio.create_task(slow.running.until(never))
    disk.full = True
    status, answer = await slow.ask("POST", "/orders", [order("a")])
    assert (status, "journal" in answer["error"]) == (503, True)
    with pytest.raises(CannotServe, match="No space left"):
        await ended
    never.cancel()
