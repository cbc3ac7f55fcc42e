"""Trading days with people and watchers: `python -m tests.acceptance.trading_days --days 20`.

Starts `locksley up` on some days of daily bars. People trade over HTTP while watchers listen; when the market has ended and all is
settled, the broker's word is held against the exchange's record. Everything runs in processes of its own and in a folder that goes away.
"""

import asyncio
import json
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import aiohttp
import click

from paper_exchange.order import Order
from tests.acceptance.agreement import Books, check_books, check_last_day, check_tape, read_books, shown_cents
from tests.acceptance.days_file import read_bars, write_days
from tests.acceptance.exchange_record import ExchangeRecord, Trade, last_prices
from tests.acceptance.people import Person, Wire
from tests.acceptance.process import LocksleyUp
from tests.acceptance.residents import Resident, move_in
from tests.invariants import check_file
from tests.web.client import Client

FIRST_DAY = date(2012, 5, 18)
WATCHERS = 1_000
STREAMS_PER_PERSON_MAX = 10
PEOPLE = 50
ONLY_WATCHING = WATCHERS // STREAMS_PER_PERSON_MAX
SETTLE_S_MAX = 30.0
WATCHERS_S_MAX = 30.0
ANSWER_S_MORE = 10.0
MARKET_OVER_S_MORE = 60.0
SECONDS_PER_DAY = 86_400
STATUS_EVERY_S = 0.5
SAY_EVERY_S = 5.0
ORDER_ENTRY_MOST = 2
NEVER_CHANGES = ("position", "symbol", "type", "numShares", "priceInCents", "createdAt")

Say = Callable[[str], None]


class Plan(NamedTuple):
    """`signing_up`: how many of the people sign up while the market runs; the others have done so before, as all who only watch."""

    days: int
    speed: int
    first_day: date = FIRST_DAY
    signing_up: int = PEOPLE


class Watching:
    """The watchers' process. On leaving it is ended."""

    def __init__(self, port: int, tokens: list[str], symbols: list[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.watchers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._tell(port=port, tokens=tokens, symbols=symbols, count=WATCHERS)

    def __enter__(self) -> "Watching":
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def begun(self) -> None:
        answer = self._heard()
        assert (answer["watching"], answer["wrong"]) == (WATCHERS, []), answer

    def some_leave_and_come_again(self) -> None:
        self._tell()
        answer = self._heard()
        assert answer["wrong"] == [], answer

    def end_at(self, trades: dict[str, Trade], epoch: int, prices_path: Path) -> dict[str, Any]:
        expected = {symbol: (epoch, last.sequence, shown_cents(last.price_e4)) for symbol, last in trades.items()}
        self._tell(expected=expected, deadline_s=WATCHERS_S_MAX, prices_path=str(prices_path))
        answer = self._heard()
        assert (answer["missing"], answer["wrong"]) == ([], []), answer
        return answer

    def _tell(self, **members: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(members) + "\n")
        self._process.stdin.flush()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], WATCHERS_S_MAX + ANSWER_S_MORE)
        line = self._process.stdout.readline() if ready else ""
        assert line, "the watchers did not answer in time, or their process has ended and says why above"
        answer: dict[str, Any] = json.loads(line)
        return answer


def run(plan: Plan, folder: Path, say: Say) -> dict[str, Any]:
    """A summary. Raises AssertionError with what does not hold."""
    began_s = time.monotonic()
    bars_path, data_dir = folder / "days.csv.gz", folder / "data"
    source = write_days(bars_path, plan.first_day, plan.days)
    say(f"market: {source}")
    bars = read_bars(bars_path)
    residents = move_in(data_dir, ONLY_WATCHING + PEOPLE - plan.signing_up)
    options = ("--bars", str(bars_path), "--speed", str(plan.speed), "--once")
    with LocksleyUp(data_dir, *options, log=folder / "log") as broker:
        say(f"broker at {broker.url}, {plan.days} days at {plan.speed:,} times real time")
        symbols = sorted({bar.symbol for bar in bars})
        nights_and_days = (max(bar.day for bar in bars) - min(bar.day for bar in bars)).days + 1
        deadline_s = nights_and_days * SECONDS_PER_DAY / plan.speed + MARKET_OVER_S_MORE
        with Watching(broker.port, [one.token for one in residents[:ONLY_WATCHING]], symbols) as watching:
            people, counts = asyncio.run(_trade(plan, broker.url, residents, symbols, watching, deadline_s, say))
            found = _reckon(broker, people, watching, bars_path, folder, say)
    return {"market": source, "seconds in all": round(time.monotonic() - began_s, 1), **found, "answers": dict(counts)}


async def _trade(
    plan: Plan,
    url: str,
    residents: list[Resident],
    symbols: list[str],
    watching: Watching,
    deadline_s: float,
    say: Say,
) -> tuple[list[Person], "Counter[str]"]:
    """Returns when the market has ended, and what people did is settled."""
    counts: Counter[str] = Counter()
    others: list[str] = []
    stop = asyncio.Event()
    connector, timeout = aiohttp.TCPConnector(limit=4 * PEOPLE), aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        people = [
            Person(number, Wire(session, url, counts), symbols, others, Random(number)) for number in range(PEOPLE)
        ]
        for person, resident in zip(people[plan.signing_up :], residents[ONLY_WATCHING:], strict=True):
            person.user_id, person.wire.token = resident
        clock = Wire(session, url, Counter())
        clock.token = residents[0].token
        async with asyncio.TaskGroup() as tasks:
            for person in people:
                tasks.create_task(_one_person(person, stop))
            await asyncio.to_thread(watching.begun)
            say(f"{WATCHERS} watchers listen")
            leaving = tasks.create_task(asyncio.to_thread(watching.some_leave_and_come_again))
            await _until_the_market_ends(clock, counts, deadline_s, say)
            await leaving
            stop.set()
        await _until_settled(people)
    return people, counts


async def _one_person(person: Person, stop: asyncio.Event) -> None:
    if not person.wire.token:
        await person.sign_up()
    await person.trade(stop)


async def _until_the_market_ends(clock: Wire, counts: "Counter[str]", deadline_s: float, say: Say) -> None:
    async with asyncio.timeout(deadline_s):
        said_s = time.monotonic()
        while True:
            status = (await clock.ask("GET", "/status")).json
            if not status["open"] and status["opensAt"] is None:
                return
            if time.monotonic() - said_s > SAY_EVERY_S:
                said_s = time.monotonic()
                session = (
                    f"{'open' if status['open'] else 'closed'}, {status['opensAt'][:16]} to {status['closesAt'][:16]}"
                )
                say(f"  {session}, feed lag {status['feedLagMs']} ms, {counts['POST order 201']:,} orders taken")
            await asyncio.sleep(STATUS_EVERY_S)


async def _until_settled(people: list[Person]) -> None:
    """I7: what nobody knew the outcome of is settled by clean-up."""
    async with asyncio.timeout(SETTLE_S_MAX):
        for person in people:
            for status in ("pending", "pending_cancel"):
                while (await person.wire.ask("GET", f"/orders?status={status}")).json:
                    await asyncio.sleep(STATUS_EVERY_S)


def _reckon(
    broker: LocksleyUp, people: list[Person], watching: Watching, bars_path: Path, folder: Path, say: Say
) -> dict[str, Any]:
    record = ExchangeRecord(broker.exchange_url)
    stats = record.ask("/stats")  # before we ask anything that counts as order entry ourselves
    assert (stats["feed"]["most"], stats["feed"]["ever"]) == (1, 1), stats
    assert 1 <= stats["orderEntry"]["most"] <= ORDER_ENTRY_MOST, stats
    trades, orders = record.trades(), record.orders()
    say(f"the exchange has {len(trades):,} trades, {len(orders):,} orders")
    prices_path = folder / "prices.json"
    seen = watching.end_at(last_prices(trades), stats["epoch"], prices_path)
    shown = _check_prices_shown(json.loads(prices_path.read_text()), trades, stats["epoch"])
    check_tape(trades, bars_path, {order.external_order_id for order in orders})
    names = ",".join(last_prices(trades))
    check_last_day(Client(broker.port, people[0].wire.token).get(f"/symbols?names={names}"), trades)
    books = _settled_books(broker.port, people, orders)
    _check_told(people, books)
    assert broker.interrupt() == 0, broker.log
    check_file(folder / "data" / "orders.sqlite", orders, settled=True)
    return {
        "exchange trades": len(trades),
        "exchange orders": len(orders),
        "orders by state": dict(Counter(order["status"] for one in books for order in one.orders)),
        "fills": sum(len(order.executions) for order in orders),
        "shares filled": sum(order.filled_shares for order in orders),
        "price events read": seen["frames"],
        "different prices shown": shown,
        "feed connections (most, ever)": (stats["feed"]["most"], stats["feed"]["ever"]),
        "order connections (most, ever)": (stats["orderEntry"]["most"], stats["orderEntry"]["ever"]),
    }


def _check_prices_shown(rows: list[tuple[int, int, str, int]], trades: list[Trade], epoch: int) -> int:
    """Whatever any watcher was ever shown was a trade of that symbol, at that price; but for the close before the first."""
    for shown_epoch, sequence, symbol, cents in rows:
        if (shown_epoch, sequence) == (0, 0):
            continue
        trade = trades[sequence - 1]
        assert (shown_epoch, symbol, cents) == (epoch, trade.symbol, shown_cents(trade.price_e4)), (trade, cents)
    return len(rows)


def _settled_books(port: int, people: list[Person], orders: list[Order]) -> list[Books]:
    """Awaits the last fills: they come by the feed."""
    until_s = time.monotonic() + SETTLE_S_MAX
    while True:
        books = [read_books(port, person.user_id, person.wire.token) for person in people]
        try:
            check_books(books, orders)
        except AssertionError:
            if time.monotonic() > until_s:
                raise
        else:
            return books


def _check_told(people: list[Person], books: list[Books]) -> None:
    """I1: every order that a person was told of is there, has kept what never changes, and did not go back."""
    for person, one in zip(people, books, strict=True):
        there = {order["orderId"]: order for order in one.orders}
        for order_id, told in person.told.items():
            assert order_id in there, f"I1: {told} is gone"
            assert all(there[order_id][name] == told[name] for name in NEVER_CHANGES), (told, there[order_id])
            assert there[order_id]["version"] >= told["version"], (told, there[order_id])
            assert there[order_id]["filledShares"] >= told["filledShares"], (told, there[order_id])
            if told["status"] in ("filled", "cancelled", "failed"):
                assert there[order_id]["status"] == told["status"], (told, there[order_id])


@click.command()
@click.option("--days", default=20, show_default=True, type=click.IntRange(1))
@click.option("--speed", default=11_000, show_default=True, type=click.IntRange(1), help="Times real time, nights too.")
@click.option("--from", "first_day", default=f"{FIRST_DAY}", show_default=True, type=click.DateTime(["%Y-%m-%d"]))
def main(days: int, speed: int, first_day: datetime) -> None:
    """Run trading days with 50 people and 1,000 watchers, and hold the broker against the exchange's record."""
    with tempfile.TemporaryDirectory(prefix="trading-days-") as folder:
        summary = run(Plan(days, speed, first_day.date()), Path(folder), lambda line: print(line, flush=True))
    print("\neverything agrees\n")
    for name, value in summary.items():
        print(f"{name:32} {value}")


if __name__ == "__main__":
    main()
