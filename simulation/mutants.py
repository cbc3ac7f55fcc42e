"""`python -m simulation.mutants`: is every safeguard needed? Each is removed in turn, in a copy, and somebody has to notice.

A mutant is one exact replacement in one file. The simulation hunts it for at most so many seeds; what only a test of the suite can
notice (a second writer, say) names that test. Nothing that a mutant does makes this hang: seeds are bounded, tests are, and each hunt is.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

ROOT = Path(__file__).resolve().parent.parent
SEEDS_MAX = 500
TIMEOUT_S_MAX = 900
COPIED = ("locksley", "paper_exchange", "simulation", "tests", "pyproject.toml")


class Mutant(msgspec.Struct, frozen=True):
    """`test`: the test that must fail where the simulation can not see it."""

    name: str
    file: str
    safeguard: str
    without: str
    test: str | None = None


ORDERS, SQLITE, PRICES, EXCHANGE = "locksley/orders", "locksley/order_db/sqlite", "locksley/prices", "locksley/exchange"

MUTANTS = (
    Mutant("an execution is applied once", f"{SQLITE}/applying.py", "return connection.changes() == 1", "return True"),
    Mutant(
        "a closed order waits for its fills",
        "locksley/domain/account.py",
        "waits = order.is_open and filled_shares != order.filled_shares",
        "waits = False",
    ),
    Mutant(
        "never had waits for the deadline",
        f"{ORDERS}/evidence.py",
        "return [NeverHad()] if as_of.now_ms > order.not_after_ms else []",
        "return [NeverHad()]",
    ),
    Mutant(
        "the exchange refuses after the deadline",
        "paper_exchange/exchange.py",
        "if self.clock() > to_ns(new.not_after):",
        "if False and self.clock() > to_ns(new.not_after):",
    ),
    Mutant(
        "cash is held before an order is sent",
        f"{SQLITE}/placing.py",
        "WHERE user_id = ?1 AND frozen = 0 AND (?2 = 0 OR cash_cents - held_cents >= ?2)",
        "WHERE user_id = ?1 AND frozen = 0",
    ),
    Mutant(
        "shares are held before an order is sent",
        f"{SQLITE}/placing.py",
        "WHERE user_id = ?1 AND symbol = ?2 AND shares - held_shares >= ?3",
        "WHERE user_id = ?1 AND symbol = ?2",
    ),
    Mutant(
        "a key places one order",
        f"{SQLITE}/placing.py",
        "return Placed(before, replayed=True, status_code=status_code)",
        "return None",
    ),
    Mutant(
        "a key binds its body",
        f"{SQLITE}/placing.py",
        "if body_digest != key.body_digest:",
        "if False and body_digest != key.body_digest:",
    ),
    Mutant(
        "an answer waits for the commit",
        f"{SQLITE}/database.py",
        "await self._run_commit(self._commit)",
        "[entry.settle() for entry in group]; await self._run_commit(self._commit)",
    ),
    Mutant("a commit is on the disk", f"{SQLITE}/database.py", "PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF"),
    Mutant(
        "a timeout decides nothing",
        f"{ORDERS}/gateway.py",
        "            changes = await ask(batch)\n",
        "            try:\n                changes = await ask(batch)\n            except ExchangeError:\n"
        "                changes = [OrderEvents(e.order.order_id, e.order.user_id, [Refused('no answer')]) for e in batch]\n",
    ),
    Mutant(
        "a hold is released with its order",
        "locksley/domain/account.py",
        "held_delta_cents=hold_cents(after) - hold_cents(order),",
        "held_delta_cents=0,",
    ),
    Mutant(
        "a fill releases what it held, not what it cost",
        "locksley/domain/account.py",
        "held_delta_cents=hold_cents(after) - hold_cents(order),",
        "held_delta_cents=_cash_delta_cents(order, event) or hold_cents(after) - hold_cents(order),",
    ),
    Mutant(
        "the exchange's ids are learnt",
        f"{ORDERS}/booking.py",
        "        self._index.put_many(\n",
        "        (lambda _entries: None)(\n",
    ),
    Mutant(
        "a gap of the feed is filled",
        f"{EXCHANGE}/sequencer.py",
        "if sequence == position + 1:",
        "if sequence >= position + 1:",
    ),
    Mutant(
        "a new epoch asks about everything open",
        f"{SQLITE}/unbooked.py",
        "UPDATE feed_losses SET lost = lost + 1",
        "UPDATE feed_losses SET lost = lost + 0",
        test="tests/orders/test_clean_up.py",  # the rounds over all that is open would settle it too, later
    ),
    Mutant(
        "clean-up asks about the unsettled",
        f"{ORDERS}/cleanup.py",
        "        await self._sweep_unsettled()\n",
        "",
        test="tests/orders/test_clean_up.py",  # as above
    ),
    Mutant(
        "one person's order is nobody else's",
        f"{SQLITE}/orders.py",
        'self._orders("user_id = ? AND order_id = ?", (user_id, order_id))',
        'self._orders("order_id = ?", (order_id,))',
    ),
    Mutant(
        "no version goes backwards",
        f"{PRICES}/topic.py",
        "if known is None or price.version >= known.version:",
        "if True or known is None:",
    ),
    Mutant(
        "a late trade is not the latest price",
        "locksley/domain/price.py",
        "if version > self.version:",
        "if True:",
    ),
    Mutant(
        "a price that the bus lost is read again",
        f"{PRICES}/symbol_service.py",
        "            tasks.create_task(self._look_again())\n",
        "",
    ),
    Mutant(
        "subscribed first, the snapshot after",
        f"{PRICES}/symbol_service.py",
        "        await self._bus.subscribe(topic.channel, topic.hear)\n",
        "        asyncio.get_running_loop().call_later(0.5, lambda: asyncio.ensure_future("
        "self._bus.subscribe(topic.channel, topic.hear)))\n",
        test="tests/prices/test_symbol_service.py",
    ),
    Mutant(
        "an update is numbered in its transaction",
        f"{SQLITE}/history.py",
        "    first = last_number - len(orders) + 1\n",
        "    first = last_number - len(orders) + 1\n    orders = orders[-1:]\n",
    ),
    Mutant(
        "a stream of updates trusts the database, not the hint",
        f"{ORDERS}/updates.py",
        "for user_id in sorted(people):",
        "for user_id in ():",
        test="tests/orders/test_updates.py",
    ),
    Mutant(
        "the index is brought up to date at a start",
        "locksley/app.py",
        "        await rebuild(on.order_index, on.order_db)\n",
        "",
    ),
    Mutant(
        "a row moves by compare-and-set",
        f"{SQLITE}/applying.py",
        "WHERE user_id = ? AND order_id = ? AND version = ?",
        "WHERE user_id = ? AND order_id = ? AND ? > 0",
        test="tests/order_db",
    ),
    Mutant(
        "a write with an old lease changes nothing",
        f"{SQLITE}/leases.py",
        "if row is None or row[0] != lease.token:",
        "if row is None:",
        test="tests/orders/test_clean_up.py",
    ),
    Mutant(
        "what can not be booked is set aside",
        f"{SQLITE}/orders.py",
        "except (applying.UnknownOrderError, apsw.ConstraintError, OverflowError) as error:",
        "except OverflowError as error:",
        test="tests/orders/test_poison.py",
    ),
    Mutant(
        "an exchange that has fewer fills than are booked is an alarm",
        f"{ORDERS}/evidence.py",
        "if venue.state is State.UNKNOWN or venue.filled_shares >= order.filled_shares:",
        "if True:",
        test="tests/orders/test_poison.py",
    ),
    Mutant(
        "a slow answer does not pull the exchange's clock back",
        f"{EXCHANGE}/venue_clock.py",
        "self._span = ahead_ms if self._span is None else max(self._span, ahead_ms)",
        "self._span = ahead_ms",
        test="tests/orders/test_venue_clock.py",
    ),
    Mutant(
        "what can not be settled does not stand before what can",
        f"{ORDERS}/cleanup.py",
        "            if len(batch) < self._config.cleanup_batch_max:\n                return\n            after = (",
        "            return\n            after = (",
        test="tests/orders/test_clean_up.py",
    ),
    Mutant(
        "only what the exchange can not have alive is discarded",
        f"{ORDERS}/dead_letters.py",
        "if asked.venue.state is State.OPEN:",
        "if False:",
        test="tests/orders/test_dead_letters.py",
    ),
    Mutant(
        "reconciliation waits for the feed",
        f"{ORDERS}/reconcile.py",
        "while self._position() < wanted:",
        "while False:",
        test="tests/orders/test_reconcile.py",
    ),
    Mutant(
        "the audit log is append-only",
        f"{SQLITE}/migrations/0001_orders.sql",
        "CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit\n"
        "    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;",
        "",
        test="tests/order_db",
    ),
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--seeds", default=SEEDS_MAX, show_default=True, type=click.IntRange(1), help="To hunt each for, at most."
)
@click.option("--only", multiple=True, metavar="WORDS", help="Only mutants whose name has these words.")
@click.option("--from", "first", default=1, show_default=True, type=click.IntRange(1), help="Go on from this number.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--check", is_flag=True, help="Only see that every safeguard is still where its mutant says.")
def main(seeds: int, only: Sequence[str], first: int, jobs: int, check: bool) -> None:
    """Remove each safeguard in turn; every removal must be noticed."""
    chosen = [
        (number, mutant)
        for number, mutant in enumerate(MUTANTS, start=1)
        if number >= first and (not only or any(words in mutant.name for words in only))
    ]
    for _, mutant in chosen:
        _mutated(mutant)
    if check:
        print(f"{len(chosen)} safeguards, each where its mutant says")
        return
    caught_by = [_hunt(mutant, seeds, jobs, number) for number, mutant in chosen]
    noticed = [by for by in caught_by if by is not None]
    by_simulation = sum(by.startswith("simulation") for by in noticed)
    print(
        f"\n{len(noticed)} noticed, {by_simulation} of them by the simulation; {len(chosen) - len(noticed)} by nobody"
    )
    sys.exit(0 if len(noticed) == len(chosen) else 1)


def _mutated(mutant: Mutant) -> str:
    """The file without its safeguard. Ends the run when the safeguard is not in it exactly once: the mutant has to follow the code."""
    text = (ROOT / mutant.file).read_text()
    if text.count(mutant.safeguard) != 1:
        raise click.ClickException(
            f"{mutant.name!r}: {text.count(mutant.safeguard)} places in {mutant.file} read {mutant.safeguard!r}; mend the mutant"
        )
    without = text.replace(mutant.safeguard, mutant.without)
    if mutant.file.endswith(".py"):
        compile(without, mutant.file, "exec")  # one that does not even start would count as noticed
    return without


def _hunt(mutant: Mutant, seeds: int, jobs: int, number: int) -> str | None:
    """Who noticed."""
    print(f"{number:>2} of {len(MUTANTS)}  {mutant.name:<62}", end=" ", flush=True)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, copy / name)
        (copy / mutant.file).write_text(_mutated(mutant))
        caught_by = _simulate(copy, seeds, jobs) if mutant.test is None else _test(copy, mutant.test)
    print(f"{caught_by or 'NOBODY NOTICED'}  ({time.monotonic() - began_s:.0f} s)", flush=True)
    return caught_by


class _Done(NamedTuple):
    """`code` is None when it had to be ended."""

    code: int | None
    out: str
    err: str


def _run(copy: Path, *words: str) -> _Done:
    """In a session of its own, so that nothing of it is left when it has to be ended."""
    with subprocess.Popen(  # noqa: S603  (our own programs, on our own copy)
        [sys.executable, *words],
        cwd=copy,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            out, err = running.communicate(timeout=TIMEOUT_S_MAX)
        except BaseException as error:
            os.killpg(running.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return _Done(None, *running.communicate())
        return _Done(running.returncode, out, err)


def _simulate(copy: Path, seeds: int, jobs: int) -> str | None:
    done = _run(copy, "-m", "simulation", "--seeds", str(seeds), "--jobs", str(jobs), "--until-failure")
    found = [line for line in done.err.splitlines() if line.startswith("seed ")]
    if not found and done.code != 0:
        print(done.err[-2_000:], file=sys.stderr)
    return f"simulation, {found[0][:110]}" if found else None


def _test(copy: Path, test: str) -> str | None:
    done = _run(copy, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test)
    failed = [line for line in done.out.splitlines() if line.startswith("FAILED")]
    return f"test, {failed[0][7:110]}" if done.code == 1 and failed else None


if __name__ == "__main__":
    main()
