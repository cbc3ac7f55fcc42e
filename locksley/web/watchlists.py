"""A person's watchlists: named, in their own order, each with its symbols in theirs."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from locksley.domain.errors import Malformed, NotFound, UnknownSymbol
from locksley.people.credentials import normal_name
from locksley.watchlists.port import Watchlist
from locksley.web import patterns, shapes
from locksley.web.call import Call
from locksley.web.cursors import is_id
from locksley.web.services import Services
from locksley.web.shapes import Body

Name = Annotated[
    str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$(?!\n)", extra_json_schema=patterns.VISIBLE)
]
Symbol = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
Id = Annotated[str, msgspec.Meta(max_length=64)]
SYMBOLS_MAX = 200


class NewWatchlist(Body):
    name: Name
    symbols: Annotated[
        Sequence[Symbol], msgspec.Meta(max_length=SYMBOLS_MAX, extra_json_schema={"uniqueItems": True})
    ] = ()


class WatchlistOrder(Body):
    """All of the person's lists, as they are to follow each other."""

    watchlist_ids: Annotated[list[Id], msgspec.Meta(max_length=1_000)]


async def watchlists(services: Services, call: Call) -> list[shapes.Watchlist]:
    return [_json(one) for one in await services.watchlists.watchlists(call.user_id)]


async def watchlist(services: Services, call: Call, watchlist_id: str) -> shapes.Watchlist:
    found = await services.watchlists.watchlist(call.user_id, watchlist_id) if is_id(watchlist_id) else None
    if found is None:
        raise NotFound("You have no such watchlist.")
    return _json(found)


async def add(services: Services, call: Call) -> shapes.Watchlist:
    body: NewWatchlist = call.body
    await _check(services, body)
    added = Watchlist(services.new_id(), body.name, body.symbols)
    await services.watchlists.add(call.user_id, added, services.config.watchlists_per_person_max)
    call.resp.set_header("Location", f"/watchlists/{added.watchlist_id}")
    return _json(added)


async def put(services: Services, call: Call, watchlist_id: str) -> shapes.Watchlist:
    body: NewWatchlist = call.body
    there = await services.watchlists.watchlist(call.user_id, watchlist_id) if is_id(watchlist_id) else None
    # A symbol may have ceased to trade since: then its list can still be renamed, and put in another order.
    await _check(services, body, there.symbols if there else ())
    changed = Watchlist(watchlist_id, body.name, body.symbols)
    if there is None or not await services.watchlists.change(call.user_id, changed):
        raise NotFound("You have no such watchlist.")
    return _json(changed)


async def order(services: Services, call: Call) -> list[shapes.Watchlist]:
    body: WatchlistOrder = call.body
    if not await services.watchlists.order(call.user_id, body.watchlist_ids):
        raise Malformed("Name each of your watchlists once, in the order that you want.", member="watchlistIds")
    return await watchlists(services, call)


async def delete(services: Services, call: Call, watchlist_id: str) -> None:
    if not (is_id(watchlist_id) and await services.watchlists.delete(call.user_id, watchlist_id)):
        raise NotFound("You have no such watchlist.")


async def _check(services: Services, body: NewWatchlist, there: Sequence[str] = ()) -> None:
    """`there`: symbols that need not trade any more."""
    normal_name(body.name)  # nothing in it that a terminal or a page could stumble over
    if len(set(body.symbols)) != len(body.symbols):
        raise Malformed("A symbol is named twice.", member="symbols")
    added = [symbol for symbol in body.symbols if symbol not in there]
    prices = await services.prices.get_many(added)
    unknown = [symbol for symbol, price in zip(added, prices, strict=True) if price is None]
    if unknown:
        raise UnknownSymbol(f"No such symbol trades on the exchange: {', '.join(unknown[:5])}.", symbols=unknown)


def _json(one: Watchlist) -> shapes.Watchlist:
    return shapes.Watchlist(watchlist_id=one.watchlist_id, name=one.name, symbols=list(one.symbols))
