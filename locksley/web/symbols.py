"""Symbols and the market: one, several, by search; and whether it is open."""

import hashlib
from typing import Annotated

import msgspec

from locksley.clock import rfc3339
from locksley.domain.errors import Malformed, NotFound, TooManySymbols
from locksley.web import call as headers
from locksley.web import patterns, shapes
from locksley.web.call import Call
from locksley.web.cursors import bad_cursor, link_next, pack, unpack
from locksley.web.problems import NotReady
from locksley.web.queries import Limit, ListQuery, Text
from locksley.web.services import Services

NOT_MODIFIED = "304 Not Modified"
DIGEST_BYTES = 8

Names = Annotated[
    str, msgspec.Meta(max_length=4096, description="Symbols, separated by commas.", extra_json_schema=patterns.TICKERS)
]

_encode = msgspec.json.Encoder().encode


class SymbolsQuery(ListQuery):
    """`names`, or a search by `query` (empty: everything)."""

    names: Names = ""
    query: Text = ""
    limit: Limit = 20


async def symbol(services: Services, call: Call, name: str) -> None:
    [price] = await services.prices.get_many([name])
    if price is None:
        raise NotFound("No such symbol trades on the exchange.")
    body = _encode(shapes.symbol_json(price, services.symbols.stale))
    etag = hashlib.blake2b(body, digest_size=DIGEST_BYTES).hexdigest()
    call.headers = headers.REVALIDATED
    call.resp.set_header("ETag", f'"{etag}"')
    if any(given in ("*", etag) for given in call.req.if_none_match or ()):
        call.resp.status = NOT_MODIFIED
        return
    call.resp.content_type = "application/json"
    call.resp.data = body


async def symbols(services: Services, call: Call) -> list[shapes.Symbol] | list[shapes.FoundSymbol]:
    query: SymbolsQuery = call.query
    if not query.names:
        return await _search(services, call, query)
    if query.query or query.cursor or "limit" in call.req.params:
        raise Malformed("Ask by `names`, or search by `query`; not both.", member="names")
    names = symbol_names(query.names, services.config.symbols_per_stream_max)
    stale = services.symbols.stale
    return [shapes.symbol_json(price, stale) for price in await services.symbols.latest(names)]


async def status(services: Services, _call: Call) -> shapes.MarketStatus:
    market = services.market.now()
    if market.open is None:
        raise NotReady("The exchange has not said yet whether it is open; try again shortly.")
    return shapes.MarketStatus(
        open=market.open,
        opens_at=_time(market.opens_at_ms),
        closes_at=_time(market.closes_at_ms),
        now=rfc3339(market.now_ms),
        feed_lag_ms=market.feed_lag_ms,
    )


def symbol_names(text: str, names_max: int) -> list[str]:
    """`A,B,A` to its different names, in order. Raises `Malformed`, `TooManySymbols`."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if not all(names):
        raise Malformed("Symbols are separated by single commas: `META,AAPL`.")
    if len(names) > names_max:
        raise TooManySymbols(f"At most {names_max} symbols at once.", symbolsMax=names_max)
    return names


async def _search(services: Services, call: Call, query: SymbolsQuery) -> list[shapes.FoundSymbol]:
    try:
        found = services.directory.search(query.query, query.limit, unpack(query.cursor) if query.cursor else None)
    except Malformed:
        raise bad_cursor() from None
    if found.cursor is not None:
        link_next(call, pack(found.cursor), call.req.params)
    prices = await services.prices.get_many([listing.symbol for listing in found.listings])
    return [shapes.found_symbol_json(price) for price in prices if price is not None]


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms)
