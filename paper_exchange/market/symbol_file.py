"""Who is listed, from a CSV file of symbols and names such as the public symbol directories.

Reads from the file, once, at the start; writes nothing. A file that cannot be used stops the start with the line and the reason.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from paper_exchange.market.companies import LISTED_MAX, Company, price_level_e4, well_known
from paper_exchange.market.errors import MarketError
from paper_exchange.market.seeded import seeded

ROWS_MAX = 100_000
SYMBOL_LENGTH_MAX = 16
_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.$/+=^-]*")
_COMMON = re.compile(
    r"common (stock|shares?)|ordinary shares?|class [a-c]\b|depositary (shares?|receipts?)|\badrs?\b", re.I
)
_ODD = re.compile(
    r"\btest (issue|stock|symbol)\b|warrant|\brights?\b|\bunits?\b|preferred|\bnotes?\b|debenture|\b\d\S*%", re.I
)


def companies_of_file(path: Path) -> list[Company]:
    """The companies of `path`, at most `LISTED_MAX`, likely busiest first, always in the same order.

    Well-known ones come first, then common stocks, then funds and all else, then rights, units, warrants, notes and test symbols.
    """
    names = dict(_rows(path))
    if not names:
        raise MarketError.in_file(
            path, 1, "no symbols", "give a CSV file with the columns symbol and name and at least one row"
        )
    levels = {company.symbol: (rank, company.price_e4) for rank, company in enumerate(well_known())}

    def order(symbol: str) -> tuple[int, int, float]:
        rank = levels[symbol][0] if symbol in levels else len(levels)
        return rank, _oddness(symbol, names[symbol]), seeded("order", symbol).random()

    return [
        Company(
            symbol, names[symbol], levels[symbol][1] if symbol in levels else price_level_e4(seeded("price", symbol))
        )
        for symbol in sorted(names, key=order)[:LISTED_MAX]
    ]


def _oddness(symbol: str, name: str) -> int:
    """0 for a common stock, 1 for a fund or what cannot be told, 2 for what few people trade."""
    if _ODD.search(name) or not symbol.replace(".", "").isalpha():
        return 2
    return 0 if _COMMON.search(name) else 1


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from _checked(path, csv.DictReader(file, strict=True))
    except OSError as problem:
        raise MarketError.in_file(
            path, None, f"cannot be read ({problem.strerror})", "give --symbols a number or a CSV file"
        ) from None
    except UnicodeDecodeError:
        raise MarketError.in_file(path, None, "is not UTF-8 text", "give --symbols a number or a CSV file") from None


def _checked(path: Path, reader: "csv.DictReader[str]") -> Iterator[tuple[str, str]]:
    try:
        if not {"symbol", "name"} <= set(reader.fieldnames or ()):
            raise MarketError.in_file(path, 1, "the header lacks symbol or name", "let the first line be symbol,name")
        for row in reader:
            yield _named(path, reader.line_num, row)
    except csv.Error as problem:
        raise MarketError.in_file(path, reader.reader.line_num, f"is not CSV ({problem})", "correct the line") from None


def _named(path: Path, line: int, row: dict[str, str]) -> tuple[str, str]:
    symbol, name = (row["symbol"] or "").strip(), (row["name"] or "").strip()
    if len(symbol) > SYMBOL_LENGTH_MAX or not _SYMBOL.fullmatch(symbol):
        raise MarketError.in_file(
            path, line, f"{symbol[:40]!r} is no symbol", "use 1 to 16 letters, digits and . $ / + = ^ -"
        )
    if line > ROWS_MAX:
        raise MarketError.in_file(path, line, f"more than {ROWS_MAX} lines", "give a shorter file")
    return symbol, name or symbol
