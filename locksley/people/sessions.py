"""Sessions: who signed in, as a signed token that expires and can be ended before.

Reads from: the signing keys; what was ended, in the database each time: nothing is kept in memory. Writes to: ended sessions.
If it dies halfway: a sign-out that was not answered may not have happened; it can be asked again.
"""

from collections.abc import Mapping
from typing import Any

import jwt

from locksley.clock import Clock
from locksley.config import Config
from locksley.people.port import EndedSession, PeopleDb
from locksley.people.signing_keys import SigningKeys

ALGORITHM = "HS256"
REQUIRED = ["iss", "aud", "exp", "iat", "sub", "jti"]


class Session:
    """A token that was found good."""

    __slots__ = ("expires_at_ms", "session_id", "user_id")

    def __init__(self, user_id: str, session_id: str, expires_at_ms: int) -> None:
        self.user_id = user_id
        self.session_id = session_id
        self.expires_at_ms = expires_at_ms


class Sessions:
    def __init__(self, db: PeopleDb, keys: SigningKeys, clock: Clock, config: Config) -> None:
        self._db = db
        self._keys = keys
        self._clock = clock
        self._config = config

    def begin(self, user_id: str, session_id: str) -> tuple[str, int]:
        """The token, and when it expires (milliseconds, a whole second)."""
        now_s = self._clock.now_ms() // 1000
        expires_s = now_s + self._config.session_lifetime_ms // 1000
        key = self._keys.signing
        claims = {
            "iss": self._config.token_issuer,
            "aud": self._config.token_audience,
            "sub": user_id,
            "jti": session_id,
            "iat": now_s,
            "exp": expires_s,
        }
        return jwt.encode(claims, key.secret, ALGORITHM, headers={"kid": key.kid}), expires_s * 1000

    async def verify(self, token: str) -> Session | None:
        """Whose it is; None when it is forged, expired, ended, or not for us."""
        claims = self._claims(token)
        if claims is None or type(claims["exp"]) is not int or type(claims.get("nbf", 0)) is not int:
            return None
        session = Session(claims["sub"], claims["jti"], claims["exp"] * 1000)
        if claims.get("nbf", 0) * 1000 > self._clock.now_ms() or not await self.is_good(session):
            return None
        return session

    async def is_good(self, session: Session) -> bool:
        """Neither expired nor ended."""
        if self._clock.now_ms() >= session.expires_at_ms:
            return False
        return not await self._db.is_session_ended(session.user_id, session.session_id)

    async def end(self, session: Session) -> None:
        """Its token is not good any more."""
        await self._db.end_session(EndedSession(session.session_id, session.expires_at_ms), self._clock.now_ms())

    def _claims(self, token: str) -> Mapping[str, Any] | None:
        try:
            key = self._keys.verifying(jwt.get_unverified_header(token)["kid"], self._clock.now_ms())
            if key is None:
                return None
            # Beginning and expiry are checked by our own clock, which a test moves.
            return jwt.decode(
                token,
                key.secret,
                [ALGORITHM],
                issuer=self._config.token_issuer,
                audience=self._config.token_audience,
                options={"require": REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, RecursionError):
            return None
