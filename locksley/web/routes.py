"""Every route there is: what it takes, who may call it, what it answers. The API description and the tests read this table too."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, NamedTuple

from locksley.domain import errors
from locksley.domain.errors import Refusal
from locksley.orders.request import OrderRequest
from locksley.people.errors import PasswordsBusy, TooManySignIns, TooManyTokens
from locksley.web import account, history, operation, order_stream, orders, page, people, shapes, subscriptions, symbols
from locksley.web.problems import NotReady

Handler = Callable[..., Awaitable[Any]]


class Who(Enum):
    """Who may call a route."""

    ANYONE = "anyone"
    PERSON = "person"
    OPERATOR = "operator"


class Route(NamedTuple):
    """`answer` is the type of the JSON; `media_type` that of an answer that is no JSON. `refusals`: its own, beside what every route of its
    kind has (`NotSignedIn` for a person's, `Malformed` wherever something is sent, and so on)."""

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

    @property
    def is_stream(self) -> bool:
        return self.media_type == "text/event-stream"


_ANYONE = Who.ANYONE
_EVENTS = "text/event-stream"
_WATCHING = (errors.UnknownSymbol, errors.TooManySymbols, errors.TooManyStreams)
_PLACING = (
    errors.AccountFrozen,
    errors.UnknownSymbol,
    errors.InvalidPrice,
    errors.InvalidShares,
    errors.MarketClosed,
    errors.StalePrice,
    errors.InsufficientBuyingPower,
    errors.InsufficientShares,
    errors.IdempotencyKeyReused,
    errors.RequestInProgress,
    errors.OrderInProgress,
    errors.ExchangeRefused,
    errors.ExchangeUnavailable,
    errors.TooManyRequests,
)

ROUTES: tuple[Route, ...] = (
    # people
    Route(
        "POST",
        "/users",
        people.sign_up,
        _ANYONE,
        201,
        body=people.Credentials,
        answer=shapes.Person,
        refusals=(errors.EmailTaken, errors.SignUpClosed, PasswordsBusy),
    ),
    Route(
        "POST",
        "/sessions",
        people.sign_in,
        _ANYONE,
        201,
        body=people.Credentials,
        answer=shapes.SignedIn,
        refusals=(errors.WrongCredentials, TooManySignIns, PasswordsBusy),
    ),
    Route("GET", "/session", people.who, _ANYONE, answer=shapes.WhoIsSignedIn),
    Route("DELETE", "/session", people.sign_out, status=204),
    Route(
        "POST",
        "/tokens",
        people.make_token,
        status=201,
        body=people.NewToken,
        answer=shapes.NewToken,
        refusals=(TooManyTokens,),
    ),
    Route("GET", "/tokens", people.tokens, answer=list[shapes.Token]),
    Route("DELETE", "/tokens/{token_id}", people.delete_token, status=204, refusals=(errors.NotFound,)),
    # prices
    Route("GET", "/symbol/{name}", symbols.symbol, answer=shapes.Symbol, refusals=(errors.NotFound,)),
    Route(
        "GET",
        "/symbol/{name}/history",
        history.history,
        query=history.HistoryQuery,
        answer=list[shapes.Bar],
        refusals=(errors.NotFound, errors.StorageUnavailable),
    ),
    Route(
        "GET",
        "/symbols",
        symbols.symbols,
        query=symbols.SymbolsQuery,
        answer=list[shapes.Symbol] | list[shapes.FoundSymbol],
        refusals=(errors.UnknownSymbol, errors.TooManySymbols),
    ),
    Route("GET", "/status", symbols.status, answer=shapes.MarketStatus, refusals=(NotReady,)),
    Route(
        "POST",
        "/subscribe",
        subscriptions.subscribe,
        body=subscriptions.Subscription,
        media_type=_EVENTS,
        refusals=_WATCHING,
    ),
    Route(
        "GET",
        "/subscribe",
        subscriptions.subscribe_by_query,
        query=subscriptions.SubscriptionQuery,
        media_type=_EVENTS,
        refusals=_WATCHING,
    ),
    Route(
        "PATCH",
        "/subscribe/{stream_id}",
        subscriptions.change,
        body=subscriptions.Change,
        answer=shapes.Watched,
        refusals=(errors.NotFound, *_WATCHING),
    ),
    # orders
    Route(
        "POST",
        "/order",
        orders.place,
        status=201,
        body=OrderRequest,
        answer=shapes.Order,
        refusals=_PLACING,
        is_placing=True,
    ),
    Route("GET", "/order/{order_id}", orders.order, answer=shapes.Order, refusals=(errors.NotFound,)),
    Route(
        "GET",
        "/order/{order_id}/events",
        orders.events,
        answer=list[shapes.OrderEvent],
        refusals=(errors.NotFound,),
    ),
    Route(
        "DELETE",
        "/order/{order_id}",
        orders.cancel,
        answer=shapes.CancelAnswer,
        refusals=(errors.NotFound, errors.OrderClosed, errors.ExchangeUnavailable),
    ),
    Route("GET", "/orders", orders.orders, query=orders.OrdersQuery, answer=list[shapes.Order]),
    Route("GET", "/orders/stream", order_stream.stream, media_type=_EVENTS, refusals=(errors.TooManyStreams,)),
    # what a person has
    Route("GET", "/account", account.account, answer=shapes.Account),
    Route("GET", "/positions", account.positions, answer=list[shapes.Position]),
    Route("GET", "/activity", account.activity, query=account.ActivityQuery, answer=list[shapes.Activity]),
    # operation
    Route("GET", "/healthz", operation.healthz, _ANYONE, answer=shapes.Health),
    Route("GET", "/readyz", operation.readyz, _ANYONE, answer=shapes.Health, refusals=(NotReady,)),
    Route("GET", "/metrics", operation.metrics, _ANYONE, media_type="text/plain"),
    # the page
    Route("GET", "/", page.index, _ANYONE, media_type="text/html"),
    Route("GET", "/static/{name}", page.file, _ANYONE, media_type="*/*", refusals=(errors.NotFound,)),
)
