"""Live prices as server-sent events: what to watch, and changing that while it runs."""

from typing import Annotated

import msgspec

from locksley.domain.errors import Malformed, TooManySymbols
from locksley.web import shapes
from locksley.web.call import Call
from locksley.web.services import Services
from locksley.web.sse import ResponseSink, Stream, end_with_caller
from locksley.web.symbols import Names, symbol_names


class Subscription(shapes.Body):
    symbols: Annotated[list[shapes.Ticker], msgspec.Meta(extra_json_schema={"minItems": 1})]


class SubscriptionQuery(shapes.Body):
    symbols: Annotated[Names, msgspec.Meta(extra_json_schema={"minLength": 1})]


class Change(shapes.Body):
    add: list[str] = msgspec.field(default_factory=list)
    remove: list[str] = msgspec.field(default_factory=list)


async def subscribe(services: Services, call: Call) -> Stream:
    body: Subscription = call.body
    return await _watch(services, call, _different(body.symbols, services.config.symbols_per_stream_max))


async def subscribe_by_query(services: Services, call: Call) -> Stream:
    query: SubscriptionQuery = call.query
    return await _watch(services, call, symbol_names(query.symbols, services.config.symbols_per_stream_max))


async def change(services: Services, call: Call, stream_id: str) -> shapes.Watched:
    body: Change = call.body
    watched = await services.symbols.change(call.user_id, stream_id, body.add, body.remove)
    return shapes.Watched(stream_id=stream_id, symbols=list(watched))


async def _watch(services: Services, call: Call, symbols: list[str]) -> Stream:
    sink = ResponseSink(call.send_now, services.streams.sent)
    await end_with_caller(call, services.callers, sink.ended)
    watcher = await services.symbols.watch(call.user_id, symbols, sink)
    return Stream(
        call,
        services.streams,
        ended=sink.ended,
        sink=sink,
        leave=lambda: services.symbols.leave(watcher),
    )


def _different(symbols: list[str], symbols_max: int) -> list[str]:
    names = list(dict.fromkeys(symbols))
    if not names:
        raise Malformed("Name at least one symbol to watch.", member="symbols")
    if len(names) > symbols_max:
        raise TooManySymbols(f"At most {symbols_max} symbols at once.", symbolsMax=symbols_max)
    return names
