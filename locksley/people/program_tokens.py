"""Long-lived tokens for a person's programs: opaque, revocable, shown once. What is stored is a digest."""

import hashlib
import secrets
from collections.abc import Callable

from locksley.clock import Clock
from locksley.people.credentials import normal_name
from locksley.people.port import Asking, PeopleDb, ProgramToken

PREFIX = "lk_"
SECRET_BYTES = 32
TOKEN_CHARS = len(PREFIX) + 43
TOKENS_PER_PERSON_MAX = 50
THE_BROKER = Asking()


class ProgramTokens:
    def __init__(self, db: PeopleDb, clock: Clock, new_id: Callable[[], str]) -> None:
        self._db = db
        self._clock = clock
        self._new_id = new_id

    async def make(self, user_id: str, name: str, asked_by: Asking = THE_BROKER) -> tuple[ProgramToken, str]:
        """The token as it is stored, and the secret that is told this once. Raises `Malformed`, `TooManyTokens`, and `NotSignedIn` when
        who asks was signed out meanwhile."""
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        token = ProgramToken(
            token_id=self._new_id(), user_id=user_id, name=normal_name(name), created_at_ms=self._clock.now_ms()
        )
        await self._db.add_token(token, _digest(secret), TOKENS_PER_PERSON_MAX, asked_by)
        return token, secret

    async def all(self, user_id: str) -> list[ProgramToken]:
        return await self._db.tokens(user_id)

    async def verify(self, secret: str) -> ProgramToken | None:
        if len(secret) != TOKEN_CHARS or not secret.isascii():
            return None
        return await self._db.token_by_digest(_digest(secret))

    async def delete(self, user_id: str, token_id: str) -> bool:
        """Whether it was there, and this person's."""
        return await self._db.delete_token(user_id, token_id)


def looks_like_one(token: str) -> bool:
    return token.startswith(PREFIX)


def _digest(secret: str) -> bytes:
    """One round is enough: the secret is random, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()
