"""A recording shown as a market: once, or over and over with time going on.

Reads from a recording, which reads from files; writes nothing.
If it dies the next run resumes after the moment that the exchange had reached.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Protocol

import msgspec

from paper_exchange.market.port import Bar, DayStart, Event, Hours, Listing, Quote
from paper_exchange.market.sessions import Sessions
from paper_exchange.market.timeline import Timeline


class Recording(Protocol):
    """What a replay needs of a recording, in the recording's own time."""

    listings: Sequence[Listing]
    sessions: Sessions
    first_ns: int
    begins_ns: int
    span_ns: int

    def events(self, after_ns: int) -> Iterator[Event]:
        """One pass in time order, each day from its `DayStart`; days that ended before `after_ns` may be left out."""
        ...

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]: ...


class Replay:
    """A `Market` that shows a recording.

    Each pass after the first is the same, shifted by the recording's whole days (`span_ns`, 24 hours each), and starts with a `DayStart`.
    """

    def __init__(self, recording: Recording, once: bool) -> None:
        self._recording = recording
        self._once = once
        self._starts_at_ns = recording.first_ns
        self._timeline = Timeline(self._passes(recording.first_ns))

    @property
    def listings(self) -> Sequence[Listing]:
        return self._recording.listings

    @property
    def starts_at_ns(self) -> int:
        return self._starts_at_ns

    @property
    def next_at_ns(self) -> int | None:
        return self._timeline.next_at_ns

    def began(self, at_ns: int) -> None:
        """What was before is in the recording, whenever it was begun."""

    def resume(self, last_prices_e4: Mapping[str, int], at_ns: int) -> None:  # noqa: ARG002
        """Go on with what comes after `at_ns`, first giving each symbol's quote as it stood then. The prices are the recording's."""
        if at_ns >= self._starts_at_ns:
            self._starts_at_ns = at_ns
            self._timeline = Timeline(self._after(at_ns))

    def advance(self, until_ns: int, limit: int) -> Sequence[Event]:
        return self._timeline.advance(until_ns, limit)

    def hours(self, at_ns: int) -> Hours:
        return self._recording.sessions.hours(at_ns)

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]:
        return self._recording.bars(symbol, from_ns, to_ns, interval_ns)

    def _passes(self, after_ns: int) -> Iterator[Event]:
        """From the pass that holds `after_ns` on."""
        recording = self._recording
        first = max(0, (after_ns - recording.begins_ns) // recording.span_ns)
        if self._once and first > 0:
            return
        last_ns = recording.first_ns
        for number in count(first):
            shift_ns = number * recording.span_ns
            for event in recording.events(after_ns - shift_ns):
                if isinstance(event, DayStart):
                    yield DayStart(max(last_ns, event.at_ns + shift_ns))
                    continue
                last_ns = event.at_ns + shift_ns
                yield msgspec.structs.replace(event, at_ns=last_ns) if shift_ns else event
            if self._once:
                return

    def _after(self, at_ns: int) -> Iterator[Event]:
        events = self._passes(at_ns)
        quotes: dict[str, Quote] = {}
        for event in events:
            if event.at_ns > at_ns:
                yield from (msgspec.structs.replace(quote, at_ns=at_ns) for quote in quotes.values())
                yield event
                break
            if isinstance(event, Quote):
                quotes[event.symbol] = event
        yield from events
