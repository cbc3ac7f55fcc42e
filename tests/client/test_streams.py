import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from locksley.client import AsyncClient, OrderUpdate, PriceUpdate, Reset, TooMany, Unacceptable
from locksley.client.live_stream import LiveStream
from locksley.client.order_updates import OrderStream
from locksley.client.watching import PriceStream
from tests.client.conftest import QUICK
from tests.client.faulty_line import FaultyLine
from tests.paper_exchange.fixed_market import trade
from tests.web.broker import Broker
from tests.web.conftest import sign_up

DEADLINE_S = 20


@pytest.fixture(autouse=True)
async def bounded() -> AsyncIterator[None]:
    async with asyncio.timeout(DEADLINE_S):
        yield


async def next_price(stream: PriceStream, price_in_cents: int | None = None) -> PriceUpdate:
    async for event in stream:
        if isinstance(event, PriceUpdate) and price_in_cents in (None, event.price_in_cents):
            return event
    raise AssertionError("the stream ended")


async def next_order(stream: OrderStream) -> OrderUpdate:
    event = await anext(stream)
    assert isinstance(event, OrderUpdate), event
    return event


async def test_watch_begins_with_every_symbol_and_goes_on(broker: Broker, person: AsyncClient) -> None:
    async with person.watch("META", "AAPL") as stream:
        assert {(await next_price(stream)).symbol for _ in range(2)} == {"META", "AAPL"}
        broker.happen(trade(1_000_100, 100))
        update = await next_price(stream, 10_001)
        assert (update.symbol, update.num_shares) == ("META", 100)


async def test_watch_comes_back_with_the_newest_prices(broker: Broker, person: AsyncClient, line: FaultyLine) -> None:
    async with person.watch("META") as stream:
        first = await next_price(stream)
        line.cut()
        broker.happen(trade(1_000_200, 100))
        again = await next_price(stream, 10_002)
        assert (again.epoch, again.sequence) > (first.epoch, first.sequence)
        assert line.requests == 2


async def test_add_and_remove_while_watching(broker: Broker, person: AsyncClient, line: FaultyLine) -> None:
    async with person.watch("META") as stream:
        await next_price(stream)
        await stream.add("AAPL")
        assert (await next_price(stream)).symbol == "AAPL"
        await stream.remove("META")
        assert stream.symbols == ("AAPL",)
        with pytest.raises(Unacceptable):
            await stream.add("NOPE")
        line.cut()
        broker.happen(trade(1_000_300, 100), trade(1_040_000, 100, "AAPL"))
        assert (await next_price(stream, 10_400)).symbol == "AAPL"


async def test_unknown_symbol_and_too_many_streams_are_refused(strict_broker: Broker) -> None:
    url, token = f"http://127.0.0.1:{strict_broker.port}", sign_up(strict_broker).token
    async with AsyncClient(url, token, retries=QUICK) as person:
        async with person.watch("NOPE") as stream:
            with pytest.raises(Unacceptable):
                await anext(stream)
        async with person.watch("META") as one, person.watch("META") as two, person.watch("META") as third:
            await anext(one)
            await anext(two)
            with pytest.raises(TooMany):
                await anext(third)


async def test_order_updates_are_complete_across_breaks(person: AsyncClient, line: FaultyLine) -> None:
    async with person.order_updates(after=0) as stream:
        numbers, placed = [], []
        for price_in_cents in range(101, 106):
            placed.append((await person.buy("META", 1, limit_in_cents=price_in_cents)).order.order_id)
            update = await next_order(stream)
            while update.order.status != "submitted":
                numbers.append(update.number)
                update = await next_order(stream)
            numbers.append(update.number)
            assert update.order.order_id == placed[-1]
            line.cut()
    assert numbers == list(range(1, len(numbers) + 1))
    assert stream.number == numbers[-1]


@pytest.mark.parametrize("past_orders", [0, 3])
async def test_break_before_the_first_update_tells_what_was_missed_and_nothing_older(
    broker: Broker, person: AsyncClient, line: FaultyLine, past_orders: int
) -> None:
    for _ in range(past_orders):
        await person.buy("META", 1, limit_in_cents=100)
    async with (
        AsyncClient(f"http://127.0.0.1:{broker.port}", person.token) as by_another_way,
        person.order_updates() as stream,
    ):
        reading = asyncio.create_task(anext(stream))
        while not stream.connected:
            await asyncio.sleep(0.01)
        begin = stream.number
        assert begin is not None
        line.broker_port = 0  # where nobody listens
        line.cut()
        placed = await by_another_way.buy("META", 1, limit_in_cents=100)
        line.broker_port = broker.port
        update = await reading
        seen = [update] if isinstance(update, OrderUpdate) else []
        while seen and seen[-1].order.status != "submitted":
            seen.append(await next_order(stream))
        assert {update.order.order_id for update in seen} == {placed.order.order_id}
        assert [update.number for update in seen] == list(range(begin + 1, begin + 1 + len(seen)))


async def test_number_that_is_not_kept_is_told_as_a_reset(strict_broker: Broker) -> None:
    url, token = f"http://127.0.0.1:{strict_broker.port}", sign_up(strict_broker).token
    async with AsyncClient(url, token) as person:
        placed = [(await person.buy("META", 1, limit_in_cents=100 + number)).order for number in range(3)]
        async with person.order_updates(after=999) as stream:
            assert isinstance(await anext(stream), Reset)
            snapshot = [await next_order(stream) for _ in placed]
    assert [update.order.order_id for update in snapshot] == [order.order_id for order in placed]
    assert [update.number is None for update in snapshot] == [True, True, False]


async def test_stream_is_closed_while_somebody_waits_for_it(person: AsyncClient) -> None:
    streams: tuple[LiveStream[Any], ...] = (person.watch("AAPL"), person.order_updates())
    for stream in streams:
        seen: list[object] = []
        reading = asyncio.create_task(_collect(stream, seen))
        while not stream.connected:
            await asyncio.sleep(0.01)
        await stream.close()
        await reading
        assert not stream.connected


async def _collect(stream: LiveStream[Any], seen: list[object]) -> None:
    async for event in stream:
        seen.append(event)
