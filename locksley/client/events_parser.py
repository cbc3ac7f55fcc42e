"""Server-sent events out of bytes: no I/O in it."""

from collections.abc import Iterator
from typing import NamedTuple

LINE_BYTES_MAX = 1_048_576


class StreamBroken(Exception):
    """The stream is not one of events."""


class Event(NamedTuple):
    """`data` is empty for a block that only sets `id`."""

    name: str
    data: str
    id: str | None


class EventParser:
    """`retry_ms` is the newest that the stream asked for."""

    def __init__(self) -> None:
        self.retry_ms: int | None = None
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that these bytes complete. Raises `StreamBroken` for a line without an end."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            raise StreamBroken(f"a line of more than {LINE_BYTES_MAX:,} bytes")
        for line in lines:
            event = self._line(line.rstrip(b"\r").decode(errors="replace"))
            if event is not None:
                yield event

    def _line(self, line: str) -> Event | None:
        if not line:
            return self._end_of_block()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "retry" and value.isdecimal():
            self.retry_ms = int(value)
        elif name == "data" and "data" in self._fields:
            self._fields["data"] += "\n" + value
        elif name:
            self._fields[name] = value
        return None

    def _end_of_block(self) -> Event | None:
        fields, self._fields = self._fields, {}
        if "data" not in fields and "id" not in fields:
            return None
        return Event(fields.get("event", "message"), fields.get("data", ""), fields.get("id"))
