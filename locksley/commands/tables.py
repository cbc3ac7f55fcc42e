"""Tables that fit: columns that matter less make room, and some are shortened, before anything is cut off. Empty ones are left out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

GAP = 2
DIVIDER = 1  # of the box, between any two columns
SHORTENED_CHARS_MIN = 8


class Column(NamedTuple):
    """`rank`: the lowest has room first, and what then does not fit is left out; 0 stays. `can_shorten`: it gives up some of its width
    before any is left out, but keeps `shortest` characters."""

    title: str
    rank: int = 0
    is_number: bool = True
    can_shorten: bool = False
    shortest: int = SHORTENED_CHARS_MIN


class Cell(NamedTuple):
    text: str
    style: str = ""


Row = Sequence[Cell | str]


class _Trimmed:
    """Without the blanks at the ends of lines: those are in the way of who copies them, or compares them."""

    def __init__(self, drawn: Table) -> None:
        self._drawn = drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for line in console.render_lines(self._drawn, options, pad=False):
            while line and not line[-1].text.strip():
                line.pop()
            yield from line[:-1]
            if line:
                yield Segment(line[-1].text.rstrip(), line[-1].style)
            yield Segment.line()


def table(columns: Sequence[Column], rows: Sequence[Row], width: int) -> RenderableType:
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    widths = [
        max([cell_len(column.title), *(cell_len(row[number].text) for row in cells)])
        for number, column in enumerate(columns)
    ]
    filled = [number for number in range(len(columns)) if not cells or any(row[number].text for row in cells)]
    shown = _that_fit(columns, widths, filled, width)
    widths = _shortened(columns, widths, shown, width)
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
    return _Trimmed(drawn)


def _that_fit(columns: Sequence[Column], widths: Sequence[int], filled: Sequence[int], width: int) -> list[int]:
    """Which are shown: what matters most has room first."""
    shown: list[int] = []
    room = width + GAP
    for number in sorted(filled, key=lambda number: (columns[number].rank, -number)):
        needed = _least(columns[number], widths[number]) + GAP
        if columns[number].rank == 0 or needed <= room:
            shown.append(number)
            room -= needed
    return sorted(shown)


def _shortened(columns: Sequence[Column], widths: Sequence[int], shown: Sequence[int], width: int) -> list[int]:
    """The widths: the column with the most to spare gives up some first."""
    fitted = list(widths)

    def spare(number: int) -> int:
        return fitted[number] - _least(columns[number], fitted[number])

    while (over := sum(fitted[number] + GAP for number in shown) - GAP - width) > 0:
        widest = max(shown, key=spare)
        if spare(widest) == 0:
            break
        fitted[widest] -= min(over, spare(widest))
    return fitted


def _least(column: Column, width: int) -> int:
    return min(width, column.shortest) if column.can_shorten else width


def good_or_bad(cents: int | None) -> str:
    """The colour of a gain or loss."""
    return "" if not cents else "green" if cents > 0 else "red"
