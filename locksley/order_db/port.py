"""The order database: the one truth about orders, fills, cash and shares.

Promise: every call is one transaction, durable when it returns (on disk, not only in memory), and visible to every later read. An
order changes only by `apply`, which takes the order as it stands, lets `domain.account` decide, and moves the row by compare-and-set
on its version; a mover that loses reads again. The audit rows and the per-person update numbers are written in the same transaction.
`StorageUnavailable` means that nothing was done, `NotBookable` that it never can be.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from locksley.domain.account import Account, Position
from locksley.domain.events import Event
from locksley.domain.order import Order, Status
from locksley.domain.price import Version


class NotBookable(Exception):
    """What happened to an order can not be booked, however often it is tried; nothing of the whole call was."""


class LeaseLost(Exception):
    """Somebody else holds the lease by now; nothing was done."""


class Lease(NamedTuple):
    """`token` is greater than that of everybody who held it before; a write that names an older one changes nothing."""

    name: str
    holder: str
    token: int


class Source(msgspec.Struct, frozen=True):
    """Who did it and from where, for the audit: a person's id or a role's name; the address; the request's id."""

    actor: str
    address: str = ""
    request_id: str = ""


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A client's key and the digest of the decoded body that it binds."""

    key: str
    body_digest: bytes


class Placed(msgspec.Struct, frozen=True):
    """What `place` stored; or, `replayed`, the order that the key had placed before and the status code that it was answered with
    (None: it never was, the process died first)."""

    order: Order
    replayed: bool = False
    status_code: int | None = None


class OrderEvents(msgspec.Struct, frozen=True):
    """What happened to one order, oldest first. Executions applied before are passed over. `known`: the order as it very probably stands,
    which need not be read then; where it does not stand so, it is."""

    order_id: str
    user_id: str
    events: Sequence[Event]
    known: Order | None = None


class Applied(msgspec.Struct, frozen=True):
    """The order afterwards; `alarms` are why a person must look; `refused` that a cancel came too late."""

    order: Order
    changed: bool
    refused: bool = False
    alarms: Sequence[str] = ()


class AuditRow(msgspec.Struct, frozen=True):
    audit_id: int
    at_ms: int
    user_id: str
    order_id: str
    what: str
    result: str
    source: Source
    detail: str = ""


class OrderUpdate(msgspec.Struct, frozen=True):
    """One change of one order, numbered per person without gaps in the transaction that made it."""

    user_id: str
    number: int
    order: Order


class Fill(msgspec.Struct, frozen=True):
    """One execution as it was booked; `cash_cents` is what moved: negative for a buy."""

    fill_id: int
    user_id: str
    order_id: str
    external_order_id: str
    trade_id: str
    epoch: int
    sequence: int
    symbol: str
    side: str
    price_e4: int
    num_shares: int
    cash_cents: int
    timestamp_ms: int
    booked_at_ms: int


class OrderFilter(msgspec.Struct, frozen=True):
    status: Status | None = None
    symbol: str | None = None
    idempotency_key: str | None = None


class Page(NamedTuple):
    """`before` is the id of the last row of the page before; None: the first page."""

    limit: int
    before: str | None = None


class OrderDb(Protocol):
    async def place(self, order: Order, key: IdempotencyKey | None, source: Source) -> Placed:
        """Store a `pending` order: the key is new, and the money or the shares are there and now held.

        Refusals: `IdempotencyKeyReused`, `InsufficientBuyingPower`, `InsufficientShares`, `AccountFrozen`. They store nothing.
        """
        ...

    async def placed_before(self, user_id: str, key: IdempotencyKey) -> Placed | None:
        """The order that a key placed, if it did and still counts. Raises `IdempotencyKeyReused`."""
        ...

    async def answered(self, user_id: str, key: str, status_code: int) -> None:
        """Remember the status code that a key was answered with, for its replays."""
        ...

    async def apply(
        self,
        changes: Sequence[OrderEvents],
        source: Source,
        feed_position: Version | None = None,
        lease: Lease | None = None,
    ) -> list[Applied]:
        """Let each order take its events; all of it, and the feed's position, in one transaction. Answers in the order given.

        Raises `NotBookable`: an order is not there, or the books would contradict themselves; `LeaseLost`.
        """
        ...

    async def order(self, user_id: str, order_id: str) -> Order | None: ...

    async def orders(self, user_id: str, where: OrderFilter, page: Page) -> list[Order]:
        """Newest first."""
        ...

    async def audit(self, user_id: str, order_id: str) -> list[AuditRow]:
        """Oldest first."""
        ...

    async def fills(self, user_id: str, page: Page) -> list[Fill]:
        """Newest first; `page.before` is a `fill_id`."""
        ...

    async def account(self, user_id: str) -> Account | None: ...

    async def positions(self, user_id: str) -> list[Position]: ...

    async def open_orders(self, after_order_id: str, limit: int) -> list[Order]:
        """A page of everything open, by order id."""
        ...

    async def accepted_orders(self, after: tuple[str, str], limit: int) -> list[Order]:
        """A page of every order that has an external id, by (user id, order id): what the index is rebuilt from."""
        ...

    async def feed_position(self) -> Version | None:
        """Up to where the feed's trades are booked here; None on a new database."""
        ...

    async def keep_feed_position(self, position: Version) -> None: ...

    async def updates_after(self, user_id: str, number: int, limit: int) -> list[OrderUpdate]: ...

    async def update_range(self, user_id: str) -> tuple[int, int]:
        """The oldest update number that is kept and the newest given; (1, 0) when there is none."""
        ...

    async def people_with_updates_after(self, cursor: int) -> tuple[int, set[str]]:
        """Whose orders changed since `cursor`, and the next cursor; a cursor below 0 only answers the newest."""
        ...
