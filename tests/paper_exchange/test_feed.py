import asyncio

from paper_exchange.tape import CHUNK_TRADES
from tests.paper_exchange.fixed_market import trade
from tests.paper_exchange.venue import Venue, order


async def test_live_trades_in_sequence(venue: Venue) -> None:
    first, reader = await venue.read("client=c")
    assert first == {"epoch": 1, "next": 1}
    await venue.happen(trade(500_000, 10), trade(500_100, 5, "AAPL"))
    (one, two) = await reader.trades()
    assert (one["sequence"], one["symbol"], one["priceE4"], one["numShares"]) == (1, "META", 500_000, 10)
    assert (two["sequence"], two["symbol"], two["timestamp"]) == (2, "AAPL", "2023-11-14T22:13:20.000000Z")
    assert set(one) == {
        *("sequence", "tradeId", "symbol", "priceE4", "numShares", "timestamp", "sentAt", "orderIds", "offMarket")
    }


async def test_heartbeat_on_a_quiet_feed(venue: Venue) -> None:
    _first, reader = await venue.read("client=c")
    assert await reader.line() == []
    assert await reader.line() == []


async def test_resume_after_a_position(venue: Venue) -> None:
    await venue.happen(*(trade(500_000 + n, 1) for n in range(5)))
    first, reader = await venue.read("client=c&after=3&epoch=1")
    assert first == {"epoch": 1, "next": 4}
    assert await reader.sequences(2) == [4, 5]


async def test_old_epoch_starts_at_one_of_the_new(venue: Venue) -> None:
    await venue.happen(trade(500_000, 1), trade(500_000, 2))
    venue.exchange.begin_epoch()
    await venue.happen(trade(500_000, 3))
    first, reader = await venue.read("client=c&after=2&epoch=1")
    assert first == {"epoch": 2, "next": 1}
    assert [(t["sequence"], t["numShares"]) for t in await reader.trades()] == [(1, 3)]


async def test_second_stream_of_a_client_closes_the_first(venue: Venue) -> None:
    _first, one = await venue.read("client=c")
    _first, other = await venue.read("client=d")
    _first, two = await venue.read("client=c")
    async with asyncio.timeout(10):
        assert await one.trades() is None
    await venue.happen(trade(500_000, 1))
    assert await two.sequences(1) == [1]
    assert await other.sequences(1) == [1]


async def test_slow_reader_gets_every_trade_and_holds_up_nobody(venue: Venue) -> None:
    _first, slow = await venue.read("client=slow")
    for _ in range(40):
        await venue.happen(*(trade(500_000, 1) for _ in range(500)))
        await asyncio.sleep(0)
    assert (await venue.place(order("a")))[0]["result"] == "accepted"
    assert await slow.sequences(20_000) == list(range(1, 20_001))


async def test_history_fills_a_gap(venue: Venue) -> None:
    await venue.happen(*(trade(500_000 + n, 1) for n in range(20)))
    answer = await venue.get("/trades?after=3&until=6&epoch=1")
    assert [t["sequence"] for t in answer["items"]] == [4, 5, 6]
    assert (answer["epoch"], answer["sequence"]) == (1, 20)
    assert (await venue.get("/trades?after=20"))["items"] == []


async def test_history_is_the_feed(venue: Venue) -> None:
    await venue.happen(trade(500_000, 1))
    await venue.place(order("a"), order("b", side="sell"))
    _first, reader = await venue.read()
    live = [{**t, "sentAt": ""} for t in await reader.trades()]
    assert live == [{**t, "sentAt": ""} for t in (await venue.get("/trades"))["items"]]


async def test_history_gives_ten_thousand_at_most(venue: Venue) -> None:
    await venue.happen(*(trade(500_000, 1) for _ in range(10_001)))
    assert len((await venue.get("/trades?after=0"))["items"]) == 10_000


async def test_history_of_an_old_epoch(venue: Venue) -> None:
    await venue.happen(trade(500_000, 1), trade(500_000, 2))
    venue.exchange.begin_epoch()
    await venue.happen(trade(500_000, 3))
    assert [t["numShares"] for t in (await venue.get("/trades?epoch=1&after=1"))["items"]] == [2]
    assert [t["numShares"] for t in (await venue.get("/trades"))["items"]] == [3]


async def test_history_that_is_gone_says_from_where_it_is_kept() -> None:
    venue = Venue(trades_kept_min=CHUNK_TRADES)
    await venue.start()
    try:
        await venue.happen(*(trade(500_000, 1) for _ in range(2 * CHUNK_TRADES + 1)))
        status, answer = await venue.ask("GET", f"/trades?after={CHUNK_TRADES - 1}")
        assert (status, answer["oldestEpoch"], answer["oldestSequence"]) == (410, 1, CHUNK_TRADES + 1)
        assert "sequence 65537" in answer["error"]
        answer, _reader = await venue.read("client=c&after=0&epoch=1")
        assert answer["oldestSequence"] == CHUNK_TRADES + 1
        kept = await venue.get(f"/trades?after={CHUNK_TRADES}&until={CHUNK_TRADES + 2}")
        assert [t["sequence"] for t in kept["items"]] == [CHUNK_TRADES + 1, CHUNK_TRADES + 2]
        status, _answer = await venue.ask("GET", "/trades?epoch=77")
        assert status == 410
    finally:
        await venue.stop()
