import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locksley.client.events_parser import LINE_BYTES_MAX, Event, EventParser, StreamBroken

STREAM = b'retry: 250\nevent: stream\ndata: {"a":1}\n\n:\n\nid: 3-7\r\nevent: price\r\ndata: one\r\ndata: two\r\n\r\nid: 9\n\ndata:x\n\n'
EVENTS = [
    Event("stream", '{"a":1}', None),
    Event("price", "one\ntwo", "3-7"),
    Event("message", "", "9"),
    Event("message", "x", None),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_cut_anywhere_reads_the_same(cuts: list[int]) -> None:
    parser = EventParser()
    ends = [0, *sorted(cuts), len(STREAM)]
    events = [event for start, end in itertools.pairwise(ends) for event in parser.feed(STREAM[start:end])]
    assert events == EVENTS
    assert parser.retry_ms == 250


def test_line_without_an_end_breaks_the_stream() -> None:
    with pytest.raises(StreamBroken):
        list(EventParser().feed(b"x" * (LINE_BYTES_MAX + 1)))
