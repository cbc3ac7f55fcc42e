"""What the feed did not tell is asked from the exchange's history, until nothing is missing before what it tells."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from locksley.bar_store.port import Gap
from locksley.domain.price import Trade, Version
from locksley.exchange.port import AsOf
from locksley.prices.history.keeper import FOLD_TRADES_ASKED, BarKeeper
from tests.history.desk import Desk, PastOfExchange, desk
from tests.history.test_keeper import WAITING, _bars
from tests.prices.trades import FRIDAY_MS, trade


async def test_first_start_asks_for_what_traded_before(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 251)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(251, shares=1)])
        await at.reaches(251)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [251]


async def test_first_start_asks_for_no_more_than_its_bound(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 251)])
    async with desk(tmp_path / "bars.sqlite", past, bars_first_trades_max=50) as at:
        at.keeper.take([trade(251, shares=1)])
        await at.reaches(251)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [51]


async def test_quiet_market_is_caught_up_by_what_the_exchange_tells(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 8)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.note(AsOf(1, 7, FRIDAY_MS))
        await at.reaches(7)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [7]


async def test_what_history_no_longer_has_is_a_gap(tmp_path: Path) -> None:
    past = PastOfExchange()
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1)])
        await at.reaches(1)
        await at.keeper.keep()
    past.known = [trade(number) for number in range(1, 10)]
    past.oldest = 6
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(9)])
        await at.reaches(9)
        await at.keeper.keep()
        assert await at.store.gaps() == [Gap(Version(1, 2), Version(1, 5), FRIDAY_MS)]
        assert [bar[-1] for bar in await _bars(at, "1d")] == [500]


async def test_more_than_may_wait_is_asked_for_again(tmp_path: Path) -> None:
    trades = [trade(number, shares=1) for number in range(1, 101)]
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(trades), bars_waiting_trades_max=10) as at:
        for one in trades:
            at.keeper.take([one])
        await at.reaches(100)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [100]
        assert at.past.asked


async def test_new_epoch_goes_on_after_the_rest_of_the_old(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 4)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, shares=1)])
        at.keeper.take([trade(1, shares=10, epoch=2), trade(2, shares=10, epoch=2)])
        await at.reaches(2, epoch=2)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [23]


async def _keep_first(path: Path) -> None:
    async with desk(path, PastOfExchange()) as at:
        at.keeper.take([trade(1, shares=1)])
        await at.reaches(1)
        await at.keeper.keep()


async def test_epoch_that_began_and_ended_while_nobody_listened(tmp_path: Path) -> None:
    await _keep_first(tmp_path / "bars.sqlite")
    past = PastOfExchange([trade(number, shares=10, epoch=2) for number in range(1, 251)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, shares=1, epoch=3)])
        await at.reaches(1, epoch=3)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [2_502]


async def test_epoch_that_began_and_ended_and_that_history_no_longer_has_is_a_gap(tmp_path: Path) -> None:
    await _keep_first(tmp_path / "bars.sqlite")
    past = PastOfExchange()
    past.oldest = 2
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, epoch=5)])
        await at.reaches(1, epoch=5)
        await at.keeper.keep()
        assert await at.store.gaps() == [Gap(Version(2, 1), Version(5, 0), FRIDAY_MS)]


async def test_epochs_that_are_no_count_are_not_all_asked_for(tmp_path: Path) -> None:
    await _keep_first(tmp_path / "bars.sqlite")
    past = PastOfExchange()
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, epoch=1_795_186_800)])
        await at.reaches(1, epoch=1_795_186_800)
        assert len(past.asked) == 1


async def test_old_epoch_that_history_no_longer_has_is_a_gap(tmp_path: Path) -> None:
    past = PastOfExchange()
    past.oldest = 5
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1)])
        await at.reaches(1)
        at.keeper.take([trade(1, epoch=2)])
        await at.reaches(1, epoch=2)
        await at.keeper.keep()
        assert await at.store.gaps() == [Gap(Version(1, 2), Version(2, 0), FRIDAY_MS)]


class SilentFrom(PastOfExchange):
    """An exchange that answers for nothing after a sequence."""

    def __init__(self, sequence: int, trades: Sequence[Trade]) -> None:
        super().__init__(trades)
        self.sequence = sequence

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        if after >= self.sequence:
            await asyncio.Event().wait()
        return await super().trades(epoch, after, until)


async def test_catching_up_is_kept_as_it_goes(tmp_path: Path) -> None:
    past = PastOfExchange([trade(1)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1)])
        await at.reaches(1)
        await at.keeper.keep()
    silent = SilentFrom(1_000, [trade(number, shares=1) for number in range(1, 2_001)])
    async with desk(tmp_path / "bars.sqlite", silent, bars_open_max=500) as at:
        at.keeper.take([trade(2_001, shares=1)])
        await at.reaches(1_000)
    async with desk(tmp_path / "bars.sqlite", past) as at:
        kept = await at.store.kept()
        assert kept is not None
        assert kept.position >= (1, 500)


async def test_epochs_among_what_waits(tmp_path: Path) -> None:
    """Two resets by the operator while nobody looks; of the second epoch the feed heard only the end."""
    past = PastOfExchange([trade(4, 104)])
    async with desk(tmp_path / "bars.sqlite", past, **WAITING) as at:
        at.keeper.take([trade(1, 101)])
        await at.reaches(1)
        at.keeper.take([trade(2, 102), trade(3, 103)])
        at.keeper.take([trade(1, 201, epoch=2), trade(2, 202, epoch=2)])
        at.keeper.take([trade(1, 301, epoch=3)])
        at.keeper.take([trade(2, 300, epoch=3)])
        assert await _bars(at, "1s") == [(101, 103, 101, 103, 300)]
        await at.reaches(2, epoch=3)
        assert await _bars(at, "1s") == [(101, 301, 101, 300, 800)]


async def test_more_than_may_wait_while_nobody_looks(tmp_path: Path) -> None:
    trades = [trade(number, 100 + number, 1) for number in range(1, 101)]
    past = PastOfExchange(trades)
    async with desk(tmp_path / "bars.sqlite", past, bars_waiting_trades_max=30, **WAITING) as at:
        at.keeper.take(trades[:1])
        await at.reaches(1)
        for place in range(2, 100, 3):  # behind a gap
            at.keeper.take(trades[place : place + 3])
        assert await _bars(at, "1d") == [(101, 101, 101, 101, 1)]
        await at.reaches(100)
        assert await _bars(at, "1d") == [(101, 200, 101, 200, 100)]
        assert (past.asked[0][1], max(until for _, _, until in past.asked)) == (1, 71)


class Watched(PastOfExchange):
    """An exchange that looks at the keeper whenever it is asked."""

    keeper: BarKeeper
    most = 0

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        self.most = max(self.most, self.keeper._open.unsorted_count)
        return await super().trades(epoch, after, until)


async def test_trades_of_history_are_sorted_while_catching_up(tmp_path: Path) -> None:
    past = Watched([trade(number, 100 + number, 1) for number in range(1, 2_001)])
    opened = Desk(tmp_path / "bars.sqlite", past, bars_sort_at_trades=150)
    past.keeper = opened.keeper
    running = asyncio.create_task(opened.keeper.run())
    opened.keeper.take([trade(2_001, 5_000, 1)])
    await opened.reaches(2_001)
    assert 100 <= past.most < 150
    assert await _bars(opened, "1d") == [(101, 5_000, 101, 5_000, 2_001)]
    running.cancel()
    await asyncio.wait([running])
    opened.store.close()


async def test_whoever_asks_does_not_wait_for_all_that_is_caught_up(tmp_path: Path) -> None:
    trades = [trade(number, 100 + number, 1) for number in range(1, 2 * FOLD_TRADES_ASKED + 1)]
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(trades[1:2]), **WAITING) as at:
        at.keeper.take(trades[:1])
        await at.reaches(1)
        for first in range(2, len(trades), 50):
            at.keeper.take(trades[first : first + 50])
        at.keeper._add(trades[1:2])  # the gap is filled, and nobody had time to look
        assert len(at.keeper.open_ticks("META", 0).at_ms) == 2 + FOLD_TRADES_ASKED
        await at.reaches(len(trades))
        assert [bar[-1] for bar in await _bars(at, "1d")] == [len(trades)]
