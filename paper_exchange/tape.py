"""Every trade, in order: the feed and the history read from here.

Trades are counted from 1 for ever (`number`); an epoch is a stretch of them, and `sequence` counts within it. A trade is a row of
36 bytes in chunks of 65,536, laid out as the journal's trade files are, so that after a restart the chunks are those files, mapped.
The newest 10 million are kept at least, a chunk more at most. Order ids are stored only where a customer was in the trade.
"""

import struct
import zlib
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TRADES_KEPT_MIN = 10_000_000
CHUNK_TRADES = 65_536

ROW = struct.Struct("<qqQIBxxxI")
_CHECKED_BYTES = ROW.size - 4

OFF_MARKET = 1
CUSTOMERS = 2
DAY_BEGINS = 4


class Trade(NamedTuple):
    """`flags`: OFF_MARKET, CUSTOMERS, DAY_BEGINS (the first of its day).

    `order_ids` are (buyer, seller), each None where a stranger stood there, or None where both were.
    """

    number: int
    at_ns: int
    price_e4: int
    num_shares: int
    symbol_index: int
    flags: int
    order_ids: tuple[str | None, str | None] | None


class Epoch(NamedTuple):
    """`base` is the number of the last trade before the epoch: sequence = number - base."""

    epoch: int
    base: int


class Gone(Exception):
    """History that is no longer kept, or never was; `oldest` is the oldest sequence of the epoch that is."""

    def __init__(self, epoch: int, oldest: int) -> None:
        super().__init__(f"the oldest trade kept is sequence {oldest} of epoch {epoch}")
        self.epoch = epoch
        self.oldest = oldest


class Tape:
    def __init__(self, epoch: int, trades_kept_min: int = TRADES_KEPT_MIN) -> None:
        self.epochs = [Epoch(epoch, 0)]
        self.last_number = 0
        self._trades_kept_min = trades_kept_min
        self._first_number = 1
        self._day_flag = 0
        self._chunks: deque[memoryview] = deque()
        self._order_ids: deque[dict[int, tuple[str | None, str | None]]] = deque()

    @property
    def epoch(self) -> int:
        return self.epochs[-1].epoch

    @property
    def sequence(self) -> int:
        return self.last_number - self.epochs[-1].base

    @property
    def first_number(self) -> int:
        return self._first_number

    def begin_epoch(self, epoch: int) -> None:
        self.epochs.append(Epoch(epoch, self.last_number))

    def mark_day(self) -> None:
        """The next trade is the first of a new day."""
        self._day_flag = DAY_BEGINS

    def append(
        self,
        at_ns: int,
        price_e4: int,
        num_shares: int,
        symbol_index: int,
        off_market: bool,
        order_ids: tuple[str | None, str | None] | None,
    ) -> int:
        """The number of the new trade."""
        place = (self.last_number) % CHUNK_TRADES
        if place == 0 or not self._chunks:
            self._begin_chunk()
        self.last_number += 1
        chunk, offset = self._chunks[-1], place * ROW.size
        flags = off_market | (CUSTOMERS if order_ids is not None else 0) | self._day_flag
        self._day_flag = 0
        ROW.pack_into(chunk, offset, at_ns, price_e4, num_shares, symbol_index, flags, 0)
        check = zlib.crc32(chunk[offset : offset + _CHECKED_BYTES], self.last_number & 0xFFFFFFFF)
        chunk[offset + _CHECKED_BYTES : offset + ROW.size] = check.to_bytes(4, "little")
        if order_ids is not None:
            self._order_ids[-1][self.last_number] = order_ids
        return self.last_number

    def read(self, after: int, until: int) -> Iterator[Trade]:
        """Trades with `after < number <= until`, as far as they are kept."""
        after = max(after, self._first_number - 1)
        until = min(until, self.last_number)
        while after < until:
            index, place = divmod(after, CHUNK_TRADES)
            index -= (self._first_number - 1) // CHUNK_TRADES
            stop = min(place + until - after, CHUNK_TRADES)
            ids = self._order_ids[index]
            rows = ROW.iter_unpack(self._chunks[index][place * ROW.size : stop * ROW.size])
            for at_ns, price_e4, num_shares, symbol_index, flags, _check in rows:
                after += 1
                order_ids = ids.get(after) if flags & CUSTOMERS else None
                yield Trade(after, at_ns, price_e4, num_shares, symbol_index, flags, order_ids)

    def raw(self, after: int, until: int) -> list[bytes]:
        """The rows of the trades `after < number <= until`, a piece per chunk, as the journal writes them."""
        pieces = []
        while after < until:
            index, place = divmod(after, CHUNK_TRADES)
            index -= (self._first_number - 1) // CHUNK_TRADES
            stop = min(place + until - after, CHUNK_TRADES)
            pieces.append(bytes(self._chunks[index][place * ROW.size : stop * ROW.size]))
            after += stop - place
        return pieces

    def span(self, epoch: int) -> tuple[int, int]:
        """(base, number of the last trade) of an epoch that is still known; raises Gone for any other."""
        index = bisect_right(self.epochs, epoch, key=lambda known: known.epoch) - 1
        if index < 0 or self.epochs[index].epoch != epoch:
            raise self.gone(self.epochs[-1])
        end = self.epochs[index + 1].base if index + 1 < len(self.epochs) else self.last_number
        return self.epochs[index].base, end

    def epoch_of(self, number: int) -> Epoch:
        return self.epochs[bisect_right(self.epochs, number - 1, key=lambda known: known.base) - 1]

    def check_kept(self, epoch: int, after: int) -> tuple[int, int]:
        """(number, number of the epoch's last trade) where reading after a sequence starts; raises Gone."""
        base, end = self.span(epoch)
        number = min(base + after, end)
        if number < self._first_number - 1:
            raise self.gone(Epoch(epoch, base))
        return number, end

    def gone(self, epoch: Epoch) -> Gone:
        return Gone(epoch.epoch, max(self._first_number, epoch.base + 1) - epoch.base)

    def restore(self, first_number: int, chunks: Sequence[memoryview], last_number: int) -> None:
        """The chunks of an earlier run, oldest first; the last one has room for a whole chunk and is written on."""
        self._first_number = first_number
        self._chunks = deque(chunks)
        self._order_ids = deque({} for _chunk in chunks)
        self.last_number = last_number

    def cut(self, last_number: int) -> None:
        """Forget what comes after a trade; for a restart only, nobody may have seen it."""
        self.last_number = last_number
        while self._chunks and self._first_number + (len(self._chunks) - 1) * CHUNK_TRADES > last_number:
            self._chunks.pop()
            self._order_ids.pop()
        if self._chunks and self._chunks[-1].readonly:
            self._chunks[-1] = memoryview(bytearray(self._chunks[-1]))

    def restore_epochs(self, epochs: Sequence[Epoch]) -> None:
        self.epochs = list(epochs)

    def restore_order_ids(self, number: int, order_ids: tuple[str | None, str | None]) -> None:
        if self._first_number <= number <= self.last_number:
            index = (number - 1) // CHUNK_TRADES - (self._first_number - 1) // CHUNK_TRADES
            self._order_ids[index][number] = order_ids

    def _begin_chunk(self) -> None:
        self._chunks.append(memoryview(bytearray(CHUNK_TRADES * ROW.size)))
        self._order_ids.append({})
        while self.last_number - self._first_number + 1 - CHUNK_TRADES >= self._trades_kept_min:
            self._chunks.popleft()
            self._order_ids.popleft()
            self._first_number += CHUNK_TRADES


def row_is_whole(rows: memoryview, place: int, number: int) -> bool:
    """Whether the row at `place` is the one that was written for trade `number`, to its last byte."""
    row = rows[place * ROW.size : (place + 1) * ROW.size]
    check = zlib.crc32(row[:_CHECKED_BYTES], number & 0xFFFFFFFF)
    return len(row) == ROW.size and int.from_bytes(row[_CHECKED_BYTES:], "little") == check
