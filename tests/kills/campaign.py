"""Kill the broker again and again under load, sometimes the exchange too or both at once; then see whether the books agree."""

import asyncio
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.acceptance.residents import move_in
from tests.kills.agreement import agreed, check_told
from tests.kills.broker import Broker
from tests.kills.crowd import Crowd
from tests.kills.venue import BAD_DAY, Venue

MARKET = ("--symbols", "20", "--trades-per-second", "100")
PEOPLE = 60
PAPER_CASH_CENTS = 10_000_000_000
UNDER_LOAD_S = (0.2, 2.5)
EXCHANGE_TOO_EVERY, BOTH_EVERY, WHILE_STARTING_EVERY = 5, 7, 10
WHILE_STARTING_S = (0.05, 1.0)
ON_THE_WAY_S_MAX = 0.005  # about as long as an answer takes: whatever is done in between is killed sometimes
ANSWERED_S_MAX = 300.0
AGREED_S_MAX = 180.0

Say = Callable[[str], None]


class Plan(NamedTuple):
    kills: int
    orders_per_second: float
    seed: int


class Report(NamedTuple):
    """`cut`: of each kill, how many requests it left unanswered. `ready_s`: how long each start took, until it was ready."""

    cut: list[int]
    ready_s: list[float]
    exchange_kills: int
    kills_while_starting: int
    seconds: float
    settled_s: float
    wished: int
    left_out: int
    told: int
    at_exchange: int
    executions: int
    answers: dict[str, int]

    @property
    def with_requests_in_flight(self) -> int:
        return sum(1 for cut in self.cut if cut)


class Campaign:
    """`both_every`: in which rounds the broker and the exchange are killed at once."""

    def __init__(self, home: Path, plan: Plan, say: Say, both_every: int = BOTH_EVERY) -> None:
        self._both_every = both_every
        self._plan = plan
        self._say = say
        self._random = Random(plan.seed)
        self._venue = Venue(home / "exchange.journal", "--seed", str(plan.seed), *MARKET)
        self._home = home
        self._cut: list[int] = []
        self._ready_s: list[float] = []
        self._exchange_kills = 0
        self._kills_while_starting = 0

    async def run(self) -> Report:
        """Raises AssertionError when anything is lost, doubled or different."""
        data_dir = self._home / "data"
        people = await asyncio.to_thread(move_in, data_dir, PEOPLE, PAPER_CASH_CENTS)
        await self._venue.start()
        self._broker = Broker(data_dir, self._venue.url, self._home / "log")
        crowd = Crowd(people, self._plan.orders_per_second, self._plan.seed)
        try:
            async with crowd:
                return await self._with(crowd, data_dir / "orders.sqlite")
        finally:
            await self._broker.kill()
            await self._venue.kill()

    async def _with(self, crowd: Crowd, database: Path) -> Report:
        await self._broker.start()
        crowd.url = self._broker.url
        await crowd.look()
        await self._venue.misbehave(BAD_DAY, self._plan.seed)
        began_s = time.monotonic()
        ordering = asyncio.create_task(crowd.order_until_stopped())
        for number in range(1, self._plan.kills + 1):
            await self._round(crowd, number)
        await self._under_load()
        crowd.stop()
        await ordering
        seconds = time.monotonic() - began_s
        await self._venue.behave()
        await crowd.answered(ANSWERED_S_MAX)
        orders = await agreed(database, self._venue.url, AGREED_S_MAX)
        check_told(database, crowd.told, crowd.refused, orders)
        wrong = [answer for answer in crowd.answers if answer.startswith("WRONG")]
        assert not wrong, "\n".join(wrong[:20])
        return Report(
            self._cut,
            self._ready_s,
            self._exchange_kills,
            self._kills_while_starting,
            seconds,
            time.monotonic() - began_s - seconds,
            crowd.wished,
            crowd.left_out,
            len(crowd.told),
            len(orders),
            sum(len(order.executions) for order in orders),
            dict(crowd.answers),
        )

    async def _round(self, crowd: Crowd, number: int) -> None:
        if number % EXCHANGE_TOO_EVERY == 0:
            await self._under_load()
            await self._kill_exchange()
            await self._venue.start()
        await self._under_load()
        await crowd.until_in_flight(ANSWERED_S_MAX, ON_THE_WAY_S_MAX)
        both = number % self._both_every == 0
        flying = crowd.in_flight()
        await asyncio.gather(self._broker.kill(), *([self._kill_exchange()] if both else []))
        if number % WHILE_STARTING_EVERY == 0:
            await self._kill_while_starting()
        took_s, *_ = await asyncio.gather(self._broker.start(), *([self._venue.start()] if both else []))
        self._cut.append(sum(flight.cut for flight in flying))
        self._ready_s.append(took_s)
        self._say(
            f"kill {number:3} of {self._plan.kills}{' and of the exchange' if both else ''}: {self._cut[-1]} requests cut, "
            f"ready again in {took_s:.2f} s; {len(crowd.told):,} orders told, {crowd.waiting:,} waiting"
        )

    async def _under_load(self) -> None:
        """Till a random moment."""
        await asyncio.sleep(self._random.uniform(*UNDER_LOAD_S))

    async def _kill_exchange(self) -> None:
        await self._venue.kill()
        self._exchange_kills += 1

    async def _kill_while_starting(self) -> None:
        await self._broker.launch()
        await asyncio.sleep(self._random.uniform(*WHILE_STARTING_S))
        await self._broker.kill()
        self._kills_while_starting += 1


def summary(report: Report) -> str:
    cut = sorted(report.cut)
    return "\n".join(
        [
            f"{len(report.cut)} kills of the broker under load, {report.with_requests_in_flight} of them with requests in flight "
            f"(cut by a kill: median {statistics.median(cut):.0f}, most {cut[-1]}); "
            f"{report.kills_while_starting} more while it started; {report.exchange_kills} kills of the exchange",
            f"from start to ready: median {statistics.median(report.ready_s):.2f} s, most {max(report.ready_s):.2f} s",
            f"{report.wished:,} orders wished for in {report.seconds:.0f} s ({report.wished / report.seconds:.0f} a second; "
            f"{report.left_out} left out as too many waited), {report.told:,} told of, "
            f"{report.at_exchange:,} at the exchange, {report.executions:,} executions",
            f"all answered and settled {report.settled_s:.0f} s after the last order",
            *(f"  {count:8,}  {answer}" for answer, count in sorted(report.answers.items())),
            "every order told of is there once, no key has two, and the books agree with the exchange to the share and the cent",
        ]
    )
