"""At the end: what the broker tells each person, held against the exchange's own record, to the share and the cent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from paper_exchange.market.daily_bars import DailyBars
from paper_exchange.market.port import Print
from paper_exchange.order import Order
from tests.acceptance.days_file import read_bars
from tests.acceptance.exchange_record import Trade, last_prices
from tests.web.client import Client

PAPER_CASH_CENTS = 10_000_000
PRINTS_A_DAY_LEAST = 1_000
NS_PER_S = 1_000_000_000
NEW_YORK = ZoneInfo("America/New_York")
STATUSES = {"open": {"submitted", "partially_filled"}, "filled": {"filled"}, "cancelled": {"cancelled"}}


class Books(NamedTuple):
    """Everything that one person can read of what is theirs."""

    user_id: str
    orders: list[dict[str, Any]]
    activity: list[dict[str, Any]]
    account: dict[str, Any]
    positions: list[dict[str, Any]]


def read_books(port: int, user_id: str, token: str) -> Books:
    client = Client(port, token)
    orders, activity = _all_pages(client, "/orders?limit=100"), _all_pages(client, "/activity?limit=100")
    return Books(user_id, orders, activity, client.get("/account"), client.get("/positions"))


def check_books(books: Sequence[Books], venue_orders: Sequence[Order]) -> None:
    """Raises AssertionError with a line for each difference."""
    by_id = {order.client_order_id: order for order in venue_orders}
    ours = [order["orderId"] for one in books for order in one.orders]
    wrong = [f"I2: {len(venue_orders) - len(by_id)} of the exchange's orders share an id"] * (
        len(by_id) != len(venue_orders)
    )
    wrong += [f"I1: {name} is listed {count} times" for name, count in Counter(ours).items() if count > 1]
    wrong += [f"I1: the exchange has {name}, nobody here does" for name in by_id.keys() - set(ours)]
    for one in books:
        wrong += [f"{one.user_id}: {line}" for line in _differences(one, by_id)]
    assert not wrong, "\n".join(wrong[:50])


def _differences(books: Books, by_id: dict[str, Order]) -> Iterable[str]:
    held: dict[str, int] = defaultdict(int)
    fills: Counter[tuple[str, str, int, int]] = Counter()
    for order in books.orders:
        venue = by_id.get(order["orderId"])
        if venue is None:
            if order["status"] != "failed":
                yield f"{order} is not at the exchange"
            continue
        yield from _order_differences(order, venue)
        fills.update((venue.symbol, venue.side, one.num_shares, one.price_e4) for one in venue.executions)
        if venue.state == "open":
            left = venue.num_shares - venue.filled_shares
            held["cash" if venue.side == "buy" else venue.symbol] += left * (
                order["priceInCents"] if venue.side == "buy" else 1
            )
    yield from _money_differences(books, fills, held)


def _order_differences(order: dict[str, Any], venue: Order) -> Iterable[str]:
    here = (order["position"], order["symbol"], order["type"], order["numShares"], order["filledShares"])
    there = (venue.side, venue.symbol, venue.type, venue.num_shares, venue.filled_shares)
    if here != there:
        yield f"order {order['orderId']} is {here}, at the exchange {there}"
    if order["externalOrderId"] != venue.external_order_id or order["status"] not in STATUSES[venue.state]:
        yield f"{order} is {venue.external_order_id}, {venue.state} at the exchange"
    if venue.type == "limit" and order["priceInCents"] * 100 != venue.price_e4:
        yield f"{order} has the limit {venue.price_e4} at the exchange"
    worth_e4 = sum(one.num_shares * one.price_e4 for one in venue.executions)
    average = round(Fraction(worth_e4, 100 * venue.filled_shares)) if venue.filled_shares else None
    if sum(one.num_shares for one in venue.executions) != venue.filled_shares or venue.filled_shares > venue.num_shares:
        yield f"I3: {venue}"
    if order["averageFillPriceInCents"] != average:
        yield f"{order} cost {average} a share at the exchange"


def _money_differences(
    books: Books, fills: "Counter[tuple[str, str, int, int]]", held: dict[str, int]
) -> Iterable[str]:
    cash, shares = PAPER_CASH_CENTS, Counter[str]()
    for (symbol, side, num_shares, price_e4), count in fills.items():
        sign = -1 if side == "buy" else 1
        cash += count * sign * round(Fraction(num_shares * price_e4, 100))
        shares[symbol] -= count * sign * num_shares
    account = books.account
    if (account["cashInCents"], account["heldInCents"]) != (cash, held["cash"]):
        yield f"I4: {account}, but fills and open orders make cash {cash}, held {held['cash']}"
    if account["buyingPowerInCents"] != cash - held["cash"] or account["buyingPowerInCents"] < 0 or account["frozen"]:
        yield f"I4: {account}"
    here = {one["symbol"]: (one["shares"], one["heldShares"]) for one in books.positions if one["shares"]}
    there = {symbol: (count, held[symbol]) for symbol, count in shares.items() if count}
    if here != there or any(count < holding for count, holding in here.values()):
        yield f"I4: positions are {here}, fills and open orders make {there}"
    told = Counter(
        (one["symbol"], one["position"], one["shares"], int(Decimal(one["price"]) * 10_000))
        for one in books.activity
        if one["type"] == "fill"
    )
    if told != fills:
        yield f"I3: fills here and not there {told - fills}, there and not here {fills - told}"
    if sum(one["amountInCents"] for one in books.activity) != cash:
        yield f"I4: the activity sums to {sum(one['amountInCents'] for one in books.activity)}, cash is {cash}"


def check_tape(trades: Sequence[Trade], bars_path: Path, ours: set[str]) -> None:
    """What strangers traded is the tape of the file, in order, and adds up to its bars."""
    assert [trade.sequence for trade in trades] == list(range(1, len(trades) + 1))
    shown = [(t.at_ns, t.symbol, t.price_e4, t.num_shares) for t in trades if not ours & set(t.order_ids)]
    tape = [
        (event.at_ns, event.symbol, event.price_e4, event.num_shares)
        for event in DailyBars(bars_path, 0, once=True).events(0)
        if isinstance(event, Print)
    ]
    assert shown == tape
    by_day: dict[tuple[date, str], list[tuple[int, int]]] = defaultdict(list)
    for at_ns, symbol, price_e4, num_shares in shown:
        day = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(NEW_YORK).date()
        by_day[day, symbol].append((price_e4, num_shares))
    for bar in read_bars(bars_path):
        prices, volumes = zip(*by_day.pop((bar.day, bar.symbol)), strict=True) if bar.volume else ((), ())
        assert len(prices) >= min(PRINTS_A_DAY_LEAST, bar.volume), bar
        assert sum(volumes) == bar.volume, bar
        if len(prices) >= PRINTS_A_DAY_LEAST:
            found = (prices[0], max(prices), min(prices), prices[-1])
            assert found == (bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4), bar
    assert not by_day


def check_last_day(symbols: Sequence[dict[str, Any]], trades: Sequence[Trade]) -> None:
    """The broker's day of each symbol is that of the exchange's history: customers' trades count in it like any other."""
    last, day = last_prices(list(trades)), _day(trades[-1].at_ns)
    for symbol in symbols:
        final = last[symbol["symbol"]]
        today = [trade for trade in trades if trade.symbol == final.symbol and _day(trade.at_ns) == day]
        prices = [shown_cents(trade.price_e4) for trade in today if not trade.off_market]
        expected = (prices[0], max(prices), min(prices)) if prices else (None, None, None)
        assert symbol["priceInCents"] == shown_cents(final.price_e4), symbol
        assert tuple(symbol[name] for name in ("dayOpenInCents", "dayHighInCents", "dayLowInCents")) == expected, symbol
        assert symbol["dayVolume"] == sum(trade.num_shares for trade in today), symbol
        assert symbol["sequence"] == final.sequence, symbol


def shown_cents(price_e4: int) -> int:
    return round(Fraction(price_e4, 100))


def _day(at_ns: int) -> date:
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(NEW_YORK).date()


def _all_pages(client: Client, path: str | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while path:
        answer = client.ask("GET", path)
        assert answer.status == 200, answer
        rows += answer.json
        link = answer.headers.get("link", "")
        path = link[1 : link.index(">")] if 'rel="next"' in link else None
    return rows
