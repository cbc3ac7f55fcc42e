"""Where watchlists are kept. What a person may not do leaves nothing behind."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from locksley.domain.errors import Refusal


class TooManyWatchlists(Refusal):
    """You have as many watchlists as one may have; delete one first."""

    code = "too_many_watchlists"


class Watchlist(NamedTuple):
    """`symbols` are in the person's own order."""

    watchlist_id: str
    name: str
    symbols: Sequence[str]


class WatchlistDb(Protocol):
    """Every change is one transaction, durable when it returns. Raises `StorageUnavailable`."""

    async def watchlists(self, user_id: str) -> list[Watchlist]:
        """In the person's own order; new ones come last."""
        ...

    async def watchlist(self, user_id: str, watchlist_id: str) -> Watchlist | None: ...

    async def add(self, user_id: str, watchlist: Watchlist, watchlists_max: int) -> None:
        """Raises `TooManyWatchlists`."""
        ...

    async def change(self, user_id: str, watchlist: Watchlist) -> bool:
        """Put a new name and new symbols in place. False: there is none of this id."""
        ...

    async def order(self, user_id: str, watchlist_ids: Sequence[str]) -> bool:
        """Put the lists in this order. False: these are not exactly those that there are."""
        ...

    async def delete(self, user_id: str, watchlist_id: str) -> bool: ...
