"""Everything but the feed, as a function of a request: method, path, parameters and body in, status and JSON out.

No network and no waiting, so that a simulation can call it as the server does.
Reads from: the exchange. Writes to: the exchange, the counts. Whoever calls makes the outcome durable before showing the answer.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from paper_exchange import query as ask
from paper_exchange.exchange import Exchange
from paper_exchange.faults import Faults, decode_plan
from paper_exchange.history import TradeWriter
from paper_exchange.moment import to_wire
from paper_exchange.query import BadRequest, Query
from paper_exchange.stats import Stats
from paper_exchange.tape import Gone
from paper_exchange.wire import BarView, Cancels, Item, NewOrders, Page, QuoteView, StatusView

LOOKUPS_PER_REQUEST_MAX = 100
ITEMS_PER_PAGE_MAX = 500
TRADES_PER_ANSWER_MAX = 10_000
BARS_PER_ANSWER_MAX = 10_000

_encode = msgspec.json.encode
_decode_orders = msgspec.json.Decoder(NewOrders).decode
_decode_cancels = msgspec.json.Decoder(Cancels).decode


class Answer(NamedTuple):
    status: int
    body: bytes
    allow: str = ""


class NotHere(Exception):
    """Nothing has this name."""


class OrderEntry:
    def __init__(self, exchange: Exchange, stats: Stats, faults: Faults) -> None:
        self.exchange = exchange
        self.stats = stats
        self.faults = faults
        self._writer = TradeWriter(exchange)
        self._routes: dict[str, dict[str, Callable[..., bytes]]] = {
            "orders": {"POST": self._place, "GET": self._orders},
            "cancels": {"POST": self._cancel},
            "symbols": {"GET": self._symbols},
            "quotes/": {"GET": self._quote},
            "bars/": {"GET": self._bars},
            "status": {"GET": self._status},
            "trades": {"GET": self._trades},
            "stats": {"GET": self._stats},
            "faults": {"PUT": self._set_faults, "DELETE": self._clear_faults},
        }

    def answer(self, method: str, path: str, query: Query, body: bytes, refuse: int | None = None) -> Answer:
        """`path` as sent, still percent-encoded. `refuse`: the place of an order of the batch that is to be refused."""
        name, slash, rest = path[1:].partition("/")
        methods = self._routes.get(name + slash)
        if methods is None or (slash and not rest):
            return self.error(404, f"there is nothing at {path!r:.120}")
        handler = methods.get(method)
        if handler is None:
            allow = ", ".join(methods)
            return Answer(405, self._error_body(f"{path!r:.120} takes {allow}"), allow)
        try:
            return Answer(200, handler(query, body, unquote(rest) if slash else refuse))
        except (BadRequest, msgspec.DecodeError, UnicodeDecodeError) as error:
            return self.error(400, str(error))
        except NotHere as error:
            return self.error(404, str(error))
        except Gone as gone:
            return Answer(410, self.gone_body(gone))

    def error(self, status: int, sentence: str) -> Answer:
        return Answer(status, self._error_body(sentence))

    def gone_body(self, gone: Gone) -> bytes:
        return self._with_position(error=str(gone), oldestEpoch=gone.epoch, oldestSequence=gone.oldest)

    def _error_body(self, sentence: str) -> bytes:
        return _encode({"error": sentence})

    def _place(self, query: Query, body: bytes, refuse: int | None) -> bytes:
        ask.only(query)
        orders = _decode_orders(body)
        self.stats.orders += len(orders)
        return self._page(list(self.exchange.place(orders, refuse)), None)

    def _cancel(self, query: Query, body: bytes, _refuse: int | None) -> bytes:
        ask.only(query)
        cancels = _decode_cancels(body)
        self.stats.cancels += len(cancels)
        return self._page(list(self.exchange.cancel(cancels)), None)

    def _orders(self, query: Query, _body: bytes, _refuse: int | None) -> bytes:
        if "clientOrderId" in query:
            return self._look_up(query)
        if "state" in query:
            ask.only(query, "state", "cursor")
            if ask.text(query, "state") != "open":
                raise BadRequest("state must be open; others are found by clientOrderId, or by from and to")
            items, rest = self.exchange.open_orders(ask.cursor(query), ITEMS_PER_PAGE_MAX)
        elif "from" in query or "to" in query:
            ask.only(query, "from", "to", "cursor")
            from_ns, to_ns = self._period(query)
            items, rest = self.exchange.changed_orders(from_ns, to_ns, ask.cursor(query), ITEMS_PER_PAGE_MAX)
        else:
            raise BadRequest("say which orders: clientOrderId (up to 100), state=open, or from and to")
        return self._page(list(items), None if rest is None else str(rest))

    def _look_up(self, query: Query) -> bytes:
        ask.only(query, "clientOrderId")
        ids = query["clientOrderId"]
        if len(ids) > LOOKUPS_PER_REQUEST_MAX:
            raise BadRequest(f"{len(ids)} ids are asked for at once; ask for up to {LOOKUPS_PER_REQUEST_MAX}")
        return self._page(list(self.exchange.look_up(ids)), None)

    def _symbols(self, query: Query, _body: bytes, _refuse: int | None) -> bytes:
        ask.only(query, "cursor")
        items, rest = self.exchange.symbols(ask.text(query, "cursor") or "", ITEMS_PER_PAGE_MAX)
        return self._page(list(items), rest)

    def _quote(self, query: Query, _body: bytes, symbol: str) -> bytes:
        ask.only(query)
        book = self._listed(symbol).book
        bid_e4, bid_size = book.best("buy")
        ask_e4, ask_size = book.best("sell")
        return _encode(QuoteView(*self._position(), symbol, bid_e4 or None, bid_size, ask_e4 or None, ask_size))

    def _bars(self, query: Query, _body: bytes, symbol: str) -> bytes:
        ask.only(query, "from", "to", "interval")
        self._listed(symbol)
        interval_ns = ask.interval_ns(query)
        to_ns = ask.moment_ns(query, "to")
        to_ns = self.exchange.market_clock() if to_ns is None else to_ns
        from_ns = ask.moment_ns(query, "from")
        from_ns = to_ns - BARS_PER_ANSWER_MAX * interval_ns if from_ns is None else from_ns
        if (to_ns - from_ns) > BARS_PER_ANSWER_MAX * interval_ns:
            raise BadRequest(
                f"that could be more than {BARS_PER_ANSWER_MAX} bars; ask for a shorter time or a longer interval"
            )
        bars = self.exchange.bars(symbol, from_ns, to_ns, interval_ns)
        return self._page(
            [BarView(to_wire(b.at_ns), b.open_e4, b.high_e4, b.low_e4, b.close_e4, b.volume) for b in bars], None
        )

    def _status(self, query: Query, _body: bytes, _refuse: int | None) -> bytes:
        ask.only(query)
        hours = self.exchange.hours()
        opens_at = None if hours.opens_at_ns is None else to_wire(hours.opens_at_ns)
        closes_at = None if hours.closes_at_ns is None else to_wire(hours.closes_at_ns)
        return _encode(StatusView(*self._position(), hours.open, opens_at, closes_at))

    def _trades(self, query: Query, _body: bytes, _refuse: int | None) -> bytes:
        ask.only(query, "after", "until", "epoch")
        asked = ask.whole_number(query, "epoch")
        after = ask.whole_number(query, "after") or 0
        until = ask.whole_number(query, "until")
        tape = self.exchange.tape
        epoch = tape.epoch if asked is None else asked
        start, end = tape.check_kept(epoch, after)
        base, _end = tape.span(epoch)
        stop = min(end, start + TRADES_PER_ANSWER_MAX)
        if until is not None:
            stop = min(stop, base + until)
        head = _encode(dict(zip(("epoch", "sequence", "now"), self._position(), strict=True)))
        return head[:-1] + b',"items":' + self._writer.line(base, start, stop) + b"}"

    def _stats(self, query: Query, _body: bytes, _refuse: int | None) -> bytes:
        ask.only(query)
        return self._with_position(**self.stats.as_json())

    def _set_faults(self, query: Query, body: bytes, _refuse: int | None) -> bytes:
        ask.only(query)
        plan = decode_plan(body)
        self.faults.set(plan)
        return self._with_position(faults=plan)

    def _clear_faults(self, query: Query, _body: bytes, _refuse: int | None) -> bytes:
        ask.only(query)
        struck = self.faults.struck
        self.faults.clear()
        return self._with_position(faults={}, struck=struck)

    def _listed(self, symbol: str) -> Any:
        listed = self.exchange.listed.get(symbol)
        if listed is None:
            raise NotHere(f"{symbol!r:.40} is not listed here; GET /symbols has what is")
        return listed

    def _period(self, query: Query) -> tuple[int, int]:
        from_ns, to_ns = ask.moment_ns(query, "from"), ask.moment_ns(query, "to")
        from_ns = 0 if from_ns is None else from_ns
        to_ns = self.exchange.clock() + 1 if to_ns is None else to_ns
        if to_ns < from_ns:
            raise BadRequest("to is before from; swap them")
        return max(from_ns, 0), to_ns

    def _page(self, items: list[Item], rest: str | None) -> bytes:
        return _encode(Page(*self._position(), items, msgspec.UNSET if rest is None else rest))

    def _position(self) -> tuple[int, int, str]:
        return self.exchange.epoch, self.exchange.sequence, to_wire(self.exchange.clock())

    def _with_position(self, **members: object) -> bytes:
        epoch, sequence, now = self._position()
        return _encode({"epoch": epoch, "sequence": sequence, "now": now, **members})
