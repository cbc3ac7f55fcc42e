"""Where a person's fills and transfers are read from. Only `order_db` writes them."""

from typing import NamedTuple, Protocol

import msgspec

from locksley.order_db.port import Fill


class Transfer(msgspec.Struct, frozen=True):
    """Cash that came or went, not by a trade. `amount_cents` is negative for what went."""

    transfer_id: int
    user_id: str
    amount_cents: int
    what: str
    at_ms: int


class ActivityPage(NamedTuple):
    """The newest `limit` fills and transfers with ids below these; None: from the newest on."""

    limit: int
    fills_before: int | None = None
    transfers_before: int | None = None


class ActivityDb(Protocol):
    async def activity(self, user_id: str, page: ActivityPage) -> tuple[list[Fill], list[Transfer]]:
        """Up to `limit` of each, newest first, both as of one state of the database."""
        ...
