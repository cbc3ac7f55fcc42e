"""People, their tokens and ended sessions, in the same file as the orders."""

import apsw

from locksley.domain.errors import EmailTaken, NotSignedIn
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.operating import end_sessions, is_invited, use_invitation
from locksley.people.errors import BadInvitation, TooManyTokens
from locksley.people.port import Asking, EndedSession, Person, ProgramToken

_PERSON_COLUMNS = "user_id, email, password_hash, created_at_ms"
_TOKEN_COLUMNS = "token_id, user_id, name, created_at_ms"

# Add a person; no row: the email is taken.
_ADD_PERSON = f"""
    INSERT INTO people ({_PERSON_COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT (email) DO NOTHING RETURNING user_id"""

_ADD_ACCOUNT = "INSERT INTO accounts (user_id, cash_cents) VALUES (?, ?)"
_ADD_PAPER_CASH = "INSERT INTO transfers (user_id, amount_cents, what, at_ms) VALUES (?, ?, 'paper_cash', ?)"

_BY_EMAIL = f"SELECT {_PERSON_COLUMNS} FROM people WHERE email = ?"
_BY_ID = f"SELECT {_PERSON_COLUMNS} FROM people WHERE user_id = ?"
_KEEP_HASH = "UPDATE people SET password_hash = ? WHERE user_id = ? AND password_hash = ? RETURNING user_id"

_END_SESSION = "INSERT INTO ended_sessions (session_id, expires_at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING"
_FORGET_EXPIRED = "DELETE FROM ended_sessions WHERE expires_at_ms <= ?"
_IS_ENDED = """
    SELECT EXISTS (SELECT 1 FROM ended_sessions WHERE session_id = ?2)
        OR EXISTS (SELECT 1 FROM session_floors WHERE user_id = ?1 AND session_id > ?2)"""

# Add a token; no row: the person has as many as one may have.
_ADD_TOKEN = f"""
    INSERT INTO program_tokens (digest, {_TOKEN_COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5
    WHERE (SELECT count(*) FROM program_tokens WHERE user_id = ?3) < ?6 RETURNING token_id"""

_TOKENS = f"SELECT {_TOKEN_COLUMNS} FROM program_tokens WHERE user_id = ? ORDER BY token_id"
_BY_DIGEST = f"SELECT {_TOKEN_COLUMNS} FROM program_tokens WHERE digest = ?"
_HAS_TOKEN = "SELECT 1 FROM program_tokens WHERE user_id = ? AND token_id = ?"
_DELETE_TOKEN = "DELETE FROM program_tokens WHERE user_id = ? AND token_id = ? RETURNING token_id"


class SqlitePeopleDb:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, person: Person, paper_cash_cents: int, invitation: bytes | None = None) -> None:
        await self._database.write(lambda connection: _add(connection, person, paper_cash_cents, invitation))

    async def is_invited(self, invitation: bytes, now_ms: int) -> bool:
        return await self._database.read(lambda connection: is_invited(connection, invitation, now_ms))

    async def by_email(self, email: str) -> Person | None:
        return await self._person(_BY_EMAIL, email)

    async def person(self, user_id: str) -> Person | None:
        return await self._person(_BY_ID, user_id)

    async def keep_password_hash(self, person: Person, password_hash: str) -> bool:
        return await self._database.write(lambda connection: _keep_hash(connection, person, password_hash))

    async def change_password(self, person: Person, password_hash: str, session_floor: str) -> bool:
        def change(connection: apsw.Connection) -> bool:
            changed = _keep_hash(connection, person, password_hash)
            if changed:
                end_sessions(connection, person.user_id, session_floor)
            return changed

        return await self._database.write(change)

    async def end_session(self, session: EndedSession, now_ms: int) -> None:
        def end(connection: apsw.Connection) -> None:
            connection.execute(_FORGET_EXPIRED, (now_ms,))
            connection.execute(_END_SESSION, (session.session_id, session.expires_at_ms))

        await self._database.write(end)

    async def is_session_ended(self, user_id: str, session_id: str) -> bool:
        row = await self._database.read(
            lambda connection: connection.execute(_IS_ENDED, (user_id, session_id)).fetchone()
        )
        return row is None or bool(row[0])

    async def end_sessions(self, user_id: str, session_floor: str) -> None:
        await self._database.write(lambda connection: end_sessions(connection, user_id, session_floor))

    async def add_token(self, token: ProgramToken, digest: bytes, tokens_max: int, asked_by: Asking) -> None:
        def add(connection: apsw.Connection) -> None:
            if not _is_good(connection, token.user_id, asked_by):
                raise NotSignedIn
            _add_token(connection, token, digest, tokens_max)

        await self._database.write(add)

    async def tokens(self, user_id: str) -> list[ProgramToken]:
        return await self._database.read(
            lambda connection: [_token_of(row) for row in connection.execute(_TOKENS, (user_id,))]
        )

    async def token_by_digest(self, digest: bytes) -> ProgramToken | None:
        row = await self._database.read(lambda connection: connection.execute(_BY_DIGEST, (digest,)).fetchone())
        return _token_of(row) if row else None

    async def delete_token(self, user_id: str, token_id: str) -> bool:
        row = await self._database.write(
            lambda connection: connection.execute(_DELETE_TOKEN, (user_id, token_id)).fetchone()
        )
        return row is not None

    async def _person(self, query: str, key: str) -> Person | None:
        row = await self._database.read(lambda connection: connection.execute(query, (key,)).fetchone())
        return Person(user_id=row[0], email=row[1], password_hash=row[2], created_at_ms=row[3]) if row else None


def _add(connection: apsw.Connection, person: Person, paper_cash_cents: int, invitation: bytes | None) -> None:
    row = (person.user_id, person.email, person.password_hash, person.created_at_ms)
    if connection.execute(_ADD_PERSON, row).fetchone() is None:
        raise EmailTaken
    if invitation is not None and not use_invitation(connection, invitation, person.user_id, person.created_at_ms):
        raise BadInvitation
    connection.execute(_ADD_ACCOUNT, (person.user_id, paper_cash_cents))
    connection.execute(_ADD_PAPER_CASH, (person.user_id, paper_cash_cents, person.created_at_ms))


def _keep_hash(connection: apsw.Connection, person: Person, password_hash: str) -> bool:
    row = (password_hash, person.user_id, person.password_hash)
    return connection.execute(_KEEP_HASH, row).fetchone() is not None


def _is_good(connection: apsw.Connection, user_id: str, asking: Asking) -> bool:
    if asking.session_id is not None:
        return connection.execute(_IS_ENDED, (user_id, asking.session_id)).fetchone() == (0,)
    if asking.token_id is not None:
        return connection.execute(_HAS_TOKEN, (user_id, asking.token_id)).fetchone() is not None
    return True


def _add_token(connection: apsw.Connection, token: ProgramToken, digest: bytes, tokens_max: int) -> None:
    row = (digest, token.token_id, token.user_id, token.name, token.created_at_ms, tokens_max)
    if connection.execute(_ADD_TOKEN, row).fetchone() is None:
        raise TooManyTokens


def _token_of(row: tuple[str, str, str, int]) -> ProgramToken:
    return ProgramToken(token_id=row[0], user_id=row[1], name=row[2], created_at_ms=row[3])
