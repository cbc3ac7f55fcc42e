"""What a person's portfolio was worth over time, what it returned, and what each position gained."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from locksley.clock import rfc3339
from locksley.domain.intervals import RangeName, first_day
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day
from locksley.domain.money import divide_half_even
from locksley.portfolio.ledger import Ledger
from locksley.portfolio.returns import returns as returns_of
from locksley.portfolio.value_over_time import Value
from locksley.web import shapes
from locksley.web.call import Call
from locksley.web.cursors import bad_cursor, link_next, pack_pair, unpack_pair
from locksley.web.services import Services
from locksley.web.shapes import Body

SECOND_MS = 1_000
MINUTE_MS = 60_000
POINTS_MAX = 1_000
DAYS_STEP = {"1d": 1, "1w": 7}
STEP_MS = {"1m": MINUTE_MS, "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "30m": 30 * MINUTE_MS, "1h": HOUR_MS}
USUAL = {"1d": "5m", "1w": "1h", "1m": "1d", "1y": "1d", "all": "1d"}


class PortfolioQuery(Body):
    """`interval`: one that suits the range, unless named."""

    range: RangeName = "1m"
    interval: Literal["1m", "5m", "15m", "30m", "1h", "1d", "1w"] | UnsetType = UNSET
    cursor: Annotated[str, msgspec.Meta(max_length=64)] = ""


class ReturnsQuery(Body):
    range: RangeName = "all"


async def history(services: Services, call: Call) -> list[shapes.PortfolioValue]:
    """At the beginning of each interval, right after the first transfer where that is in the range and, on the first page, now."""
    query: PortfolioQuery = call.query
    values = services.values
    now_ms = values.now_ms
    first_ms = await values.first_ms(call.user_id)
    if first_ms is None:
        return []
    from_ms = max(first_ms, _range_starts_ms(query.range, now_ms))
    asked_ms = _before_ms(query.cursor)
    before_ms = now_ms if asked_ms is None else max(from_ms, min(asked_ms, now_ms))
    moments_ms, more = _moments(query.interval or USUAL[query.range], from_ms, before_ms)
    if from_ms == first_ms and not more:
        moments_ms = _from_the_start(first_ms, moments_ms, before_ms)
    shown = await values.at(call.user_id, moments_ms)
    if more:
        link_next(call, pack_pair(moments_ms[0], None), call.req.params)
    if not query.cursor:
        shown.append(await values.now(call.user_id))
    return [_value_json(value) for value in shown]


async def returns(services: Services, call: Call) -> shapes.Returns:
    query: ReturnsQuery = call.query or ReturnsQuery()
    values = services.values
    first_ms = await values.first_ms(call.user_id)
    from_ms = max(first_ms or values.now_ms, _range_starts_ms(query.range, values.now_ms))
    found = await returns_of(values, call.user_id, from_ms)
    return shapes.Returns(
        from_time=rfc3339(found.start.at_ms),
        to_time=rfc3339(found.end.at_ms),
        start_equity_in_cents=found.start.equity_cents,
        end_equity_in_cents=found.end.equity_cents,
        transferred_in_cents=found.transferred_cents,
        gain_in_cents=found.gain_cents,
        plain_return_in_basis_points=found.plain_bp,
        time_weighted_return_in_basis_points=found.time_weighted_bp,
    )


async def gains(services: Services, call: Call) -> list[shapes.Gain]:
    """Of every symbol that was ever held, by symbol."""
    ledger = await services.values.ledger_now(call.user_id)
    symbols = sorted(ledger.positions)
    prices = await services.prices.get_many(symbols)
    return [
        _gain_json(ledger, symbol, price.price_cents if price else None)
        for symbol, price in zip(symbols, prices, strict=True)
    ]


def _gain_json(ledger: Ledger, symbol: str, price_cents: int | None) -> shapes.Gain:
    position = ledger.positions[symbol]
    return shapes.Gain(
        symbol=symbol,
        shares=position.shares,
        cost_in_cents=position.cost_cents,
        average_cost_in_cents=divide_half_even(position.cost_cents, position.shares) if position.shares > 0 else 0,
        realised_gain_in_cents=ledger.realised_cents.get(symbol, 0),
        unrealised_gain_in_cents=_unrealised(position.shares, position.cost_cents, price_cents),
    )


def _unrealised(shares: int, cost_cents: int, price_cents: int | None) -> int | None:
    if not shares:
        return 0
    return None if price_cents is None else shares * price_cents - cost_cents


def _moments(interval: str, from_ms: int, before_ms: int) -> tuple[Sequence[int], bool]:
    """The newest beginnings of intervals in `from_ms` (inclusive) to `before_ms`; and whether there are more."""
    if interval in DAYS_STEP:
        step = DAYS_STEP[interval]
        first, last = market_day(from_ms - 1) + 1, market_day(before_ms - 1)
        days = range(last - (last - 1) % step, first - 1, -step)
        moments_ms: Sequence[int] = [day_starts_ms(day) for day in days[: POINTS_MAX + 1]]
    else:
        step_ms = STEP_MS[interval]
        newest_ms = (before_ms - 1) // step_ms * step_ms
        moments_ms = range(newest_ms, from_ms - 1, -step_ms)[: POINTS_MAX + 1]
    return moments_ms[:POINTS_MAX][::-1], len(moments_ms) > POINTS_MAX


def _from_the_start(first_ms: int, moments_ms: Sequence[int], before_ms: int) -> Sequence[int]:
    """With the second after the first transfer, so that a new account has a line at once."""
    start_ms = (first_ms // SECOND_MS + 1) * SECOND_MS
    later_ms = [moment_ms for moment_ms in moments_ms if moment_ms > first_ms]
    following_ms = later_ms[0] if later_ms else before_ms
    return [start_ms, *later_ms] if start_ms < following_ms else later_ms


def _range_starts_ms(range_name: str, now_ms: int) -> int:
    return day_starts_ms(first_day(range_name, market_day(now_ms)))


def _before_ms(cursor: str) -> int | None:
    if not cursor:
        return None
    before_ms, _ = unpack_pair(cursor)
    if before_ms is None:
        raise bad_cursor()
    return before_ms


def _value_json(value: Value) -> shapes.PortfolioValue:
    return shapes.PortfolioValue(
        time=rfc3339(value.at_ms),
        equity_in_cents=value.equity_cents,
        cash_in_cents=value.cash_cents,
        positions_value_in_cents=value.positions_value_cents,
    )
