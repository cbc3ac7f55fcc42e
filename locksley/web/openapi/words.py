"""What the description says in sentences."""

INTRODUCTION = """\
JSON in and out, money as whole US cents, times as RFC 3339 in UTC. More members may be added to answers; ignore those you do not know.

**Who you are** comes from the token alone: `POST /users`, then `POST /sessions`, then `Authorization: Bearer <token>`. In a browser
signing in also sets a cookie.

**Refusals** are `application/problem+json` (RFC 9457) with a stable `code`. A refusal leaves nothing behind.
Only what cannot be read as HTTP at all (400) and headers that are too large or too many (431) are refused without a body.

**Lists** take `limit` and `cursor`; the `Link` header of an answer has the address of the next page, and is missing on the last.

**Placing twice by accident** is ruled out by an `Idempotency-Key`: make one per order that you want, and send it again with every try.

Wherever `GET` is taken `HEAD` is too, except for streams, and `OPTIONS` everywhere; any other method is 405 `method_not_allowed` with
`Allow`. Any other address is 404 `not_found`."""

BEARER = "The token of `POST /sessions` (it expires), or one of `POST /tokens` (it lasts until it is revoked)."
COOKIE = "Set by `POST /sessions` and sent by browsers. Requests that change something must come from a page of the same origin."
OPERATOR = "The operator's token, from `operator.json` in the data directory."

TAGS = {
    "People": "Signing up, in and out; tokens for programs.",
    "Prices": "Symbols, live prices, prices over time, and whether the market is open.",
    "Watchlists": "Lists of symbols that a person keeps.",
    "Orders": "Placing, cancelling and following orders.",
    "Portfolio": "What a person has, and how it came about.",
    "Operation": "For whoever keeps the broker running.",
    "Operator": "For the operator alone: these take the operator's token and no person's.",
    "Documentation": "This description, and the page that shows it.",
    "Page": "The web page.",
}

SUMMARIES = {
    "POST /users": "Sign up",
    "POST /sessions": "Sign in",
    "GET /session": "Who is signed in",
    "DELETE /session": "Sign out",
    "PUT /password": "Change one's password",
    "POST /tokens": "Make a token for a program",
    "GET /tokens": "The tokens for programs",
    "DELETE /tokens/{token_id}": "Revoke a token",
    "GET /symbol/{name}": "One symbol: its price and its day",
    "GET /symbol/{name}/history": "A symbol's prices over time",
    "GET /symbols": "Several symbols by name, or a search",
    "GET /status": "Whether the market is open",
    "POST /subscribe": "Live prices of the symbols in the body",
    "GET /subscribe": "Live prices of the symbols in the query",
    "PATCH /subscribe/{stream_id}": "Change what an open stream watches",
    "POST /order": "Place an order",
    "GET /order/{order_id}": "One order, as it stands",
    "GET /order/{order_id}/events": "An order's audit trail",
    "DELETE /order/{order_id}": "Cancel an order",
    "GET /orders": "Orders, newest first",
    "GET /orders/stream": "Live updates of all orders",
    "GET /account": "Cash, what is held of it, and what everything is worth",
    "GET /positions": "The shares there are, and their worth",
    "GET /activity": "Fills and transfers, newest first",
    "GET /portfolio/history": "What everything was worth over time",
    "GET /portfolio/returns": "What was gained over a time",
    "GET /portfolio/gains": "What each symbol gained",
    "GET /watchlists": "The watchlists, in the order chosen",
    "POST /watchlists": "Add a watchlist",
    "PUT /watchlists": "Put the watchlists in another order",
    "GET /watchlists/{watchlist_id}": "One watchlist",
    "PUT /watchlists/{watchlist_id}": "Change a watchlist's name and symbols",
    "DELETE /watchlists/{watchlist_id}": "Delete a watchlist",
    "GET /healthz": "Is the broker alive",
    "GET /readyz": "Is everything there that orders and prices need",
    "GET /metrics": "Measurements, as Prometheus reads them",
    "GET /openapi.json": "This description",
    "GET /docs": "The page that shows this description",
    "GET /": "The page to trade on",
    "GET /static/{name}": "A file of the page",
    "GET /operator/dead-letters": "Orders in doubt, and what could not be booked",
    "GET /operator/dead-letters/{order_id}": "One order in doubt",
    "POST /operator/dead-letters/{order_id}/retry": "Ask the exchange about an order in doubt now",
    "POST /operator/dead-letters/{order_id}/discard": "Give an order in doubt up",
    "GET /operator/orders/{order_id}/audit": "The audit trail of anybody's order",
    "GET /operator/reconciliation": "Compare a day with the exchange",
    "GET /operator/people": "People, by email",
    "GET /operator/people/{user_id}": "One person",
    "PUT /operator/people/{user_id}/frozen": "Freeze an account, or unfreeze it",
    "POST /operator/people/{user_id}/transfers": "Deposit cash, or withdraw it",
    "POST /operator/people/{user_id}/password": "A new password, and whoever was signed in is not any more",
    "POST /operator/people/{user_id}/reset": "A new paper account, under a new id",
    "GET /operator/invitations": "Invitations, the oldest first",
    "POST /operator/invitations": "Invite somebody",
    "DELETE /operator/invitations/{invitation_id}": "Revoke an invitation",
    "POST /operator/keys": "Sign sessions with a new key from now on",
    "GET /operator/log": "What the operator did, newest first",
    "POST /operator/backup": "The whole data directory as one file, as of now",
}

# Where a line is not enough.
DETAILS = {
    "POST /users": "A new account starts with the configured paper cash. Sign-up can be closed by the operator.",
    "POST /sessions": "Answers with a token, and sets the same one as a cookie. Only failed tries count towards the limit.",
    "GET /session": "`user` is null for whoever is not signed in, or not any more; this never refuses.",
    "PUT /password": (
        "Ends all sessions, and answers with a new one. Tokens of programs stay good. Only failed tries count towards the limit."
    ),
    "POST /tokens": "The token is told in this answer and never again.",
    "GET /symbols": (
        "With `names`: the whole of each, in the order asked, repeated names once. Without: a search by the beginning of a ticker or of "
        "words of a name, in pages; an empty `query` finds everything."
    ),
    "GET /symbol/{name}/history": "The oldest first. `interval` left out: one that suits the range.",
    "POST /subscribe": (
        "First a `stream` event with the stream's id, then a `price` event for each symbol as it is now, then one for each change. "
        "A comment every 15 seconds keeps the line alive. When the line breaks, ask again: the newest prices come first."
    ),
    "GET /subscribe": "The same stream as that of `POST /subscribe`, for readers that can only GET, such as a browser's EventSource.",
    "PATCH /subscribe/{stream_id}": "Of one's own stream, while it is open. What is added is sent on the stream at once.",
    "POST /order": (
        "Without `priceInCents` it is a market order. 201: the exchange has answered, and the order is as it now stands. 202: it did not "
        "answer in time; the order is `pending` until it is known what became of it, and the stream of orders tells. With a key that was "
        "used before for the same body: the same order as it now stands, with the status code that it had."
    ),
    "DELETE /order/{order_id}": (
        "200 once the exchange has answered and the order is closed. 202: it did not answer in time, the cancel goes on. Asked again, it "
        "joins the cancel under way; of a cancelled order it is 200 again."
    ),
    "GET /orders/stream": (
        "An `order` event for each change of each order, never left out and never merged. With `Last-Event-ID`, everything missed since "
        "comes first; where that is not kept any more, a `reset` event and the orders as they are. Without it, updates from now on."
    ),
    "GET /activity": (
        "As JSON, or as CSV when `Accept` prefers `text/csv`; the columns are the members in the same order. With `symbol`: the fills of "
        "that symbol, whether it still trades or not, and no transfers; of one that was never traded there are none."
    ),
    "GET /readyz": "200 when the feed has caught up and orders are taken.",
}
