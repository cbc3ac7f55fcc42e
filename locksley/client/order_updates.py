"""A person's order updates, none left out, as a stream that comes back by itself and goes on after the last number.

Who has no number yet asks for what comes after all numbers. The broker answers with how the orders stand as of the newest one: that
number is where now is, and what stands is no news.
"""

import msgspec

from locksley.client.errors import AnswerNotUnderstood
from locksley.client.events import OrderEventOfStream, OrderUpdate, Reset
from locksley.client.events_parser import Event
from locksley.client.live_stream import LiveStream
from locksley.client.resuming import RECONNECT_S_MAX
from locksley.client.retries import Retries
from locksley.client.shapes import Order
from locksley.client.transport import Request, Transport

AFTER_ALL = 2**63 - 1

_decode_order = msgspec.json.Decoder(Order).decode


class OrderStream(LiveStream[OrderEventOfStream]):
    """`after`: the number of the last update that is known already; None begins with what happens from now on. `number` is the newest seen:
    keep it to go on from there in another process."""

    def __init__(
        self,
        transport: Transport,
        retries: Retries,
        after: int | None,
        reconnect_s_max: float = RECONNECT_S_MAX,
    ) -> None:
        super().__init__(transport, retries, reconnect_s_max)
        self.number = after
        self._in_snapshot = False

    @property
    def connected(self) -> bool:
        """False until it is known where it begins, and while it is broken and being opened again."""
        return super().connected and self.number is not None

    def _request(self) -> Request:
        self._in_snapshot = False
        after = AFTER_ALL if self.number is None else self.number
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        return Request("GET", "/orders/stream", headers=headers)

    def _read(self, event: Event) -> OrderEventOfStream | None:
        number = int(event.id) if event.id is not None and event.id.isdecimal() else None
        if self.number is None:
            self.number = number
            return None
        if event.name == "reset":
            self._in_snapshot = number is None
            self.number = self.number if number is None else number
            return Reset()
        if event.name != "order" or not event.data:
            self.number = self.number if number is None else number
            return None
        if not self._in_snapshot and number is not None and number <= self.number:
            return None
        if number is not None:
            self.number, self._in_snapshot = number, False
        try:
            return OrderUpdate(number=number, order=_decode_order(event.data))
        except msgspec.DecodeError as error:
            raise AnswerNotUnderstood(f"the stream says what can not be read: {error}") from None
