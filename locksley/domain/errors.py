"""Refusals: what a person asked for and cannot have, each with a stable `code`. `web.problems` gives each its HTTP status.

A refusal leaves nothing behind. Its docstring is its default message.
"""

from typing import Any, NamedTuple


class Refusal(Exception):
    """The request was refused."""

    code = "refused"
    replayed = False  # whether this is the answer that an idempotency key had before

    def __init__(self, message: str | None = None, **members: Any) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.members = members
        super().__init__(self.message)


class RateLimit(NamedTuple):
    """What was used up: so many in so long. A refusal has it as `rateLimit`, and when to try again as `retryAfterMs`."""

    name: str
    quota: int
    window_ms: int


class Malformed(Refusal):
    """The request could not be understood."""

    code = "malformed"


class NotSignedIn(Refusal):
    """Sign in first: send `Authorization: Bearer <token>`, or the session cookie."""

    code = "not_signed_in"


class WrongCredentials(Refusal):
    """The email or the password is wrong."""

    code = "wrong_credentials"


class SignUpClosed(Refusal):
    """This broker takes no new people by themselves; ask its operator for an account."""

    code = "sign_up_closed"


class EmailTaken(Refusal):
    """There is an account with this email already; sign in instead."""

    code = "email_taken"


class ForeignOrigin(Refusal):
    """A page of another origin sent this request with the session cookie; it was not done."""

    code = "foreign_origin"


class AccountFrozen(Refusal):
    """This account is frozen until a person has looked at it; orders are not taken."""

    code = "account_frozen"


class NotFound(Refusal):
    """There is no such thing here."""

    code = "not_found"


class UnknownSymbol(Refusal):
    """No such symbol trades on the exchange."""

    code = "unknown_symbol"


class InvalidPrice(Refusal):
    """The price is out of range: whole cents, from 1 to 99,999,999."""

    code = "invalid_price"


class InvalidShares(Refusal):
    """The number of shares is out of range: whole shares, from 1 to 1,000,000."""

    code = "invalid_shares"


class MarketClosed(Refusal):
    """The market is closed; a market order needs it open."""

    code = "market_closed"


class StalePrice(Refusal):
    """The price of this symbol is not live at this moment; a market order needs a live price. A limit order can be placed."""

    code = "stale_price"


class InsufficientBuyingPower(Refusal):
    """The order would hold more cash than is free."""

    code = "insufficient_buying_power"


class InsufficientShares(Refusal):
    """The order would sell more shares than are free; short sales are not offered."""

    code = "insufficient_shares"


class IdempotencyKeyReused(Refusal):
    """This Idempotency-Key was used with another body; take a new key for a new order."""

    code = "idempotency_key_reused"


class RequestInProgress(Refusal):
    """The first request with this Idempotency-Key is still running; ask again in a moment."""

    code = "request_in_progress"


class OrderInProgress(Refusal):
    """An identical order is being placed at this moment; send an Idempotency-Key to place two alike."""

    code = "order_in_progress"


class OrderClosed(Refusal):
    """The order is closed and can not be cancelled any more."""

    code = "order_closed"


class ExchangeRefused(Refusal):
    """The exchange refused the order."""

    code = "exchange_refused"


class ExchangeUnavailable(Refusal):
    """The exchange can not be reached at this moment; nothing was stored. Try again later."""

    code = "exchange_unavailable"


class StorageUnavailable(Refusal):
    """Orders can not be stored at this moment; nothing was done. Try again later."""

    code = "storage_unavailable"


class TooManyRequests(Refusal):
    """Too many requests; slow down."""

    code = "too_many_requests"


class TooManyStreams(Refusal):
    """Too many streams are open for this person; close one first."""

    code = "too_many_streams"


class TooManySymbols(Refusal):
    """Too many symbols for one stream."""

    code = "too_many_symbols"
