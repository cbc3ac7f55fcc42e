"""What the order database does for those who keep it whole: clean-up, dead letters, reconciliation, and the leases they work under.

Promise: as in `port`, every call is one transaction. A write that is given a lease checks it in its own transaction: when somebody
has taken the lease over, nothing is done, and `LeaseLost` is raised.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from locksley.domain.order import Order, Status
from locksley.domain.price import Version
from locksley.order_db.port import Applied, AuditRow, Fill, Lease, OrderDb, OrderEvents, Source


class Waiting(NamedTuple):
    """Since when an order must have stood still to be asked about: since before one moment, or, since a clock can be set back, since
    after another, which is to come. One that was asked about in vain waits for its next try, but never beyond `tries_until_ms`."""

    updated_before_ms: int
    updated_after_ms: int
    now_ms: int
    tries_until_ms: int


class Backoff(NamedTuple):
    """When an order is asked about again: exponential, with full jitter; after `tries_max` tries it is a dead letter."""

    first_ms: int
    most_ms: int
    tries_max: int
    dead_every_ms: int


class Try(NamedTuple):
    """The exchange was asked about an order and answered, and it is not settled. `chance` is of [0, 1), for the jitter."""

    user_id: str
    order_id: str
    status: Status
    error: str
    chance: float


class Settling(msgspec.Struct, frozen=True):
    """What came of asking about an order so far. `dead_since_ms`: since when it is a dead letter."""

    user_id: str
    order_id: str
    status: Status
    tries: int
    next_try_at_ms: int
    dead_since_ms: int | None
    last_error: str


class DeadLetter(msgspec.Struct, frozen=True):
    order: Order
    settling: Settling


class Unbooked(msgspec.Struct, frozen=True):
    """What could not be booked, as JSON; how often it was tried, and when first and last."""

    unbooked_id: int
    user_id: str
    order_id: str
    events: str
    actor: str
    why: str
    times: int
    first_at_ms: int
    last_at_ms: int


class KeyCursor(NamedTuple):
    """Where a pass over the idempotency keys, by age, goes on."""

    created_at_ms: int
    user_id: str
    key: str


class Changed(NamedTuple):
    """An order that changed, and where a pass over the changes, by time, goes on."""

    at_ms: int
    audit_id: int
    user_id: str
    order_id: str


class WrongBook(msgspec.Struct, frozen=True):
    """A figure that is kept, and what it is when it is computed anew from transfers, fills and open orders."""

    user_id: str
    what: str
    kept: int
    recomputed: int
    order_id: str | None = None


class BooksPage(NamedTuple):
    """`people` were looked at; where to go on, None at the end."""

    people: int
    wrong: Sequence[WrongBook]
    next: str | None


class Reconciliation(msgspec.Struct, frozen=True):
    day: str
    at_ms: int
    differences: int
    report: bytes


class OldRow(NamedTuple):
    """Something of a closed order, every column by its name. `kind`: `order`, `fill` or `audit`. `day`: that on which the order was closed,
    UTC, counted from 1970-01-01."""

    day: int
    kind: str
    row: dict[str, Any]


class UpkeepDb(OrderDb, Protocol):
    # leases

    async def take_lease(self, name: str, holder: str, now_ms: int, lifetime_ms: int) -> Lease | None:
        """Take a lease that is free or has expired, or renew one's own; None: somebody else has it."""
        ...

    # what waits to be settled

    async def waiting_orders(self, waiting: Waiting, after: tuple[int, str], limit: int) -> list[Order]:
        """A page, by (updated at, order id), of those `pending` and `pending_cancel`."""
        ...

    async def silent_orders(self, waiting: Waiting, after: str, limit: int) -> list[Order]:
        """A page, by order id, of everything open."""
        ...

    async def note_tries(
        self, tries: Sequence[Try], backoff: Backoff, now_ms: int, lease: Lease | None
    ) -> list[Settling]: ...

    async def forget_pauses(self, lease: Lease | None) -> None:
        """Let everything that waits for its next try have it now."""
        ...

    async def forget_settled(self, limit: int, lease: Lease | None) -> int:
        """Forget the tries of orders that went on since; how many."""
        ...

    async def purge_keys(
        self, created_before_ms: int, after: KeyCursor | None, limit: int, lease: Lease | None
    ) -> KeyCursor | None:
        """Look at up to `limit` old keys and remove those whose order is final; where to go on, None at the end."""
        ...

    # what can not be booked

    async def set_aside(self, change: OrderEvents, source: Source, why: str) -> bool:
        """Keep what can not be booked; False when as much is kept as is allowed. The same again is counted, not kept twice."""
        ...

    async def unbooked(self, after: int, limit: int) -> list[Unbooked]: ...

    # trades that the feed will never tell

    async def lose_feed(self, until: Version) -> None:
        """Go on from `until`; what came before it was not all told, so everything open has to be asked about."""
        ...

    async def feed_losses(self) -> tuple[int, int]:
        """(how many there were, how many of them are made good)."""
        ...

    async def made_good(self, losses: int, lease: Lease | None) -> None: ...

    # dead letters

    async def dead_letters(self, after: str, limit: int) -> list[DeadLetter]:
        """A page, by order id."""
        ...

    async def dead_letter(self, order_id: str) -> DeadLetter | None: ...

    async def discard(self, letter: DeadLetter, reason: str, source: Source) -> Applied:
        """Close a dead letter with the fills that it has, and release the rest of its hold."""
        ...

    async def audit_trail(self, order_id: str) -> list[AuditRow]:
        """Of an order, whosever it is; oldest first."""
        ...

    # reconciliation

    async def changed_between(self, from_ms: int, to_ms: int, after: tuple[int, int], limit: int) -> list[Changed]:
        """A page of the changes of orders in a period, by (at, audit id); an order comes as often as it changed."""
        ...

    async def orders_by_id(self, order_ids: Collection[tuple[str, str]]) -> dict[str, Order]:
        """By order id, of (user id, order id)."""
        ...

    async def owners(self, order_ids: Collection[str]) -> Mapping[str, str]:
        """order id -> user id, of those that were ever placed here."""
        ...

    async def fills_by_key(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Fill]:
        """By (trade id, external order id)."""
        ...

    async def fills_of_order(self, user_id: str, order_id: str) -> list[Fill]: ...

    async def wrong_books(self, after: str, people: int) -> BooksPage:
        """What does not add up with the next so many people, by user id."""
        ...

    async def keep_reconciliation(self, found: Reconciliation, kept: int, lease: Lease | None) -> None:
        """Keeps the newest `kept`."""
        ...

    async def reconciliation(self, day: str) -> Reconciliation | None: ...
