"""What every price cache promises; one more adapter is one more line in `ADAPTERS`."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from locksley.domain.price import Price
from locksley.price_cache.memory import MemoryPriceCache
from locksley.price_cache.port import PriceCache

Adapter = Callable[[], AbstractAsyncContextManager[PriceCache]]


@asynccontextmanager
async def memory() -> AsyncIterator[PriceCache]:
    yield MemoryPriceCache()


ADAPTERS: dict[str, Adapter] = {"memory": memory}


@pytest.fixture(params=sorted(ADAPTERS))
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[PriceCache]:
    async with ADAPTERS[request.param]() as made:
        yield made


def price(symbol: str, sequence: int, *, epoch: int = 1, volume: int = 0) -> Price:
    return Price(symbol, symbol, 10_000 + sequence, 10_000, None, None, None, volume, epoch, sequence, 1_000)


async def test_empty(cache: PriceCache) -> None:
    assert await cache.get_many(["A", "B"]) == [None, None]
    assert await cache.all() == []


async def test_what_was_put_is_read_in_the_order_asked(cache: PriceCache) -> None:
    await cache.put_many([price("A", 1), price("B", 2)])
    assert await cache.get_many(["B", "X", "A"]) == [price("B", 2), None, price("A", 1)]


async def test_every_member_survives(cache: PriceCache) -> None:
    whole = Price(
        "BRK.B", "Berkshire “B” 株", 5_010_050, 4_999_999, 1, 2, 3, 2**40, 1_795_383_537, 7, 1_795_383_537_123, 9
    )
    await cache.put_many([whole])
    assert await cache.get_many(["BRK.B"]) == [whole]


async def test_all_by_symbol(cache: PriceCache) -> None:
    await cache.put_many([price("C", 1), price("A", 2)])
    await cache.put_many([price("B", 3)])
    assert [known.symbol for known in await cache.all()] == ["A", "B", "C"]


async def test_newer_replaces(cache: PriceCache) -> None:
    await cache.put_many([price("A", 1)])
    await cache.put_many([price("A", 2)])
    assert await cache.get_many(["A"]) == [price("A", 2)]


async def test_older_does_not_replace(cache: PriceCache) -> None:
    await cache.put_many([price("A", 9)])
    await cache.put_many([price("A", 8), price("B", 1)])
    assert await cache.get_many(["A", "B"]) == [price("A", 9), price("B", 1)]


async def test_newer_epoch_replaces_higher_sequence(cache: PriceCache) -> None:
    await cache.put_many([price("A", 900, epoch=1)])
    await cache.put_many([price("A", 1, epoch=2)])
    await cache.put_many([price("A", 901, epoch=1)])
    assert await cache.get_many(["A"]) == [price("A", 1, epoch=2)]


async def test_same_version_with_more_volume_replaces(cache: PriceCache) -> None:
    await cache.put_many([price("A", 3, volume=100)])
    await cache.put_many([price("A", 3, volume=250)])
    assert await cache.get_many(["A"]) == [price("A", 3, volume=250)]


async def test_older_within_one_put_does_not_win(cache: PriceCache) -> None:
    await cache.put_many([price("A", 2), price("A", 1)])
    assert await cache.get_many(["A"]) == [price("A", 2)]


async def test_nobody_can_change_what_is_handed_out(cache: PriceCache) -> None:
    await cache.put_many([price("A", 1)])
    [read] = await cache.get_many(["A"])
    with pytest.raises(AttributeError):
        setattr(read, "price_e4", 2)  # noqa: B010  (a type checker would not let it be written plainly)
    assert await cache.get_many(["A"]) == [price("A", 1)]
