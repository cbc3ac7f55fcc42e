"""Letting an order take its events: the row moves by compare-and-set, money and shares move with it."""

from collections.abc import Sequence

import apsw
import msgspec

from locksley.domain import account
from locksley.domain.account import Position, Step
from locksley.domain.events import Filled
from locksley.domain.money import execution_cash_cents
from locksley.domain.order import Order, Side
from locksley.domain.price import Version
from locksley.order_db.port import Applied, OrderEvents, Source
from locksley.order_db.sqlite.history import last_update_number, trim_updates, write_audit, write_updates
from locksley.order_db.sqlite.rows import FILL_COLUMNS, ORDER, POSITION_COLUMNS, order_of, position_of

# Book an execution, once: no row changes when it is there. (To ask for the changes, or to select, costs a third of what RETURNING does.)
_BOOK_FILL = f"""
    INSERT INTO fills ({FILL_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (trade_id, external_order_id) DO NOTHING"""

# Move an order from the version that was read; no row changes when somebody else moved it.
_MOVE_ORDER = """
    UPDATE orders SET status = ?, filled_shares = ?, filled_value_e4 = ?, external_order_id = ?, reason = ?,
        version = ?, updated_at_ms = ?
    WHERE user_id = ? AND order_id = ? AND version = ?"""

_MOVE_MONEY = """
    UPDATE accounts SET cash_cents = cash_cents + ?, held_cents = held_cents + ?, frozen = max(frozen, ?),
        update_number = update_number + ?
    WHERE user_id = ?"""

_POSITION = f"SELECT {POSITION_COLUMNS} FROM positions WHERE user_id = ? AND symbol = ?"

_KEEP_POSITION = f"""
    INSERT INTO positions ({POSITION_COLUMNS}) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (user_id, symbol) DO UPDATE
    SET shares = excluded.shares, held_shares = excluded.held_shares, cost_cents = excluded.cost_cents"""

# A position never goes back.
_KEEP_FEED_POSITION = """
    INSERT INTO feed_position (one, epoch, sequence) VALUES (1, ?, ?)
    ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence
    WHERE (excluded.epoch, excluded.sequence) > (epoch, sequence)"""


class RowMovedError(Exception):
    """Somebody else moved the order between our read and our write."""


class UnknownOrderError(Exception):
    """There is no such order."""


def apply_all(
    connection: apsw.Connection,
    changes: Sequence[OrderEvents],
    source: Source,
    feed_position: Version | None,
    now_ms: int,
    updates_kept: int,
) -> list[Applied]:
    applied = [_apply(connection, change, source, now_ms, updates_kept) for change in changes]
    if feed_position is not None:
        keep_feed_position(connection, feed_position)
    return applied


def keep_feed_position(connection: apsw.Connection, position: Version) -> None:
    connection.execute(_KEEP_FEED_POSITION, position)


def _apply(connection: apsw.Connection, change: OrderEvents, source: Source, now_ms: int, updates_kept: int) -> Applied:
    before = change.known or _read(connection, change)
    steps = _steps(connection, before, change, now_ms)
    states = _states(before, steps)
    if change.known is not None and not states:
        raise RowMovedError(change.order_id)  # nothing moves, so nothing shows whether it is known as it stands
    if not steps:
        return Applied(before, changed=False)
    after = steps[-1].order
    if states:
        _move_order(connection, before, after)
        _move_position(connection, before, steps)
        _move_money(connection, steps, states, updates_kept)
    _write_audit(connection, before, steps, source, now_ms)
    return Applied(
        after,
        changed=bool(states),
        refused=any(step.refused for step in steps),
        alarms=[step.alarm for step in steps if step.alarm is not None],
    )


def _read(connection: apsw.Connection, change: OrderEvents) -> Order:
    row = connection.execute(ORDER, (change.user_id, change.order_id)).fetchone()
    if row is None:
        raise UnknownOrderError(change.order_id)
    return order_of(row)


def _states(before: Order, steps: Sequence[Step]) -> list[Order]:
    """Each new state of the order that a person is told of."""
    states: list[Order] = []
    for step in steps:
        if step.order.version != before.version:
            states.append(step.order)
        before = step.order
    return states


def _steps(connection: apsw.Connection, order: Order, change: OrderEvents, now_ms: int) -> list[Step]:
    steps: list[Step] = []
    for event in change.events:
        if isinstance(event, Filled) and not _book(connection, order, event, now_ms):
            continue
        step = account.apply(order, event, now_ms)
        if step is not None:
            order = step.order
            steps.append(step)
    return steps


def _book(connection: apsw.Connection, order: Order, event: Filled, now_ms: int) -> bool:
    """Whether the execution is new."""
    execution = event.execution
    cash_cents = execution_cash_cents(execution.price_e4, execution.num_shares)
    connection.execute(
        _BOOK_FILL,
        (
            order.user_id,
            order.order_id,
            event.external_order_id,
            execution.trade_id,
            execution.epoch,
            execution.sequence,
            order.symbol,
            order.side,
            execution.price_e4,
            execution.num_shares,
            -cash_cents if order.side is Side.BUY else cash_cents,
            execution.timestamp_ms,
            now_ms,
        ),
    )
    return connection.changes() == 1


def _move_order(connection: apsw.Connection, before: Order, after: Order) -> None:
    connection.execute(
        _MOVE_ORDER,
        (
            after.status,
            after.filled_shares,
            after.filled_value_e4,
            after.external_order_id,
            after.reason,
            after.version,
            after.updated_at_ms,
            before.user_id,
            before.order_id,
            before.version,
        ),
    )
    if connection.changes() != 1:
        raise RowMovedError(before.order_id)


def _move_position(connection: apsw.Connection, order: Order, steps: Sequence[Step]) -> None:
    held_delta = sum(step.held_shares_delta for step in steps)
    if held_delta == 0 and all(step.shares_delta == 0 for step in steps):
        return
    row = connection.execute(_POSITION, (order.user_id, order.symbol)).fetchone()
    position = position_of(row) if row else Position(user_id=order.user_id, symbol=order.symbol)
    for step in steps:
        if step.shares_delta > 0:
            position = position.bought(step.shares_delta, -step.cash_delta_cents)
        elif step.shares_delta < 0:
            position = position.sold(-step.shares_delta)
    position = msgspec.structs.replace(position, held_shares=position.held_shares + held_delta)
    connection.execute(
        _KEEP_POSITION,
        (position.user_id, position.symbol, position.shares, position.held_shares, position.cost_cents),
    )


def _move_money(connection: apsw.Connection, steps: Sequence[Step], states: Sequence[Order], updates_kept: int) -> None:
    user_id = states[0].user_id
    connection.execute(
        _MOVE_MONEY,
        (
            sum(step.cash_delta_cents for step in steps),
            sum(step.held_delta_cents for step in steps),
            int(any(step.freeze for step in steps)),
            len(states),
            user_id,
        ),
    )
    if connection.changes() != 1:
        raise UnknownOrderError(f"no account of {user_id}")
    number = last_update_number(connection, user_id)
    write_updates(connection, states, number)
    trim_updates(connection, user_id, number, len(states), updates_kept)


def _write_audit(
    connection: apsw.Connection, before: Order, steps: Sequence[Step], source: Source, now_ms: int
) -> None:
    status = before.status
    for step in steps:
        if step.order.status is status and step.order.version == before.version and not (step.alarm or step.refused):
            continue
        result = str(step.order.status) if step.order.status is status else f"{status} -> {step.order.status}"
        write_audit(connection, now_ms, step.order, str(step.happening), result, source, step.alarm or "")
        status, before = step.order.status, step.order
