"""Tables that fit: columns that matter less make room, and one may be shortened, before anything is cut off."""

from collections.abc import Sequence
from typing import NamedTuple

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

GAP = 2
DIVIDER = 1  # of the box, between any two columns
SHORTENED_CHARS_MIN = 8


class Column(NamedTuple):
    """`rank`: the highest goes first when there is no room; 0 stays. `can_shorten`: it gives up some of its width before any goes, but
    keeps `shortest` characters."""

    title: str
    rank: int = 0
    is_number: bool = True
    can_shorten: bool = False
    shortest: int = SHORTENED_CHARS_MIN


class Cell(NamedTuple):
    text: str
    style: str = ""


Row = Sequence[Cell | str]


def table(columns: Sequence[Column], rows: Sequence[Row], width: int) -> Table:
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    widths = [
        max([cell_len(column.title), *(cell_len(row[number].text) for row in cells)])
        for number, column in enumerate(columns)
    ]
    widths, shown = _fit(columns, widths, width)
    drawn = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        show_header=any(column.title for column in columns),
        pad_edge=False,
        padding=(0, GAP - DIVIDER, 0, 0),
    )
    for number in shown:
        column = columns[number]
        drawn.add_column(
            column.title,
            justify="right" if column.is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=widths[number],
        )
    for row in cells:
        drawn.add_row(*(Text(row[number].text, style=row[number].style) for number in shown))
    return drawn


def _fit(columns: Sequence[Column], widths: Sequence[int], width: int) -> tuple[list[int], list[int]]:
    """The widths, and which columns are shown."""
    fitted, shown = list(widths), list(range(len(columns)))
    while (over := sum(fitted[number] + GAP for number in shown) - GAP - width) > 0:
        shrinkable = [number for number in shown if columns[number].can_shorten]
        spare = max((fitted[number] - columns[number].shortest for number in shrinkable), default=0)
        if 0 < over <= spare:
            widest = max(shrinkable, key=lambda number: fitted[number] - columns[number].shortest)
            fitted[widest] -= over
            break
        least = max(shown, key=lambda number: columns[number].rank)
        if columns[least].rank == 0:
            break
        shown.remove(least)
    return fitted, shown


def good_or_bad(cents: int | None) -> str:
    """The colour of a gain or loss."""
    return "" if not cents else "green" if cents > 0 else "red"
