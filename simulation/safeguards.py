"""Every safeguard whose need is tried, and how it is taken out: a mutant is one exact replacement in one file."""

import msgspec


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
        "paper_exchange/admission.py",
        "if now_ns > to_ns(new.not_after):",
        "if False and now_ns > to_ns(new.not_after):",
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
