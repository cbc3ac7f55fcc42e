"""Finding a symbol by its ticker or by the words of its name."""

import pytest

from locksley.domain.errors import Malformed
from locksley.prices.directory import Directory, Listing

NAMES = {
    "A": "Agilent Technologies, Inc.",
    "AA": "Alcoa Corporation",
    "AAPL": "Apple Inc.",
    "AMAT": "Applied Materials, Inc.",
    "APP": "AppLovin Corporation",
    "BAC": "Bank of America Corporation",
    "BRK.B": "Berkshire Hathaway Inc.",
    "MCO": "Moody's Corporation",
    "META": "Meta Platforms, Inc.",
}


@pytest.fixture
def directory() -> Directory:
    made = Directory()
    made.replace(Listing(symbol, name) for symbol, name in reversed(NAMES.items()))
    return made


def symbols(directory: Directory, query: str, limit: int = 100) -> list[str]:
    return [listing.symbol for listing in directory.search(query, limit).listings]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("AA", ["AA", "AAPL"]),
        ("aapl", ["AAPL"]),
        ("app", ["APP", "AAPL", "AMAT"]),
        ("a", ["A", "AA", "AAPL", "AMAT", "APP", "BAC"]),
        ("bank am", ["BAC"]),
        ("am BANK", ["BAC"]),
        ("ank", []),
        ("brk.b", ["BRK.B"]),
        ("moody's", ["MCO"]),
        ("  meta ", ["META"]),
        ("%", []),
    ],
)
def test_search(directory: Directory, query: str, expected: list[str]) -> None:
    assert symbols(directory, query) == expected


def test_empty_query_finds_all(directory: Directory) -> None:
    assert symbols(directory, "") == sorted(NAMES)


def test_pages_make_up_the_whole(directory: Directory) -> None:
    found, cursor = [], None
    while True:
        page = directory.search("a", 2, cursor)
        found += [listing.symbol for listing in page.listings]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == symbols(directory, "a")


def test_cursor_goes_on_though_its_symbol_is_no_longer_listed(directory: Directory) -> None:
    first = directory.search("a", 2)
    directory.replace([Listing("A", "Agilent"), Listing("AAPL", "Apple"), Listing("AB", "Abbott")])
    assert [listing.symbol for listing in directory.search("a", 9, first.cursor).listings] == ["AAPL", "AB"]


@pytest.mark.parametrize("cursor", ["", "x", "9:A", ":", "-1:A"])
def test_cursor_that_was_not_given_out(directory: Directory, cursor: str) -> None:
    with pytest.raises(Malformed, match="first page"):
        directory.search("a", 2, cursor)


def test_what_is_unknown(directory: Directory) -> None:
    assert directory.unknown(["A", "NOSUCH", "aapl"]) == ["NOSUCH", "aapl"]
    assert "A" in directory
    assert directory.get("A") == Listing("A", NAMES["A"])
    assert len(directory) == len(NAMES)
