"""What a benchmark found: tables for people, the same as JSON for programs."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from bench.conditions import Conditions, conditions
from bench.figures import Figure, shown

Cell = str | int | float | Figure


class Table(msgspec.Struct):
    title: str
    columns: Sequence[str]
    rows: list[list[Cell]] = []
    notes: list[str] = []

    def add(self, *cells: Cell) -> None:
        self.rows.append(list(cells))

    def lines(self) -> list[str]:
        grid = [list(self.columns), *([_text(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[column]) for row in grid) for column in range(len(self.columns))]
        written = ["  ".join(_aligned(row, widths)).rstrip() for row in grid]
        return [self.title, *(f"  {line}" for line in written), *(f"  {note}" for note in self.notes)]


class Bar(msgspec.Struct):
    """Something that was promised: `value` stays under `limit`, or is at least that."""

    what: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value < self.limit

    def line(self) -> str:
        asked = "at least" if self.at_least else "under"
        return f"{'met' if self.is_met else 'MISSED'}: {self.what}: {shown(self.value)}, has to be {asked} {shown(self.limit)}"


class Report(msgspec.Struct):
    benchmark: str
    conditions: Conditions
    tables: list[Table] = []
    bars: list[Bar] = []

    def show(self, json_path: Path | None) -> None:
        """Print it, and write it as JSON where that is wanted."""
        self.conditions.end()
        click.echo("\n".join(self.lines()))
        if json_path is not None:
            json_path.write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")

    def lines(self) -> list[str]:
        lines = ["", f"== {self.benchmark}", *self.conditions.lines()]
        for table in self.tables:
            lines += ["", *table.lines()]
        return [*lines, "", *(bar.line() for bar in self.bars)]


def report(benchmark: str, command: str) -> Report:
    return Report(benchmark, conditions(command))


def _text(cell: Cell) -> str:
    return shown(cell) if isinstance(cell, float) else f"{cell:,}" if isinstance(cell, int) else str(cell)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Names to the left, figures to the right."""
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
