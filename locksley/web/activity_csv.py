"""Activity as CSV: with everything, for a spreadsheet; and as Ghostfolio's importer takes it, which knows purchases and sales only."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from locksley.domain.market_day import market_day
from locksley.order_db.port import Fill
from locksley.portfolio.activity import Entry
from locksley.web import shapes

COLUMNS = ("activityId", "type", "time", "symbol", "position", "shares", "price", "amountInCents")
GHOSTFOLIO_COLUMNS = ("Date", "Code", "DataSource", "Currency", "Price", "Quantity", "Action", "Fee", "Note")
E4_PER_DOLLAR = 10_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet(rows: Iterable[shapes.Activity]) -> bytes:
    return _csv(COLUMNS, map(_cells, rows))


def ghostfolio(entries: Iterable[Entry]) -> bytes:
    """Transfers are left out. `Date` is the market's day; the importer reads no time of day."""
    fills = (entry for entry in entries if isinstance(entry, Fill))
    return _csv(
        GHOSTFOLIO_COLUMNS,
        (
            (
                date.fromordinal(market_day(fill.timestamp_ms)).isoformat(),
                plain(fill.symbol),
                "YAHOO",
                "USD",
                dollars(fill.price_e4),
                fill.num_shares,
                fill.side,
                0,
                f"fill-{fill.fill_id}",
            )
            for fill in fills
        ),
    )


def plain(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def dollars(price_e4: int) -> str:
    """Whole cents with two decimals, finer prices with four."""
    whole, rest = divmod(price_e4, E4_PER_DOLLAR)
    return f"{whole}.{rest // 100:02}" if rest % 100 == 0 else f"{whole}.{rest:04}"


def _cells(row: shapes.Activity) -> Sequence[object]:
    fill: Sequence[object] = ("", "", "", "")
    if row.type == "fill":
        fill = (plain(str(row.symbol)), row.position, row.shares, row.price)
    return (row.activity_id, row.type, row.time, *fill, row.amount_in_cents)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
