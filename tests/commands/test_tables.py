import io

import pytest
from rich.console import Console

from locksley.commands.formats import age, change, dollars, percent, shares
from locksley.commands.tables import Cell, Column, Row, table

COLUMNS = [
    Column("symbol", is_number=False),
    Column("name", 3, is_number=False, can_shorten=True),
    Column("price"),
    Column("volume", 2),
    Column("age", 1),
]
ROWS: list[Row] = [
    [Cell("META", "bold"), "Meta Platforms, Inc.", "$1,234.50", "12,345,678", "12 s"],
    [Cell("A", "bold"), "Agilent Technologies", "$98.10", "9", "now"],
]


def _drawn(width: int, *, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system="standard" if terminal else None)
    console.print(table(COLUMNS, ROWS, width))
    return out.getvalue()


def _lines(columns: list[Column], rows: list[Row], width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(table(columns, rows, width))
    return out.getvalue().splitlines()


def _words(text: str) -> set[str]:
    return set(text.split())


def test_wide_has_everything() -> None:
    assert {"symbol", "name", "price", "volume", "age", "Platforms,", "12,345,678", "$1,234.50"} <= _words(_drawn(200))


@pytest.mark.parametrize("width", range(17, 90))
def test_any_width_fits_and_keeps_what_matters(width: int) -> None:
    drawn = _drawn(width)
    assert max(len(line.rstrip()) for line in drawn.splitlines()) <= width
    assert {"META", "$1,234.50", "$98.10"} <= _words(drawn)


def test_what_matters_least_goes_first() -> None:
    gone = [
        title
        for width in range(90, 16, -1)
        for title in ("name", "volume", "age")
        if title not in _drawn(width) and title in _drawn(width + 1)
    ]
    assert list(dict.fromkeys(gone)) == ["name", "volume", "age"]


def test_what_matters_less_has_the_room_that_a_wide_one_leaves() -> None:
    columns = [Column("email"), Column("state", 1), Column("id", 2), Column("since", 3)]
    rows: list[Row] = [["x@example.org", "active", "0190163d-8694-739b-aea5-966c26f8ad91", "2026-11-22"]]
    assert _lines(columns, rows, 55)[0].split() == ["email", "state", "since"]
    assert _lines(columns, rows, 80)[0].split() == ["email", "state", "id", "since"]


def test_lines_end_with_their_last_word_and_empty_columns_are_left_out() -> None:
    columns = [Column("what", is_number=False), Column("by"), Column("detail", is_number=False)]
    assert _lines(columns, [["placed", "", ""], ["filled", "", ""]], 60) == ["what", "──────", "placed", "filled"]
    drawn = _lines(columns, [["placed", "x", ""], ["filled", "", "a long word"]], 60)
    assert [line for line in drawn if line.endswith(" ")] == []
    assert drawn[0].split() == ["what", "by", "detail"]


def test_name_is_shortened_before_it_goes() -> None:
    assert "Meta Pl…" in " ".join(_drawn(width) for width in range(45, 65))


def test_colours_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" not in _drawn(100)
    assert "\x1b[" in _drawn(100, terminal=True)


def test_formats() -> None:
    assert [dollars(cents) for cents in (0, -5, 123_456_789, None)] == ["$0.00", "-$0.05", "$1,234,567.89", "-"]
    assert [change(cents) for cents in (0, -5, 120)] == ["+0.00", "-0.05", "+1.20"]
    assert [percent(*pair) for pair in ((125, 10_000), (-1, 10_000), (-1, 100_000), (5, 0))] == [
        "+1.25 %",
        "-0.01 %",
        "0.00 %",
        "-",
    ]
    assert [age(seconds) for seconds in (-3, 0.5, 59, 60, 3_600, 90_000)] == [
        "now",
        "now",
        "59 s",
        "1 min",
        "1 h",
        "1 d",
    ]
    assert shares(1_000_000) == "1,000,000"
