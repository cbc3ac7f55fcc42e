"""Where people, their tokens and ended sessions are stored.

Promise: every call is one transaction, durable when it returns and visible to every later read. An email belongs to one person at
most, and a person never exists without an account: both hold however many sign up at once. `StorageUnavailable`: nothing was done.
"""

from typing import Protocol

import msgspec

RESET_DOMAIN = "reset.invalid"  # of the accounts that were reset, and nobody signs in to


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """`email` is in its normal form: trimmed, NFC, case folded."""

    user_id: str
    email: str
    password_hash: str
    created_at_ms: int


class ProgramToken(msgspec.Struct, frozen=True, kw_only=True):
    """A long-lived token of a person's program. Only the digest of what the program sends is stored."""

    token_id: str
    user_id: str
    name: str
    created_at_ms: int


class EndedSession(msgspec.Struct, frozen=True):
    """A session that was signed out before it expired. Kept until then."""

    session_id: str
    expires_at_ms: int


class Asking(msgspec.Struct, frozen=True):
    """The session, or the program's token, by which somebody asks; neither: the broker itself asks."""

    session_id: str | None = None
    token_id: str | None = None


class PeopleDb(Protocol):
    async def add(self, person: Person, paper_cash_cents: int, invitation: bytes | None = None) -> None:
        """Store a new person with an account of `paper_cash_cents`. Raises `EmailTaken`.

        `invitation`: the digest of the one that this uses up, in the same transaction. Raises `BadInvitation`.
        """
        ...

    async def is_invited(self, invitation: bytes, now_ms: int) -> bool: ...

    async def by_email(self, email: str) -> Person | None: ...

    async def person(self, user_id: str) -> Person | None: ...

    async def keep_password_hash(self, person: Person, password_hash: str) -> bool:
        """Instead of the one that `person` has; False, and nothing is done, where that is no longer the one."""
        ...

    async def change_password(self, person: Person, password_hash: str, session_floor: str) -> bool:
        """As `keep_password_hash`; also ends the sessions before `session_floor`."""
        ...

    async def end_session(self, session: EndedSession, now_ms: int) -> None:
        """Store it, and forget those that have expired by `now_ms`."""
        ...

    async def is_session_ended(self, user_id: str, session_id: str) -> bool:
        """Whether it was signed out, or began before all that this person had were ended."""
        ...

    async def end_sessions(self, user_id: str, session_floor: str) -> None:
        """Those that began before `session_floor`."""
        ...

    async def add_token(self, token: ProgramToken, digest: bytes, tokens_max: int, asked_by: Asking) -> None:
        """Raises `TooManyTokens` when the person has `tokens_max` of them already; `NotSignedIn` when the session or the token that
        asks is not good any more, as of this transaction."""
        ...

    async def tokens(self, user_id: str) -> list[ProgramToken]:
        """Oldest first."""
        ...

    async def token_by_digest(self, digest: bytes) -> ProgramToken | None: ...

    async def delete_token(self, user_id: str, token_id: str) -> bool:
        """Whether it was there."""
        ...
