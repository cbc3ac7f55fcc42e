"""What an operator does to people: look, freeze, reset, move money, invite. Every change is in the operator's log, in its transaction.

Reads from: the people database, by `OperatingDb`. Writes to: the same.
If it dies halfway: a change is stored with its log entry, or neither is; the operator looks, and asks again.
"""

import secrets
from collections.abc import Callable
from typing import Protocol

import msgspec

from locksley.clock import Clock
from locksley.config import Config
from locksley.domain.errors import Malformed, NotFound, Refusal
from locksley.domain.money import written_cents
from locksley.order_db.port import Source
from locksley.people.callers import Callers
from locksley.people.credentials import normal_name
from locksley.people.invitations import INVITATION_PREFIX, digest_of
from locksley.people.passwords import Passwords
from locksley.people.signing_keys import SigningKeys

DAY_MS = 24 * 3_600_000
INVITATION_DAYS_MAX = 365
PASSWORD_BYTES = 15
TRANSFER_CENTS_MAX = 10**14


class OpenOrders(Refusal):
    """This person has open orders; cancel them first, or wait until they are done."""

    code = "open_orders"


class NotEnoughCash(Refusal):
    """There is not so much cash that is not held by open orders."""

    code = "not_enough_cash"


class PersonNow(msgspec.Struct, frozen=True):
    user_id: str
    email: str
    created_at_ms: int
    frozen: bool
    cash_cents: int
    held_cents: int
    open_orders: int


class Invitation(msgspec.Struct, frozen=True):
    """`used_by` is the person's id."""

    invitation_id: str
    note: str
    created_at_ms: int
    expires_at_ms: int
    used_by: str | None = None
    revoked: bool = False


class LogEntry(msgspec.Struct, frozen=True):
    entry_id: int
    at_ms: int
    what: str
    user_id: str
    detail: str
    address: str
    request_id: str


class Deed(msgspec.Struct, frozen=True):
    """What goes into the log beside a change."""

    at_ms: int
    what: str
    user_id: str
    detail: str
    source: Source


class OperatingDb(Protocol):
    """Promise: every change is one transaction with its entry in the log, durable when it returns. Nobody there: `NotFound`."""

    async def people(self, beginning: str, after_email: str, limit: int) -> list[PersonNow]:
        """By email; those whose email begins so."""
        ...

    async def person_now(self, user_id: str) -> PersonNow | None: ...

    async def freeze(self, user_id: str, frozen: bool, deed: Deed) -> None: ...

    async def move_cash(self, user_id: str, amount_cents: int, deed: Deed) -> None:
        """Raises `NotEnoughCash`."""
        ...

    async def reset_password(self, user_id: str, password_hash: str, session_floor: str, deed: Deed) -> None:
        """Also ends the sessions before `session_floor`, and revokes the tokens of the person's programs."""
        ...

    async def sign_out(self, user_id: str, session_floor: str) -> None:
        """Ends the sessions before `session_floor`, and revokes the tokens of the person's programs; with no entry in the log."""
        ...

    async def begin_anew(self, user_id: str, new_user_id: str, cash_cents: int, deed: Deed) -> None:
        """Raises `OpenOrders`."""
        ...

    async def invite(self, invitation: Invitation, digest: bytes, deed: Deed) -> None: ...

    async def invitations(self, after: str, limit: int) -> list[Invitation]: ...

    async def revoke_invitation(self, invitation_id: str, deed: Deed) -> None: ...

    async def note(self, deed: Deed) -> None: ...

    async def log(self, user_id: str, before: int, limit: int) -> list[LogEntry]:
        """Newest first; of everybody where `user_id` is empty."""
        ...


class Operating:
    def __init__(
        self,
        db: OperatingDb,
        passwords: Passwords,
        callers: Callers,
        keys: SigningKeys,
        clock: Clock,
        config: Config,
        new_id: Callable[[], str],
    ) -> None:
        self._db = db
        self._passwords = passwords
        self._callers = callers
        self._keys = keys
        self._clock = clock
        self._config = config
        self._new_id = new_id

    async def people(self, beginning: str, after_email: str, limit: int) -> list[PersonNow]:
        return await self._db.people(beginning.strip().casefold(), after_email, limit)

    async def person(self, user_id: str) -> PersonNow:
        """Raises `NotFound`, as do all that name a person."""
        person = await self._db.person_now(user_id)
        if person is None:
            raise NotFound("Nobody has this id.")
        return person

    async def freeze(self, user_id: str, frozen: bool, reason: str, source: Source) -> PersonNow:
        await self._db.freeze(user_id, frozen, self._deed("freeze" if frozen else "unfreeze", user_id, reason, source))
        return await self.person(user_id)

    async def move_cash(self, user_id: str, amount_cents: int, reason: str, source: Source) -> PersonNow:
        """A deposit, or a withdrawal where it is below zero. Raises `Malformed`, `NotEnoughCash`."""
        if amount_cents == 0 or abs(amount_cents) > TRANSFER_CENTS_MAX:
            raise Malformed(f"An amount is not 0 and at most {TRANSFER_CENTS_MAX:,} cents.", member="amountInCents")
        what = "deposit" if amount_cents > 0 else "withdrawal"
        detail = f"{written_cents(abs(amount_cents))}: {reason}"
        await self._db.move_cash(user_id, amount_cents, self._deed(what, user_id, detail, source))
        return await self.person(user_id)

    async def reset_password(self, user_id: str, source: Source) -> str:
        """A new password, told this once; who was signed in is not any more, and the person's programs are not either."""
        await self.person(user_id)
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        password_hash, floor = await self._passwords.hash(password), self._new_id()
        await self._db.reset_password(user_id, password_hash, floor, self._deed("reset_password", user_id, "", source))
        # Who signed in with the old password while that was being stored began after the floor: once more, now that it is.
        await self._db.sign_out(user_id, self._new_id())
        self._callers.forget(user_id)
        return password

    async def begin_anew(self, user_id: str, source: Source) -> PersonNow:
        """The person gets a new account with paper cash and nothing else, under a new id; email, password and programs' tokens go with
        them. The old account, its orders and fills stay as they are, frozen, for the books must add up. Raises `OpenOrders`."""
        new_user_id = self._new_id()
        deed = self._deed("reset_paper_account", user_id, f"goes on as {new_user_id}", source)
        await self._db.begin_anew(user_id, new_user_id, self._config.paper_cash_cents, deed)
        self._callers.forget(user_id)
        return await self.person(new_user_id)

    async def invite(self, note: str, days: int, source: Source) -> tuple[Invitation, str]:
        """The invitation, and the code that is told this once. Raises `Malformed`."""
        if not 1 <= days <= INVITATION_DAYS_MAX:
            raise Malformed(f"An invitation is good for 1 to {INVITATION_DAYS_MAX} days.", member="days")
        code, now_ms = INVITATION_PREFIX + secrets.token_urlsafe(24), self._clock.now_ms()
        invitation = Invitation(self._new_id(), normal_name(note), now_ms, now_ms + days * DAY_MS)
        deed = self._deed("invite", "", f"{invitation.invitation_id}: {invitation.note}", source)
        await self._db.invite(invitation, digest_of(code), deed)
        return invitation, code

    async def invitations(self, after: str, limit: int) -> list[Invitation]:
        return await self._db.invitations(after, limit)

    async def revoke_invitation(self, invitation_id: str, source: Source) -> None:
        await self._db.revoke_invitation(invitation_id, self._deed("revoke_invitation", "", invitation_id, source))

    async def rotate_key(self, source: Source) -> str:
        """The new key's id. It signs from now on; those before it verify until what they signed has expired."""
        await self._db.note(self._deed("rotate_key", "", "", source))
        self._keys.rotate(self._clock.now_ms(), self._config.session_lifetime_ms)
        return self._keys.signing.kid

    async def log(self, user_id: str, before: int, limit: int) -> list[LogEntry]:
        return await self._db.log(user_id, before, limit)

    def _deed(self, what: str, user_id: str, detail: str, source: Source) -> Deed:
        return Deed(self._clock.now_ms(), what, user_id, detail, source)
