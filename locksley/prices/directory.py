"""The symbols that the exchange lists, and the search among them by prefix."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from locksley.domain.errors import Malformed

_WORD = re.compile(r"[^\W_]+")

EXACT_TICKER, TICKER_PREFIX, WORD_PREFIX = range(3)


class Listing(NamedTuple):
    symbol: str
    name: str


class Found(NamedTuple):
    """A page of a search, best first; `cursor` asks for the next, None when there is none."""

    listings: Sequence[Listing]
    cursor: str | None


class Directory:
    def __init__(self) -> None:
        self._listings: dict[str, Listing] = {}
        self._tickers: list[tuple[str, str]] = []
        self._words: list[tuple[str, str]] = []

    def replace(self, listings: Iterable[Listing]) -> None:
        """All that is listed from now on."""
        self._listings = {listing.symbol: listing for listing in sorted(listings)}
        self._tickers = sorted((symbol.casefold(), symbol) for symbol in self._listings)
        self._words = sorted(
            {(word, listing.symbol) for listing in self._listings.values() for word in words_of(listing.name)}
        )

    def __len__(self) -> int:
        return len(self._listings)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._listings

    def get(self, symbol: str) -> Listing | None:
        return self._listings.get(symbol)

    def symbols(self) -> list[str]:
        return list(self._listings)

    def unknown(self, symbols: Iterable[str]) -> list[str]:
        return [symbol for symbol in symbols if symbol not in self._listings]

    def search(self, query: str, limit: int, cursor: str | None = None) -> Found:
        """Tickers that are or begin with `query`, then names of which each word of it begins a word. An empty query finds all."""
        ranked = sorted((rank, symbol) for symbol, rank in self._ranks(query.strip().casefold()).items())
        start = 0 if cursor is None else bisect_right(ranked, _read_cursor(cursor))
        page = ranked[start : start + limit]
        more = len(ranked) > start + limit
        return Found(
            [self._listings[symbol] for _rank, symbol in page],
            f"{page[-1][0]}:{page[-1][1]}" if more and page else None,
        )

    def _ranks(self, query: str) -> dict[str, int]:
        ranks = dict.fromkeys(self._named(query), WORD_PREFIX)
        for ticker, symbol in _with_prefix(self._tickers, query):
            ranks[symbol] = EXACT_TICKER if ticker == query else TICKER_PREFIX
        return ranks

    def _named(self, query: str) -> set[str]:
        found = [{symbol for _word, symbol in _with_prefix(self._words, word)} for word in words_of(query)]
        return set.intersection(*found) if found else set()


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _with_prefix(entries: Sequence[tuple[str, str]], prefix: str) -> Iterator[tuple[str, str]]:
    for index in range(bisect_left(entries, (prefix, "")), len(entries)):
        if not entries[index][0].startswith(prefix):
            return
        yield entries[index]


def _read_cursor(cursor: str) -> tuple[int, str]:
    rank, colon, symbol = cursor.partition(":")
    if not colon or rank not in {"0", "1", "2"}:
        raise Malformed(f"cursor {cursor!r:.40} was not given out here; leave it out to start from the first page")
    return int(rank), symbol
