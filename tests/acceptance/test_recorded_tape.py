import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.acceptance.agreement import shown_cents
from tests.acceptance.exchange_record import ExchangeRecord
from tests.acceptance.process import LocksleyUp
from tests.acceptance.residents import move_in
from tests.acceptance.waiting import eventually
from tests.tapes import write_quirky_tape
from tests.web.client import Client

NEW_YORK = ZoneInfo("America/New_York")
NS_PER_S = 1_000_000_000
AWAY_FROM_THE_MARKET = {("SPY", 1_675_100, 1_002_300), ("AAPL", 100, 100)}
REPLAYED_S_MAX = 40


class Row(NamedTuple):
    at_ns: int
    symbol: str
    price_e4: int
    size: int

    @property
    def makes_a_price(self) -> bool:
        return self[1:] not in AWAY_FROM_THE_MARKET

    @property
    def day(self) -> date:
        return datetime.fromtimestamp(self.at_ns // NS_PER_S, UTC).astimezone(NEW_YORK).date()


def rows_of(tape: Path) -> list[Row]:
    with gzip.open(tape, "rt", newline="") as file:
        return [
            Row(int(row["ts_ns"]), row["symbol"], int(Decimal(row["price"]) * 10_000), int(row["size"]))
            for row in csv.DictReader(file)
        ]


def last_day_of(rows: list[Row]) -> dict[str, tuple[int, int, int, int]]:
    """Each symbol's last, high and low in cents, and volume, on the last day of the tape."""
    by_symbol = defaultdict(list)
    last_day = max(row.day for row in rows)
    for row in rows:
        if row.day == last_day:
            by_symbol[row.symbol].append(row)
    found = {}
    for symbol, today in by_symbol.items():
        prices = [row.price_e4 for row in today if row.makes_a_price]
        last, high, low = map(shown_cents, (prices[-1], max(prices), min(prices)))
        found[symbol] = (last, high, low, sum(row.size for row in today))
    return found


def shown(symbols: list[dict[str, Any]]) -> dict[str, tuple[int, int, int, int]]:
    names = ("priceInCents", "dayHighInCents", "dayLowInCents", "dayVolume")
    return {one["symbol"]: tuple(one[name] for name in names) for one in symbols}


def test_the_broker_shows_what_the_tape_says(tmp_path: Path) -> None:
    tape = write_quirky_tape(tmp_path, seed=7)
    rows = rows_of(tape.trades)
    expected = last_day_of(rows)
    assert len(expected) == 4
    [resident] = move_in(tmp_path / "data", 1)
    options = ("--replay", str(tape.trades), "--quotes", str(tape.quotes), "--speed", "max", "--once")
    with LocksleyUp(tmp_path / "data", *options, log=tmp_path / "log") as broker:
        client = Client(broker.port, resident.token)
        found: dict[str, tuple[int, int, int, int]] = {}

        def is_as_the_file() -> bool:
            found.update(shown(client.get(f"/symbols?names={','.join(expected)}")))
            return found == expected

        eventually(lambda: f"each symbol as in the file: {expected}; shown is {found}", is_as_the_file, REPLAYED_S_MAX)
        record = ExchangeRecord(broker.exchange_url)
        traded = [(t.at_ns, t.symbol, t.price_e4, t.num_shares, not t.off_market) for t in record.trades()]
        assert traded == [(*row, row.makes_a_price) for row in rows]
        with client.stream("GET", f"/subscribe?symbols={','.join(expected)}") as stream:
            for symbol, (last, _high, _low, volume) in expected.items():
                stream.until("price", symbol=symbol, priceInCents=last, dayVolume=volume)
        assert broker.interrupt() == 0
