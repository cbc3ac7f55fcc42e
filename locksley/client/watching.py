"""Live prices of some symbols, as a stream that comes back by itself."""

from collections.abc import Iterable

import msgspec

from locksley.client.asking import ask
from locksley.client.errors import AnswerNotUnderstood, NotFound
from locksley.client.events import FeedStatus, PriceEvent, PriceUpdate
from locksley.client.events_parser import Event
from locksley.client.live_stream import LiveStream
from locksley.client.resuming import RECONNECT_S_MAX
from locksley.client.retries import Retries
from locksley.client.transport import Request, Transport

_decode_price = msgspec.json.Decoder(PriceUpdate).decode
_decode_status = msgspec.json.Decoder(FeedStatus).decode


class PriceStream(LiveStream[PriceEvent]):
    """Iterate over it: first a price of every symbol, then each change. After a break come the newest prices again; a symbol never goes
    back in time."""

    def __init__(
        self,
        transport: Transport,
        retries: Retries,
        symbols: Iterable[str],
        reconnect_s_max: float = RECONNECT_S_MAX,
    ) -> None:
        super().__init__(transport, retries, reconnect_s_max)
        self._transport = transport
        self._retries = retries
        self._symbols = list(dict.fromkeys(symbols))
        self._stream_id: str | None = None
        self._last_id: str | None = None
        self._newest: dict[str, PriceUpdate] = {}

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self._symbols)

    async def add(self, *symbols: str) -> None:
        """Watch these too. Raises `Unacceptable` for one that is unknown, or too many; then nothing changes."""
        await self._change(add=[symbol for symbol in symbols if symbol not in self._symbols], remove=[])

    async def remove(self, *symbols: str) -> None:
        await self._change(add=[], remove=[symbol for symbol in symbols if symbol in self._symbols])

    async def _change(self, add: list[str], remove: list[str]) -> None:
        """Where the stream is broken at this moment, it is opened again with the changed symbols."""
        if self._stream_id is not None and self.connected:
            path = f"/subscribe/{self._stream_id}"
            try:
                await ask(self._transport, self._retries, Request("PATCH", path, body={"add": add, "remove": remove}))
            except NotFound:
                self._stream_id = None
        self._symbols = [symbol for symbol in dict.fromkeys([*self._symbols, *add]) if symbol not in remove]
        for symbol in remove:
            self._newest.pop(symbol, None)

    def _request(self) -> Request:
        self._stream_id = None
        resume = {} if self._last_id is None else {"Last-Event-ID": self._last_id}
        headers = {"Accept": "text/event-stream", **resume}
        return Request("POST", "/subscribe", body={"symbols": self._symbols}, headers=headers)

    def _read(self, event: Event) -> PriceEvent | None:
        self._last_id = event.id or self._last_id
        try:
            if event.name == "price":
                return self._newer(_decode_price(event.data))
            if event.name == "status":
                return _decode_status(event.data)
            if event.name == "stream":
                self._stream_id = msgspec.json.decode(event.data)["streamId"]
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise AnswerNotUnderstood(f"the stream says what can not be read: {error}") from None
        return None

    def _newer(self, update: PriceUpdate) -> PriceUpdate | None:
        before = self._newest.get(update.symbol)
        if update.symbol not in self._symbols or (before is not None and _version(update) < _version(before)):
            return None
        self._newest[update.symbol] = update
        return update


def _version(update: PriceUpdate) -> tuple[int, int]:
    return update.epoch, update.sequence
