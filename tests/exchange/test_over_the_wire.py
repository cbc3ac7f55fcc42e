"""The feed reader and order entry against the paper exchange: real process, real sockets, faults struck on purpose."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from locksley.clock import SystemClock
from locksley.domain.order import OrderType, Side
from locksley.exchange.connections import Connections
from locksley.exchange.http_client import HttpExchange
from locksley.exchange.http_feed import HttpFeed
from locksley.exchange.port import ExchangeError, HistoryGone, NewOrder, OutcomeUnknown, State, Unreachable
from tests.exchange.reading import Reading, config, reading
from tests.exchange.real_exchange import RealExchange, real_exchange

BUSY = ("--trades-per-second", "2000", "--symbols", "20")
QUIET = ("--trades-per-second", "20", "--symbols", "20")


@asynccontextmanager
async def client(exchange: RealExchange, **changes: Any) -> AsyncIterator[HttpExchange]:
    connections = Connections(config(exchange_url=exchange.url, **changes))
    try:
        yield HttpExchange(connections)
    finally:
        await connections.close()


@asynccontextmanager
async def live(
    exchange: RealExchange, market_data: HttpExchange, name: str = "reader", **changes: Any
) -> AsyncIterator[Reading]:
    feed = HttpFeed(config(exchange_url=exchange.url), name)
    try:
        async with reading(feed, market_data, None, **changes) as out:
            yield out
    finally:
        await feed.close()


def order(number: int, *, price_e4: int = 10_000, symbol: str = "AAPL", shares: int = 1) -> NewOrder:
    not_after_ms = SystemClock().now_ms() + 60_000
    return NewOrder(f"order-{number}", symbol, Side.BUY, OrderType.LIMIT, price_e4, shares, not_after_ms)


def check_sequence(told: list[int | tuple[str, Any]]) -> None:
    """Without gaps and repeats, from epoch to epoch."""
    last = told[0] - 1 if isinstance(told[0], int) else 0
    for item in told:
        if isinstance(item, int):
            assert item == last + 1
            last = item
        else:
            assert item[0] == "epoch"
            last = 0


@pytest.mark.parametrize(
    "faults",
    [
        {"feed_repeat": {"rate": 0.3}, "feed_reorder": {"rate": 0.3}},
        {"feed_skip": {"rate": 0.2}},
        {"feed_disconnect": {"rate": 0.2, "count": 12}, "feed_reorder": {"rate": 0.3}, "feed_repeat": {"rate": 0.2}},
        {"feed_skip": {"rate": 0.2}, "feed_disconnect": {"rate": 0.1, "count": 6}, "fail": {"rate": 0.3}},
    ],
    ids=["repeats and reordering", "skips", "disconnects", "skips while history fails"],
)
async def test_every_trade_once(faults: dict[str, Any]) -> None:
    async with real_exchange(*BUSY) as exchange, client(exchange) as market_data, live(exchange, market_data) as out:
        await out.until(lambda: len(out.told) >= 100)
        await exchange.faults(seed=1, **faults)
        await out.until(lambda: len(out.told) >= 2_000)
        struck = await exchange.no_faults()
        assert all(struck.values()), struck
        newest = out.prices[-1]
        await out.until(lambda: newest in out.told[-5_000:])
        check_sequence(out.told)
        assert len(out.prices) == len(set(out.prices))
        assert set(out.told) <= set(out.prices)
        stats = await exchange.stats()
        assert stats["feed"]["most"] == 1
        assert stats["orderEntry"]["most"] <= 2


async def test_new_epochs() -> None:
    async with real_exchange(*BUSY) as exchange, client(exchange) as market_data, live(exchange, market_data) as out:
        await out.until(lambda: len(out.told) >= 100)
        await exchange.faults(feed_new_epoch={"rate": 0.2, "count": 3})
        await out.until(lambda: sum(not isinstance(item, int) for item in out.told) >= 3)
        told = len(out.told)
        await out.until(lambda: len(out.told) >= told + 100)
        check_sequence(out.told)
        assert (await exchange.stats())["feed"]["most"] == 1


async def test_never_more_connections_than_allowed() -> None:
    """Timeouts, dropped answers and failures strike a crowd of calls; each has one clear outcome."""
    async with real_exchange(*QUIET) as exchange, client(exchange, exchange_call_timeout_ms=400) as entry:
        await exchange.faults(
            seed=3,
            drop_answer={"rate": 0.15},
            fail={"rate": 0.1},
            late={"rate": 0.1, "ms": 50},
            delay_ms={"rate": 0.1, "ms": 500},
        )
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(outcome(entry, number)) for number in range(60)]
        struck = await exchange.no_faults()
        stats = await exchange.stats()
        assert stats["orderEntry"]["most"] == 2
        assert stats["orderEntry"]["ever"] > 2
        outcomes = {call.result() for call in calls}
        assert {"placed", "unknown"} <= outcomes
        assert struck["drop_answer"]
        assert struck["delay_ms"]
        # What has no answer may be there; what has one is. Nothing is there twice, for no call was sent again.
        assert stats["orders"] <= 60
        found = await entry.look_up([f"order-{number}" for number in range(60)])
        known = [item.state is State.OPEN for item in found.items]
        assert all(there for there, call in zip(known, calls, strict=True) if call.result() == "placed")
        assert not any(there for there, call in zip(known, calls, strict=True) if call.result() == "unreachable")


async def outcome(entry: HttpExchange, number: int) -> str:
    try:
        placed = await entry.place([order(number)])
    except Unreachable:
        return "unreachable"
    except OutcomeUnknown:
        return "unknown"
    assert placed.items[0].order is not None
    return "placed"


async def test_place_look_up_cancel() -> None:
    async with real_exchange(*QUIET) as exchange, client(exchange) as entry:
        placed = await entry.place([order(1), order(2, symbol="NOSUCH"), order(3, price_e4=50_000_000, shares=5)])
        first, refused, filled = placed.items
        assert first.order is not None
        assert (first.order.state, first.order.filled_shares) == (State.OPEN, 0)
        assert (refused.order, refused.refusal) == (None, "unknown_symbol")
        assert filled.order is not None
        assert filled.order.filled_shares == sum(execution.num_shares for execution in filled.order.executions) > 0
        assert first.order.external_order_id is not None
        found = await entry.look_up(["order-1", "order-9"])
        assert [item.state for item in found.items] == [State.OPEN, State.UNKNOWN]
        cancelled = await entry.cancel([first.order.external_order_id, "no-such-order"])
        assert cancelled.items[0].order is not None
        assert cancelled.items[0].order.state is State.CANCELLED
        assert cancelled.items[1].order is None
        changed = await entry.changed_orders(0, SystemClock().now_ms() + 60_000)
        assert sorted(item.client_order_id for item in changed.items) == ["order-1", "order-3"]


async def test_placing_again_places_nothing() -> None:
    async with real_exchange(*QUIET) as exchange, client(exchange) as entry:
        once = await entry.place([order(1)])
        again = await entry.place([order(1)])
        assert once.items[0].order is not None
        assert again.items[0].order is not None
        assert once.items[0].order.external_order_id == again.items[0].order.external_order_id
        other = await entry.place([order(1, shares=2)])
        assert other.items[0].refusal == "different_content"


async def test_batch_that_can_not_be_read_is_not_a_refusal_of_its_orders() -> None:
    async with real_exchange(*QUIET) as exchange, client(exchange) as entry:
        with pytest.raises(OutcomeUnknown, match="status 400"):
            await entry.place([order(1), order(2, symbol="X" * 40)])


async def test_symbols_of_all_pages() -> None:
    async with real_exchange("--symbols", "1200", "--trades-per-second", "20") as exchange, client(exchange) as data:
        page = await data.symbols()
        found = [item.symbol for item in page.items]
        while page.next is not None:
            page = await data.symbols(page.next)
            found += [item.symbol for item in page.items]
        assert len(found) == len(set(found)) == 1_200
        assert (await data.status()).open


async def test_history_of_an_epoch_that_never_was() -> None:
    async with real_exchange(*QUIET) as exchange, client(exchange) as data:
        epoch = (await data.symbols()).as_of.epoch
        with pytest.raises(HistoryGone) as gone:
            await data.trades(epoch + 1, 0, 10)
        assert gone.value.epoch == epoch


async def test_exchange_that_is_not_there() -> None:
    async with real_exchange(*QUIET) as exchange:
        gone = exchange
    async with client(gone) as entry:
        for _ in range(3):
            with pytest.raises(Unreachable):
                await entry.place([order(1)])


async def test_exchange_that_goes_and_comes_back() -> None:
    async with AsyncExitStack() as stack:
        async with real_exchange(*QUIET) as exchange:
            entry = await stack.enter_async_context(client(exchange))
            await entry.place([order(1)])
        with pytest.raises(ExchangeError):
            await entry.place([order(2)])
        with pytest.raises(Unreachable):
            await entry.place([order(2)])
        port = exchange.url.rpartition(":")[2]
        async with real_exchange(*QUIET, "--port", port):
            assert (await entry.place([order(2)])).items[0].order is not None
