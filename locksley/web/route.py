"""A route: what it takes, who may call it, what it answers and refuses. `routes` has all of them but the operator's."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, NamedTuple

from locksley.domain.errors import Refusal

Handler = Callable[..., Awaitable[Any]]


class Who(Enum):
    """Who may call a route."""

    ANYONE = "anyone"
    PERSON = "person"
    OPERATOR = "operator"


class Route(NamedTuple):
    """`answer` is the type of the JSON; `media_type` that of an answer that is no JSON. `refusals`: its own, beside what every route of its
    kind has (`NotSignedIn` for a person's, `Malformed` wherever something is sent, and so on). `also`: other statuses of success, with the
    same answer or, for 304, none; `also_as`: other media types. `takes` and `gives`: headers of its own."""

    method: str
    path: str
    handler: Handler
    who: Who = Who.PERSON
    status: int = 200
    body: type | None = None
    query: type | None = None
    answer: Any = None
    media_type: str = "application/json"
    refusals: tuple[type[Refusal], ...] = ()
    is_placing: bool = False
    also: tuple[int, ...] = ()
    also_as: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()

    @property
    def is_stream(self) -> bool:
        return self.media_type == "text/event-stream"
