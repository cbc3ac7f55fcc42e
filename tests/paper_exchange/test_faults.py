import asyncio
from collections.abc import Callable

import aiohttp
import msgspec
import pytest

from paper_exchange.faults import Faults, decode_plan
from tests.paper_exchange.fixed_market import trade
from tests.paper_exchange.venue import Venue, order

ALWAYS = {"rate": 1}
ONCE = {"rate": 1, "count": 1}


def drawn(plan: bytes) -> list[tuple[object, ...]]:
    faults = Faults()
    faults.set(decode_plan(plan))
    return [faults.for_request(3) + faults.for_line() for _ in range(200)]


def test_same_seed_same_faults() -> None:
    plan = b'{"fail":{"rate":0.3},"refuse":{"rate":0.5},"feed_skip":{"rate":0.1},"seed":7}'
    assert drawn(plan) == drawn(plan)
    assert drawn(plan) != drawn(plan.replace(b":7}", b":8}"))


def test_one_faults_draws_do_not_move_anothers() -> None:
    both = drawn(b'{"fail":{"rate":0.3},"refuse":{"rate":0.5},"seed":7}')
    alone = drawn(b'{"fail":{"rate":0.3},"seed":7}')
    assert [draw[2] for draw in both] == [draw[2] for draw in alone]


def test_rate_is_about_kept() -> None:
    assert 30 < sum(bool(draw[2]) for draw in drawn(b'{"fail":{"rate":0.25}}')) < 70


@pytest.mark.parametrize(
    "body",
    [
        b'{"explode":{"rate":1}}',
        b'{"fail":{"rate":1.1}}',
        b'{"fail":{"rate":"often"}}',
        b'{"fail":{"rate":1,"count":-1}}',
        b'{"fail":{"rate":1,"ms":5}}',
        b'{"late":{"rate":1}}',
        b'{"fail":{}}',
        b'{"seed":"x"}',
        b"[]",
        b"",
    ],
)
async def test_bad_plan_changes_nothing(venue: Venue, body: bytes) -> None:
    await venue.set_faults(fail=ALWAYS)
    status, answer = await venue.ask("PUT", "/faults", body)
    assert status == 400
    assert answer["error"]
    assert (await venue.ask("GET", "/status"))[0] == 503


async def test_fail_does_nothing(venue: Venue) -> None:
    await venue.set_faults(fail=ONCE)
    assert (await venue.ask("POST", "/orders", [order("a")]))[0] == 503
    assert (await venue.get("/orders?clientOrderId=a"))["items"][0]["state"] == "unknown"


async def test_late_answers_with_a_timeout_and_does_it_later(venue: Venue) -> None:
    await venue.set_faults(late={"rate": 1, "count": 1, "ms": 50})
    assert (await venue.ask("POST", "/orders", [order("a")]))[0] == 504
    async with asyncio.timeout(10):
        while (await venue.get("/orders?clientOrderId=a"))["items"][0]["state"] != "open":
            await asyncio.sleep(0.01)


async def test_late_still_respects_not_after(venue: Venue, eventually: Callable[..., asyncio.Future[None]]) -> None:
    await venue.set_faults(late={"rate": 1, "count": 1, "ms": 30})
    now = (await venue.get("/stats"))["now"]
    assert (await venue.ask("POST", "/orders", [order("a", notAfter=now)]))[0] == 504
    await eventually(lambda: venue.running.stats.orders == 1)
    assert (await venue.get("/orders?clientOrderId=a"))["items"][0]["state"] == "unknown"


async def test_dropped_answer_was_done(venue: Venue) -> None:
    await venue.set_faults(drop_answer=ONCE)
    async with venue.new_session() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.post("/orders", data=msgspec.json.encode([order("a")]))
    assert (await venue.get("/orders?clientOrderId=a"))["items"][0]["state"] == "open"


async def test_delay_comes_before_the_doing(venue: Venue, eventually: Callable[..., asyncio.Future[None]]) -> None:
    await venue.set_faults(delay_ms={"rate": 1, "count": 1, "ms": 100})
    waiting = asyncio.create_task(venue.place(order("a")))
    await eventually(lambda: venue.running.stats.requests == 1)
    assert (await venue.get("/orders?clientOrderId=a"))["items"][0]["state"] == "unknown"
    assert (await waiting)[0]["result"] == "accepted"


async def test_refuse_is_one_order_of_a_batch(venue: Venue) -> None:
    await venue.set_faults(refuse=ONCE)
    items = await venue.place(*(order(f"o{n}") for n in range(5)))
    assert sorted(item["result"] for item in items) == ["accepted"] * 4 + ["refused"]
    assert [item["reason"] for item in items if item["result"] == "refused"] == ["refused"]


async def test_faults_end_when_they_are_deleted(venue: Venue) -> None:
    await venue.set_faults(fail=ALWAYS)
    assert (await venue.ask("GET", "/status"))[0] == 503
    assert (await venue.ask("GET", "/stats"))[0] == 200
    status, answer = await venue.ask("DELETE", "/faults")
    assert (status, answer["struck"]) == (200, {"fail": 1})
    assert (await venue.ask("GET", "/status"))[0] == 200


async def test_feed_disconnect(venue: Venue) -> None:
    _first, reader = await venue.read()
    await venue.set_faults(feed_disconnect=ONCE)
    await venue.happen(trade(500_000, 1))
    while (line := await reader.line()) is not None:
        assert line == [] or line[0]["sequence"] == 1
    first, again = await venue.read("client=c&after=0&epoch=1")
    assert first["next"] == 1
    assert await again.sequences(1) == [1]


async def test_feed_repeat(venue: Venue) -> None:
    _first, reader = await venue.read()
    await venue.set_faults(feed_repeat=ONCE)
    await venue.happen(trade(500_000, 1), trade(500_000, 2))
    assert await reader.sequences(4) == [1, 2, 1, 2]


async def test_feed_reorder(venue: Venue) -> None:
    _first, reader = await venue.read()
    await venue.set_faults(feed_reorder=ONCE)
    await venue.happen(trade(500_000, 1))
    await reader.line()
    await venue.happen(trade(500_000, 2))
    assert sorted(await reader.sequences(1)) in ([1], [2])


async def test_feed_skip_is_in_history(venue: Venue, eventually: Callable[..., asyncio.Future[None]]) -> None:
    _first, reader = await venue.read()
    await venue.set_faults(feed_skip=ONCE)
    await venue.happen(trade(500_000, 1))
    await eventually(lambda: venue.running.faults.struck == {"feed_skip": 1})
    await venue.happen(trade(500_000, 2))
    assert await reader.sequences(1) == [2]
    assert [t["sequence"] for t in (await venue.get("/trades"))["items"]] == [1, 2]


async def test_feed_new_epoch_keeps_orders(venue: Venue) -> None:
    await venue.place(order("a"), order("b", side="sell", numShares=4))
    before = (await venue.get("/orders?clientOrderId=a"))["items"]
    _first, reader = await venue.read()
    assert await reader.sequences(1) == [1]
    await venue.set_faults(feed_new_epoch=ONCE)
    await venue.happen(trade(500_000, 1, "AAPL"))
    async with asyncio.timeout(10):
        assert await reader.trades() is None
    first, again = await venue.read("client=c&after=1&epoch=1")
    assert first == {"epoch": 2, "next": 1}
    assert (await venue.get("/orders?clientOrderId=a"))["items"] == before
    await venue.place(order("c", side="sell", numShares=2))
    (printed,) = await again.trades()
    assert printed["sequence"] == 1
    executions = (await venue.get("/orders?clientOrderId=a"))["items"][0]["executions"]
    assert [(e["epoch"], e["sequence"]) for e in executions] == [(1, 1), (2, 1)]
