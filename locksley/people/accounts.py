"""People sign up, sign in, and get paper cash to begin with.

Reads from: the people database. Writes to: the people database, one transaction for person, account and first transfer.
If it dies halfway: nothing is stored, or all of it; a person who saw no answer signs in, or signs up again.
"""

from collections.abc import Callable

from locksley.clock import Clock
from locksley.config import Config
from locksley.domain.errors import Malformed, SignUpClosed, WrongCredentials
from locksley.people.credentials import new_email, normal_email, normal_password
from locksley.people.errors import BadInvitation
from locksley.people.failures import Failures
from locksley.people.invitations import digest_of
from locksley.people.passwords import Passwords
from locksley.people.port import PeopleDb, Person


class Accounts:
    def __init__(
        self, db: PeopleDb, passwords: Passwords, clock: Clock, config: Config, new_id: Callable[[], str]
    ) -> None:
        self._db = db
        self._passwords = passwords
        self._clock = clock
        self._config = config
        self._new_id = new_id
        self._failures = Failures(
            clock,
            config.sign_in_failures_max,
            config.sign_in_failures_per_address_max,
            config.sign_in_failures_window_ms,
            unlimited=frozenset(config.addresses_unlimited),
        )

    async def sign_up(self, email: str, password: str, invitation: str = "") -> Person:
        """Raises `SignUpClosed`, `BadInvitation`, `Malformed`, `EmailTaken`, `PasswordsBusy`."""
        used_up = await self._invitation(invitation)
        email, password = new_email(email), self._normal_password(password)
        person = Person(
            user_id=self._new_id(),
            email=email,
            password_hash=await self._passwords.hash(password),
            created_at_ms=self._clock.now_ms(),
        )
        await self._db.add(person, self._config.paper_cash_cents, used_up)
        return person

    async def sign_in(self, email: str, password: str, address: str) -> Person:
        """Raises `WrongCredentials`, `TooManySignIns`, `PasswordsBusy`. What fails takes the same time, whoever has the email."""
        try:
            email, password = normal_email(email), self._normal_password(password)
        except Malformed:
            raise WrongCredentials from None
        with self._failures.attempt(address, email):
            person = await self._db.by_email(email)
            if not await self._passwords.check(password, person.password_hash if person else None) or person is None:
                raise WrongCredentials
            if not await self._is_still(person, password):
                raise WrongCredentials
        await self._renew_hash(person, password)
        return person

    async def change_password(self, user_id: str, old: str, new: str, address: str) -> str:
        """Ends all sessions of this person; the id that a new one may have. Raises `Malformed`, `WrongCredentials`, `TooManySignIns`,
        `PasswordsBusy`."""
        new = normal_password(new, self._config.password_chars_min, self._config.password_chars_max, "newPassword")
        person = await self._db.person(user_id)
        if person is None:
            raise WrongCredentials
        with self._failures.attempt(address, person.email):
            if not await self._passwords.check(self._old_password(old), person.password_hash):
                raise WrongCredentials("The old password is wrong.")
        new_hash = await self._passwords.hash(new)
        if not await self._db.change_password(person, new_hash, self._new_id()):
            raise WrongCredentials("The password was changed meanwhile.")
        # Who signed in with the old one while that was being stored began after the floor: once more, now that it is.
        session_id = self._new_id()
        await self._db.end_sessions(user_id, session_id)
        return session_id

    async def person(self, user_id: str) -> Person | None:
        return await self._db.person(user_id)

    async def _invitation(self, invitation: str) -> bytes | None:
        """The digest of the one that is used up. Looked at before the password is hashed, which is slow."""
        if self._config.sign_up == "open":
            return None
        if self._config.sign_up != "invitation":
            raise SignUpClosed
        digest = digest_of(invitation)
        if not await self._db.is_invited(digest, self._clock.now_ms()):
            raise BadInvitation
        return digest

    async def _is_still(self, person: Person, password: str) -> bool:
        """It may have been changed while it was checked; what it was then is good no more."""
        now = await self._db.person(person.user_id)
        if now is None or now.password_hash == person.password_hash:
            return now is not None
        return await self._passwords.check(password, now.password_hash)

    async def _renew_hash(self, person: Person, password: str) -> None:
        """The cost of a hash is raised over the years; those stored before follow when their password is seen."""
        if self._passwords.is_outdated(person.password_hash):
            await self._db.keep_password_hash(person, await self._passwords.hash(password))

    def _old_password(self, password: str) -> str:
        try:
            return self._normal_password(password)
        except Malformed:
            raise WrongCredentials("The old password is wrong.") from None

    def _normal_password(self, password: str) -> str:
        return normal_password(password, self._config.password_chars_min, self._config.password_chars_max)
