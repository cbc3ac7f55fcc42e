"""Ghostfolio's importer: names of columns in any case; every row needs all but a note; `buy` and `sell`; dates as yyyy-MM-dd."""

import csv
import io
import re

from locksley.order_db.port import Fill
from locksley.portfolio.activity import Entry
from locksley.portfolio.port import Transfer
from locksley.web import activity_csv, shapes
from tests.prices.trades import FRIDAY_MS


def fill(symbol: str = "META", side: str = "buy", price_e4: int = 5_010_050) -> Fill:
    return Fill(7, "ada", "o", "x", "t", 1, 1, symbol, side, price_e4, 10, -501_005, FRIDAY_MS, FRIDAY_MS)


def test_ghostfolio_has_every_fill_as_its_importer_reads_it() -> None:
    entries: list[Entry] = [fill(side="sell"), Transfer(1, "ada", 100, "paper_cash", 0), fill()]
    rows = list(csv.DictReader(io.StringIO(activity_csv.ghostfolio(entries).decode())))
    assert [row["Action"] for row in rows] == ["sell", "buy"]
    for row in rows:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["Date"])
        assert (row["Date"], row["Code"], row["DataSource"], row["Currency"]) == ("2026-11-20", "META", "YAHOO", "USD")
        assert (float(row["Price"]), float(row["Quantity"]), float(row["Fee"])) == (501.005, 10, 0)


def test_text_is_no_formula_in_a_spreadsheet() -> None:
    for symbol in ("=1+1", "+A", "-A", "@SUM(A1)", "\tA", "\rA"):
        row = shapes.Activity(activity_id="1", type="fill", time="", symbol=symbol, shares=1, amount_in_cents=-5)
        for data in (activity_csv.spreadsheet([row]), activity_csv.ghostfolio([fill(symbol)])):
            [_, cells] = csv.reader(io.StringIO(data.decode(), newline=""))
            assert f"'{symbol}" in cells


def test_what_a_fill_did_to_the_cash_stays_a_number() -> None:
    row = shapes.Activity(activity_id="1", type="transfer", time="", amount_in_cents=-500)
    assert activity_csv.spreadsheet([row]).decode().splitlines()[1] == "1,transfer,,,,,,-500"
