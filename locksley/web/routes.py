"""Every route there is: what it takes, who may call it, what it answers. The API description and the tests read this table too."""

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, NamedTuple

from locksley.domain import errors
from locksley.domain.errors import Refusal
from locksley.orders.request import OrderRequest
from locksley.people.errors import BadInvitation, PasswordsBusy, TooManySignIns, TooManyTokens
from locksley.watchlists.port import TooManyWatchlists
from locksley.web import (
    account,
    description,
    history,
    operation,
    order_stream,
    orders,
    page,
    people,
    portfolio,
    shapes,
    subscriptions,
    symbols,
    watchlists,
)
from locksley.web.problems import NotReady

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
        body=people.SignUp,
        answer=shapes.Person,
        refusals=(errors.EmailTaken, errors.SignUpClosed, BadInvitation, PasswordsBusy, errors.TooManyRequests),
    ),
    Route(
        "POST",
        "/sessions",
        people.sign_in,
        _ANYONE,
        201,
        body=people.Credentials,
        answer=shapes.SignedIn,
        refusals=(errors.WrongCredentials, errors.ForeignOrigin, TooManySignIns, PasswordsBusy),
        gives=("Set-Cookie",),
    ),
    Route("GET", "/session", people.who, _ANYONE, answer=shapes.WhoIsSignedIn),
    Route("DELETE", "/session", people.sign_out, status=204, gives=("Set-Cookie",)),
    Route(
        "PUT",
        "/password",
        people.change_password,
        body=people.PasswordChange,
        answer=shapes.SignedIn,
        refusals=(errors.WrongCredentials, TooManySignIns, PasswordsBusy),
        gives=("Set-Cookie",),
    ),
    Route(
        "POST",
        "/tokens",
        people.make_token,
        status=201,
        body=people.NewToken,
        answer=shapes.TokenMade,
        refusals=(TooManyTokens,),
    ),
    Route("GET", "/tokens", people.tokens, answer=list[shapes.Token]),
    Route("DELETE", "/tokens/{token_id}", people.delete_token, status=204, refusals=(errors.NotFound,)),
    # prices
    Route(
        "GET",
        "/symbol/{name}",
        symbols.symbol,
        answer=shapes.Symbol,
        refusals=(errors.NotFound,),
        also=(304,),
        takes=("If-None-Match",),
        gives=("ETag",),
    ),
    Route(
        "GET",
        "/symbol/{name}/history",
        history.history,
        query=history.HistoryQuery,
        answer=list[shapes.Bar],
        refusals=(errors.NotFound, errors.StorageUnavailable),
        gives=("Link",),
    ),
    Route(
        "GET",
        "/symbols",
        symbols.symbols,
        query=symbols.SymbolsQuery,
        answer=list[shapes.Symbol] | list[shapes.FoundSymbol],
        refusals=(errors.UnknownSymbol, errors.TooManySymbols),
        gives=("Link",),
    ),
    Route("GET", "/status", symbols.status, answer=shapes.MarketStatus, refusals=(NotReady,)),
    Route(
        "POST",
        "/subscribe",
        subscriptions.subscribe,
        body=subscriptions.Subscription,
        media_type=_EVENTS,
        refusals=_WATCHING,
        takes=("Last-Event-ID",),
    ),
    Route(
        "GET",
        "/subscribe",
        subscriptions.subscribe_by_query,
        query=subscriptions.SubscriptionQuery,
        media_type=_EVENTS,
        refusals=_WATCHING,
        takes=("Last-Event-ID",),
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
        also=(202,),
        takes=("Idempotency-Key",),
        gives=("Idempotency-Replayed",),
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
        also=(202,),
    ),
    Route("GET", "/orders", orders.orders, query=orders.OrdersQuery, answer=list[shapes.Order], gives=("Link",)),
    Route(
        "GET",
        "/orders/stream",
        order_stream.stream,
        media_type=_EVENTS,
        refusals=(errors.TooManyStreams,),
        takes=("Last-Event-ID",),
    ),
    # what a person has
    Route("GET", "/account", account.account, answer=shapes.Account),
    Route("GET", "/positions", account.positions, answer=list[shapes.Position]),
    Route(
        "GET",
        "/activity",
        account.activity,
        query=account.ActivityQuery,
        answer=list[shapes.Activity],
        also_as=("text/csv",),
        gives=("Link",),
    ),
    Route(
        "GET",
        "/portfolio/history",
        portfolio.history,
        query=portfolio.PortfolioQuery,
        answer=list[shapes.PortfolioValue],
        refusals=(errors.StorageUnavailable,),
    ),
    Route(
        "GET",
        "/portfolio/returns",
        portfolio.returns,
        query=portfolio.ReturnsQuery,
        answer=shapes.Returns,
        refusals=(errors.StorageUnavailable,),
    ),
    Route("GET", "/portfolio/gains", portfolio.gains, answer=list[shapes.Gain], refusals=(errors.StorageUnavailable,)),
    # watchlists
    Route("GET", "/watchlists", watchlists.watchlists, answer=list[shapes.Watchlist]),
    Route(
        "POST",
        "/watchlists",
        watchlists.add,
        status=201,
        body=watchlists.NewWatchlist,
        answer=shapes.Watchlist,
        refusals=(errors.UnknownSymbol, TooManyWatchlists),
        gives=("Location",),
    ),
    Route("PUT", "/watchlists", watchlists.order, body=watchlists.WatchlistOrder, answer=list[shapes.Watchlist]),
    Route(
        "GET",
        "/watchlists/{watchlist_id}",
        watchlists.watchlist,
        answer=shapes.Watchlist,
        refusals=(errors.NotFound,),
    ),
    Route(
        "PUT",
        "/watchlists/{watchlist_id}",
        watchlists.put,
        body=watchlists.NewWatchlist,
        answer=shapes.Watchlist,
        refusals=(errors.NotFound, errors.UnknownSymbol),
    ),
    Route("DELETE", "/watchlists/{watchlist_id}", watchlists.delete, status=204, refusals=(errors.NotFound,)),
    # operation
    Route("GET", "/healthz", operation.healthz, _ANYONE, answer=shapes.Health),
    Route("GET", "/readyz", operation.readyz, _ANYONE, answer=shapes.Health, refusals=(NotReady,)),
    Route("GET", "/metrics", operation.metrics, _ANYONE, media_type="text/plain"),
    # the documentation
    Route(
        "GET",
        "/openapi.json",
        description.description,
        _ANYONE,
        answer=description.Description,
        also=(304,),
        takes=("If-None-Match",),
        gives=("ETag",),
    ),
    Route(
        "GET",
        "/docs",
        page.docs,
        _ANYONE,
        media_type="text/html",
        also=(304,),
        takes=("If-None-Match",),
        gives=("ETag",),
    ),
    # the page
    Route(
        "GET",
        "/",
        page.index,
        _ANYONE,
        media_type="text/html",
        also=(304,),
        takes=("If-None-Match",),
        gives=("ETag",),
    ),
    Route(
        "GET",
        "/static/{name}",
        page.file,
        _ANYONE,
        media_type="*/*",
        refusals=(errors.NotFound,),
        also=(304,),
        takes=("If-None-Match",),
        gives=("ETag",),
    ),
)
