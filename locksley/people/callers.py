"""Who is calling: a token to a person, remembered for a while so that verifying is paid once, not on every request."""

from collections.abc import Callable

from locksley.clock import Clock
from locksley.people.attending import Attending
from locksley.people.caller import Caller
from locksley.people.program_tokens import ProgramTokens, looks_like_one
from locksley.people.sessions import Sessions

__all__ = ["Caller", "Callers"]

REMEMBERED_MAX = 20_000
REMEMBERED_MS_MAX = 60_000
TOKEN_CHARS_MAX = 2_048


class Callers:
    def __init__(self, sessions: Sessions, tokens: ProgramTokens, clock: Clock) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._clock = clock
        self._remembered: dict[str, tuple[Caller, int]] = {}
        self._forgotten = 0
        self._attending = Attending(clock)

    def remembered(self, token: str) -> Caller | None:
        entry = self._remembered.get(token)
        if entry is None:
            return None
        caller, until_ms = entry
        # A clock that was set back must not keep a token good for longer.
        return caller if 0 < until_ms - self._clock.now_ms() <= REMEMBERED_MS_MAX else None

    async def verify(self, token: str) -> Caller | None:
        """Whose token it is; None when it is not good."""
        if len(token) > TOKEN_CHARS_MAX:
            return None
        forgotten = self._forgotten
        caller = await self._verified(token)
        # One that was ended while it was looked up must not be remembered as good.
        if caller is not None and self._forgotten == forgotten:
            self._remember(token, caller)
        return caller

    def attend(self, caller: Caller, end: Callable[[], None]) -> Callable[[], None]:
        """Call `end` once the caller's session or token is not good any more. Whoever asks calls what this returns when it is over."""
        return self._attending.add(caller, end)

    async def is_good(self, caller: Caller) -> bool:
        """Whether it still is, as stored at this moment."""
        if caller.session is not None:
            return await self._sessions.is_good(caller.session)
        return caller.token_id in [token.token_id for token in await self._tokens.all(caller.user_id)]

    async def end(self, caller: Caller) -> None:
        """Sign out: the session, or the program's token, is not good any more."""
        if caller.session is not None:
            await self._sessions.end(caller.session)
        elif caller.token_id is not None:
            await self._tokens.delete(caller.user_id, caller.token_id)
        self._forget(lambda other: _is_same(other, caller))

    def forget(self, user_id: str) -> None:
        """Verify this person's tokens anew, and end what they opened."""
        self._forget(lambda other: other.user_id == user_id)

    def forget_sessions(self, user_id: str) -> None:
        """As `forget`; what programs opened with their tokens stays."""
        self._forget(lambda other: other.user_id == user_id and other.session is not None)

    async def delete_token(self, user_id: str, token_id: str) -> bool:
        deleted = await self._tokens.delete(user_id, token_id)
        if deleted:
            self._forget(lambda other: other.token_id == token_id)
        return deleted

    async def _verified(self, token: str) -> Caller | None:
        if looks_like_one(token):
            program = await self._tokens.verify(token)
            return Caller(program.user_id, None, program.token_id) if program else None
        session = await self._sessions.verify(token)
        return Caller(session.user_id, session, None) if session else None

    def _remember(self, token: str, caller: Caller) -> None:
        until_ms = self._clock.now_ms() + REMEMBERED_MS_MAX
        if caller.session is not None:
            until_ms = min(until_ms, caller.session.expires_at_ms)
        self._remembered.pop(token, None)
        self._remembered[token] = (caller, until_ms)
        if len(self._remembered) > REMEMBERED_MAX:
            del self._remembered[next(iter(self._remembered))]

    def _forget(self, which: Callable[[Caller], bool]) -> None:
        self._forgotten += 1
        self._remembered = {token: entry for token, entry in self._remembered.items() if not which(entry[0])}
        self._attending.end(which)


def _is_same(one: Caller, other: Caller) -> bool:
    if one.session is not None and other.session is not None:
        return one.session.session_id == other.session.session_id
    return one.token_id is not None and one.token_id == other.token_id
