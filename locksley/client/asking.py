"""One call of the client: a request, sent until it is answered or the bounds are reached."""

import asyncio
import itertools
from typing import TypeVar

import msgspec

from locksley.client.errors import (
    AnswerNotUnderstood,
    BadRequest,
    Conflict,
    Forbidden,
    LocksleyError,
    NotFound,
    Refused,
    Unacceptable,
)
from locksley.client.retries import Retries, is_passing, is_undecided
from locksley.client.transport import Reply, Request, Transport

T = TypeVar("T")

REQUEST_TIMED_OUT = 408


async def ask(transport: Transport, retries: Retries, request: Request, *, repeatable: bool = True) -> Reply:
    """`repeatable`: arriving twice does what arriving once does. What is not is sent again only if it surely did not arrive, or was
    refused for the moment. The error that is raised says by `may_have_happened` whether any of the attempts may have done it."""
    loop = asyncio.get_running_loop()
    give_up_at_s = loop.time() + retries.total_s_max
    undecided = False
    for attempt in itertools.count(1):
        try:
            return await transport.send(request)
        except LocksleyError as error:
            undecided = undecided or is_undecided(error)
            asked_s = error.retry_after_s if isinstance(error, Refused) else 0.0
            pause_s = retries.pause_s(attempt, asked_s)
            again = is_passing(error) and (repeatable or not is_undecided(error))
            is_last = attempt >= retries.attempts_after(error, undecided) or loop.time() + pause_s > give_up_at_s
            if is_last or not again:
                error.may_have_happened = undecided and not _decides(error)
                raise
        await asyncio.sleep(pause_s)
    raise AssertionError("counting has no end")


def read(reply: Reply, type_: type[T]) -> T:
    """Raises `AnswerNotUnderstood`."""
    try:
        return msgspec.json.decode(reply.body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AnswerNotUnderstood(f"the answer is not what a broker answers ({error}); is this its address?") from None


def _decides(error: LocksleyError) -> bool:
    """Whether this refusal is the last word on the same request sent earlier: it is looked up before it is checked."""
    decisive = isinstance(error, Unacceptable | Conflict | Forbidden | NotFound | BadRequest)
    return decisive and not is_undecided(error) and getattr(error, "status", None) != REQUEST_TIMED_OUT
