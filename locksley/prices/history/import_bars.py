"""Puts daily bars and splits from files into the bar store. Days on which bars were kept here stay as they are.

Reads from the files, whole, first. Writes to the bar store, a symbol at a time: done twice it comes out the same, so what died halfway
is done again.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from locksley.bar_store.port import BarStore
from locksley.domain.bar import Size
from locksley.domain.market_day import market_day
from locksley.prices.history.bar_files import daily_bars, splits


class Imported(NamedTuple):
    """`kept_here`: bars of the files that were left out."""

    bars: int
    symbols: int
    kept_here: int
    splits: int


async def import_bars(store: BarStore, files: Sequence[Path], split_files: Sequence[Path]) -> Imported:
    """Raises `ConfigError` for a file that can not be used; then nothing was kept."""
    read = [daily_bars(file) for file in files]
    found_splits = [split for file in split_files for split in splits(file)]
    kept = await store.kept()
    first_here = market_day(kept.since_ms) if kept and kept.since_ms else None
    put = left_out = 0
    for symbol, bars in (item for one in read for item in one.items()):
        before = [bar for bar in bars if first_here is None or bar.at < first_here]
        if before:
            await store.put(symbol, Size.DAY, before)
        put += len(before)
        left_out += len(bars) - len(before)
    await store.keep_splits(found_splits)
    return Imported(put, len({symbol for one in read for symbol in one}), left_out, len(found_splits))
