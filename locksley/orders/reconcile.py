"""Reconciliation: every order and fill of a day held against the exchange's, and every balance computed anew.

reads from: exchange (what it created or changed that day, lookups), order db (what we did, and the books). writes to: order db (the
daily result). It changes no order. If it dies halfway, the day is done again, by whoever has the lease by then.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec
import structlog

from locksley.clock import Clock
from locksley.config import Config
from locksley.domain.errors import Refusal, StorageUnavailable
from locksley.domain.order import Order
from locksley.domain.price import Version
from locksley.exchange.port import AsOf, ExchangeError, OrderEntry, VenueOrder
from locksley.order_db.port import Fill, LeaseLost
from locksley.order_db.upkeep import Reconciliation, UpkeepDb, WrongBook
from locksley.orders.alarms import Alarms
from locksley.orders.comparing import Amounts, Compared, Difference, Key, compare
from locksley.orders.identity import Origin
from locksley.orders.leadership import Leadership

log = structlog.get_logger()

LOOK_UPS_MAX = 100
CHANGES_PER_PAGE = 500
PEOPLE_PER_PAGE = 2  # the books of somebody busy take milliseconds, in which nothing else runs
REST = 20  # and then the others have so many times as long: a twentieth of the loop is what it may take
ROUNDS_MAX = 5
POSITION_EVERY_S = 0.02
MS_PER_SECOND = 1_000


class FeedBehind(Refusal):
    """The feed is behind the exchange's answers, so the books can not be compared at this moment. Try again later."""

    code = "feed_behind"


class Report(msgspec.Struct, frozen=True):
    """`as_of` is the newest feed position that it holds for. `more` differences were found than are listed.

    What is there, unknown here and without this broker's mark is no difference. `others`: it is another broker's. `unclear`: that can not
    be told, since it is of a time before there was the mark.
    """

    day: str
    as_of: Version | None
    here: Amounts
    there: Amounts
    others: Amounts
    unclear: Amounts
    people: int
    differences: Sequence[Difference]
    more: int = 0

    @property
    def differences_count(self) -> int:
        return len(self.differences) + self.more


class _Work:
    """What is known of a day so far. `doubtful` orders differed when they were compared, and may only have been moving."""

    def __init__(self) -> None:
        self.here, self.there = Amounts(), Amounts()
        self.of_others: Mapping[Origin, Amounts] = {Origin.ANOTHERS: Amounts(), Origin.UNCLEAR: Amounts()}
        self.seen: set[str] = set()
        self.doubtful: dict[str, Compared] = {}
        self.as_of: Version | None = None

    def take(self, compared: Sequence[Compared]) -> None:
        for one in compared:
            self.seen.add(one.order_id)
            self.doubtful.pop(one.order_id, None)
            if one.origin is not Origin.OURS:
                self.of_others[one.origin].add(one.there)
            elif one.differences:
                self.doubtful[one.order_id] = one
            else:
                self.add(one)

    def add(self, one: Compared) -> None:
        self.here.add(one.here)
        self.there.add(one.there)


class Reconciler:
    """`position` is up to where the feed's trades are booked; `origin` tells of an order id who has made it.

    `last` is the newest report, `last_at_ms` when it was made.
    """

    def __init__(
        self,
        orders: UpkeepDb,
        exchange: OrderEntry,
        position: Callable[[], Version],
        leadership: Leadership,
        alarms: Alarms,
        clock: Clock,
        config: Config,
        origin: Callable[[str], Origin],
    ) -> None:
        self._orders = orders
        self._exchange = exchange
        self._position = position
        self._leadership = leadership
        self._alarms = alarms
        self._clock = clock
        self._config = config
        self._origin = origin
        self.last: Report | None = None
        self.last_at_ms: int | None = None

    async def reconcile(self, day: date) -> Report:
        """Of a UTC day. Raises `ExchangeError`, `StorageUnavailable`, `FeedBehind`."""
        work = _Work()
        from_ms, to_ms = _period(day)
        async for venue_orders in self._changed_there(from_ms, to_ms, work):
            work.take(await self._compare(venue_orders))
        async for order_ids in self._changed_here(from_ms, to_ms):
            work.take(await self._compare_again([i for i in order_ids if i not in work.seen], work))
        for _ in range(ROUNDS_MAX):  # what moved while it was compared is compared again
            if not work.doubtful:
                break
            work.take(await self._compare_again(list(work.doubtful), work))
        for one in work.doubtful.values():
            work.add(one)
        people, wrong_books = await self._books()
        return self._report(day, work, people, wrong_books)

    async def run(self) -> None:
        """Once a day has ended, hold it against the exchange, unless that was done."""
        while True:
            await asyncio.sleep(self._config.reconcile_check_every_ms / MS_PER_SECOND)
            try:
                await self._daily()
            except (ExchangeError, StorageUnavailable, FeedBehind) as error:
                log.warning("reconciliation will try again", error=repr(error))
            except LeaseLost:
                self._leadership.lost()

    async def _daily(self) -> None:
        ended_ms = self._clock.now_ms() - self._config.reconcile_after_ms
        day = (datetime.fromtimestamp(ended_ms / MS_PER_SECOND, UTC) - timedelta(days=1)).date()
        if await self._orders.reconciliation(day.isoformat()) is not None or await self._leadership.hold() is None:
            return
        report = await self.reconcile(day)
        found = Reconciliation(report.day, self._clock.now_ms(), report.differences_count, msgspec.json.encode(report))
        await self._orders.keep_reconciliation(found, self._config.reconciliations_kept, await self._leadership.still())
        if report.differences_count:
            self._alarms.ring("reconciliation", day=report.day, differences=report.differences_count)

    def _report(self, day: date, work: _Work, people: int, wrong_books: Sequence[WrongBook]) -> Report:
        found = [
            *(difference for one in work.doubtful.values() for difference in one.differences),
            *(_of_book(wrong) for wrong in wrong_books),
        ]
        most = self._config.reconcile_differences_max
        shown, more = found[:most], max(0, len(found) - most)
        others, unclear = work.of_others[Origin.ANOTHERS], work.of_others[Origin.UNCLEAR]
        report = Report(day.isoformat(), work.as_of, work.here, work.there, others, unclear, people, shown, more)
        self.last, self.last_at_ms = report, self._clock.now_ms()
        return report

    async def _changed_there(self, from_ms: int, to_ms: int, work: _Work) -> AsyncIterator[Sequence[VenueOrder]]:
        cursor: str | None = None
        while True:
            page = await self._exchange.changed_orders(from_ms, to_ms, cursor)
            await self._caught_up(page.as_of, work)
            yield page.items
            cursor = page.next
            if cursor is None:
                return

    async def _changed_here(self, from_ms: int, to_ms: int) -> AsyncIterator[list[str]]:
        after = (from_ms, -1)
        while page := await self._orders.changed_between(from_ms, to_ms, after, CHANGES_PER_PAGE):
            after = (page[-1].at_ms, page[-1].audit_id)
            yield list(dict.fromkeys(change.order_id for change in page))

    async def _compare_again(self, order_ids: Sequence[str], work: _Work) -> list[Compared]:
        compared: list[Compared] = []
        for start in range(0, len(order_ids), LOOK_UPS_MAX):
            answer = await self._exchange.look_up(order_ids[start : start + LOOK_UPS_MAX])
            await self._caught_up(answer.as_of, work)
            compared += await self._compare(answer.items)
        return compared

    async def _compare(self, venue_orders: Sequence[VenueOrder]) -> list[Compared]:
        ids = [venue.client_order_id for venue in venue_orders]
        owners = await self._orders.owners(ids)
        ours = await self._orders.orders_by_id([(user_id, order_id) for order_id, user_id in owners.items()])
        booked = await self._orders.fills_by_key(
            [(e.trade_id, venue.external_order_id or "") for venue in venue_orders for e in venue.executions]
        )
        return [
            compare(
                ours.get(venue.client_order_id),
                venue,
                await self._fills(ours.get(venue.client_order_id), venue, booked),
                self._origin(venue.client_order_id),
            )
            for venue in venue_orders
        ]

    async def _fills(self, order: Order | None, venue: VenueOrder, booked: Mapping[Key, Fill]) -> Mapping[Key, Fill]:
        """All that are booked of the order. Only where the exchange's do not make up its number, the others are looked for."""
        if order is None:
            return {}
        keys = [(e.trade_id, venue.external_order_id or "") for e in venue.executions]
        fills = {key: booked[key] for key in keys if key in booked and booked[key].order_id == order.order_id}
        if sum(fill.num_shares for fill in fills.values()) == order.filled_shares:
            return fills
        every = await self._orders.fills_of_order(order.user_id, order.order_id)
        return {(fill.trade_id, fill.external_order_id): fill for fill in every}

    async def _caught_up(self, as_of: AsOf, work: _Work) -> None:
        """Wait until what we have booked reaches as far as the answer."""
        wanted = Version(as_of.epoch, as_of.sequence)
        try:
            async with asyncio.timeout(self._config.reconcile_wait_ms_max / MS_PER_SECOND):
                while self._position() < wanted:  # noqa: ASYNC110  (the position has no event that tells of it)
                    await asyncio.sleep(POSITION_EVERY_S)
        except TimeoutError:
            raise FeedBehind(asOf=list(wanted), bookedUpTo=list(self._position())) from None
        work.as_of = wanted if work.as_of is None else max(work.as_of, wanted)

    async def _books(self) -> tuple[int, Sequence[WrongBook]]:
        """How many people, and what does not add up with them."""
        people, after = 0, ""
        wrong: list[WrongBook] = []
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            page = await self._orders.wrong_books(after, PEOPLE_PER_PAGE)
            people += page.people
            wrong += page.wrong
            if page.next is None:
                return people, wrong
            after = page.next
            await asyncio.sleep(REST * (loop.time() - began_s))


def _period(day: date) -> tuple[int, int]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    from_ms = int(midnight.timestamp()) * MS_PER_SECOND
    return from_ms, from_ms + 24 * 3_600 * MS_PER_SECOND


def _of_book(wrong: WrongBook) -> Difference:
    return Difference(f"books: {wrong.what}", str(wrong.kept), str(wrong.recomputed), wrong.order_id, wrong.user_id)
