"""One route at work: who is calling, what was sent, the handler, the answer."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import falcon
import falcon.asgi
import msgspec

from locksley.web.call import CALL, Call
from locksley.web.decoding import body_decoder, decode_query
from locksley.web.identify import identify
from locksley.web.limits import Addresses
from locksley.web.measures import Measures
from locksley.web.operator import check_operator
from locksley.web.route import Route, Who
from locksley.web.services import Services
from locksley.web.shapes import Body
from locksley.web.sse import MEDIA_TYPE, Stream

Responder = Callable[..., Awaitable[None]]

_encode = msgspec.json.Encoder().encode


class NoQuery(Body):
    """A route that takes no query parameters says so."""


def responder(route: Route, services: Services, measures: Measures) -> Responder:
    """What Falcon calls for a route. Refusals are raised, and become problems in `api`."""
    decode_body = body_decoder(route.body) if route.body is not None else None
    query_type = route.query or NoQuery
    status = falcon.code_to_http_status(route.status)
    handler = route.handler
    is_personal, is_operators = route.who is Who.PERSON, route.who is Who.OPERATOR
    is_stream = route.is_stream
    count = measures.of(route)

    async def respond(req: falcon.asgi.Request, resp: falcon.asgi.Response, **parameters: str) -> None:
        began_s = time.perf_counter()
        call: Call = req.scope[CALL]
        call.route = route.path
        call.req = req
        call.resp = resp
        if is_personal:
            call.caller = await identify(call, services.callers)
        if is_operators:
            check_operator(services, call)
        if route.is_placing:
            services.placing.of_person.take(call.user_id)
        if req.params or route.query is not None:
            call.query = decode_query(query_type, req.params)
        if decode_body is not None:
            call.body = decode_body(req.content_type, call.body_bytes)
        if is_stream:
            _enter(services.addresses, call)
        resp.status = status
        _put(resp, await handler(services, call, **parameters))
        count(began_s)

    return respond


def _enter(addresses: Addresses, call: Call) -> None:
    """A stream counts for its address until its request is over. Raises `TooManyStreams`."""
    address = call.address
    addresses.enter(address)
    call.end = lambda: addresses.leave(address)


def _put(resp: falcon.asgi.Response, answer: Any) -> None:
    """Nothing to put: the handler did, or there is nothing to say."""
    if isinstance(answer, Stream):
        resp.content_type = MEDIA_TYPE
        resp.set_header("X-Accel-Buffering", "no")
        resp.stream = answer
    elif answer is not None:
        resp.content_type = "application/json"
        resp.data = _encode(answer)
