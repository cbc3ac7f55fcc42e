"""What the operator does to people, each change with its entry in the log."""

import secrets

import apsw

from locksley.domain.errors import NotFound
from locksley.order_db.sqlite.database import Database
from locksley.people.operating import Deed, Invitation, LogEntry, NotEnoughCash, OpenOrders, PersonNow
from locksley.people.port import RESET_DOMAIN

_OPEN = "('pending', 'submitted', 'partially_filled', 'pending_cancel')"
_NEWEST = 2**63 - 1
OLD_NAME_BYTES = 16
AFTER_EVERY_SESSION = "~"  # sorts after every id

_PEOPLE = f"""
    SELECT p.user_id, p.email, p.created_at_ms, a.frozen, a.cash_cents, a.held_cents,
        (SELECT count(*) FROM orders o WHERE o.user_id = p.user_id AND o.status IN {_OPEN})
    FROM people p JOIN accounts a USING (user_id)"""
_BY_EMAIL = f"{_PEOPLE} WHERE p.email > ? AND substr(p.email, 1, length(?)) = ? ORDER BY p.email LIMIT ?"
_BY_ID = f"{_PEOPLE} WHERE p.user_id = ?"
_EMAIL_AND_HASH = "SELECT email, password_hash FROM people WHERE user_id = ?"

_LOG = """
    INSERT INTO operator_log (at_ms, what, user_id, detail, address, request_id) VALUES (?, ?, ?, ?, ?, ?)"""

# Move cash that is not held; no row: there is not so much of it, or nobody has this account.
_MOVE_CASH = """
    UPDATE accounts SET cash_cents = cash_cents + ?1 WHERE user_id = ?2 AND (?1 > 0 OR cash_cents - held_cents >= -?1)
    RETURNING user_id"""
_TRANSFER = "INSERT INTO transfers (user_id, amount_cents, what, at_ms) VALUES (?, ?, ?, ?)"

_SET_FLOOR = """
    INSERT INTO session_floors (user_id, session_id) VALUES (?, ?)
    ON CONFLICT (user_id) DO UPDATE SET session_id = max(session_id, excluded.session_id)"""

_USE_INVITATION = """
    UPDATE invitations SET used_by = ? WHERE digest = ? AND used_by IS NULL AND revoked = 0 AND expires_at_ms > ?
    RETURNING invitation_id"""

# The old account keeps all that happened in it; the person, under a new id, keeps email, password, tokens and watchlists.
# The old account's email is one that nobody can have taken before.
_BEGIN_ANEW = (
    "UPDATE accounts SET frozen = 1 WHERE user_id = :old",
    "UPDATE people SET email = :old_email, password_hash = '!' WHERE user_id = :old",
    """INSERT INTO people (user_id, email, password_hash, created_at_ms)
       SELECT :new, :email, :password_hash, created_at_ms FROM people WHERE user_id = :old""",
    "INSERT INTO accounts (user_id, cash_cents) VALUES (:new, :cash_cents)",
    "INSERT INTO transfers (user_id, amount_cents, what, at_ms) VALUES (:new, :cash_cents, 'paper_cash', :at_ms)",
    "UPDATE program_tokens SET user_id = :new WHERE user_id = :old",
    "UPDATE watchlists SET user_id = :new WHERE user_id = :old",
)

_INVITATION = "SELECT invitation_id, note, created_at_ms, expires_at_ms, used_by, revoked FROM invitations"


class SqliteOperatingDb:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def people(self, beginning: str, after_email: str, limit: int) -> list[PersonNow]:
        values = (after_email, beginning, beginning, limit)
        return await self._database.read(lambda c: [_person(row) for row in c.execute(_BY_EMAIL, values)])

    async def person_now(self, user_id: str) -> PersonNow | None:
        row = await self._database.read(lambda c: c.execute(_BY_ID, (user_id,)).fetchone())
        return _person(row) if row else None

    async def freeze(self, user_id: str, frozen: bool, deed: Deed) -> None:
        def freeze(connection: apsw.Connection) -> None:
            query = "UPDATE accounts SET frozen = ? WHERE user_id = ? RETURNING user_id"
            _must(connection.execute(query, (int(frozen), user_id)).fetchone())
            _note(connection, deed)

        await self._database.write(freeze)

    async def move_cash(self, user_id: str, amount_cents: int, deed: Deed) -> None:
        def move(connection: apsw.Connection) -> None:
            _must(connection.execute("SELECT user_id FROM accounts WHERE user_id = ?", (user_id,)).fetchone())
            if connection.execute(_MOVE_CASH, (amount_cents, user_id)).fetchone() is None:
                raise NotEnoughCash
            connection.execute(_TRANSFER, (user_id, amount_cents, deed.what, deed.at_ms))
            _note(connection, deed)

        await self._database.write(move)

    async def reset_password(self, user_id: str, password_hash: str, session_floor: str, deed: Deed) -> None:
        def reset(connection: apsw.Connection) -> None:
            query = "UPDATE people SET password_hash = ? WHERE user_id = ? RETURNING user_id"
            _must(connection.execute(query, (password_hash, user_id)).fetchone())
            _sign_out(connection, user_id, session_floor)
            _note(connection, deed)

        await self._database.write(reset)

    async def sign_out(self, user_id: str, session_floor: str) -> None:
        await self._database.write(lambda connection: _sign_out(connection, user_id, session_floor))

    async def begin_anew(self, user_id: str, new_user_id: str, cash_cents: int, deed: Deed) -> None:
        def begin(connection: apsw.Connection) -> None:
            person = connection.execute(_EMAIL_AND_HASH, (user_id,)).fetchone()
            if person is None:
                raise NotFound
            query = f"SELECT 1 FROM orders WHERE user_id = ? AND status IN {_OPEN} LIMIT 1"
            if connection.execute(query, (user_id,)).fetchone() is not None:
                raise OpenOrders
            values = {
                "old": user_id,
                "old_email": f"{secrets.token_hex(OLD_NAME_BYTES)}@{RESET_DOMAIN}",
                "new": new_user_id,
                "email": person[0],
                "password_hash": person[1],
                "cash_cents": cash_cents,
                "at_ms": deed.at_ms,
            }
            for statement in _BEGIN_ANEW:
                connection.execute(statement, values)
            end_sessions(connection, user_id, AFTER_EVERY_SESSION)
            _note(connection, deed)

        await self._database.write(begin)

    async def invite(self, invitation: Invitation, digest: bytes, deed: Deed) -> None:
        def invite(connection: apsw.Connection) -> None:
            connection.execute(
                "INSERT INTO invitations (invitation_id, digest, note, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?)",
                (
                    invitation.invitation_id,
                    digest,
                    invitation.note,
                    invitation.created_at_ms,
                    invitation.expires_at_ms,
                ),
            )
            _note(connection, deed)

        await self._database.write(invite)

    async def invitations(self, after: str, limit: int) -> list[Invitation]:
        query = f"{_INVITATION} WHERE invitation_id > ? ORDER BY invitation_id LIMIT ?"
        return await self._database.read(lambda c: [_invitation(row) for row in c.execute(query, (after, limit))])

    async def revoke_invitation(self, invitation_id: str, deed: Deed) -> None:
        def revoke(connection: apsw.Connection) -> None:
            query = "UPDATE invitations SET revoked = 1 WHERE invitation_id = ? RETURNING 1"
            _must(connection.execute(query, (invitation_id,)).fetchone())
            _note(connection, deed)

        await self._database.write(revoke)

    async def note(self, deed: Deed) -> None:
        await self._database.write(lambda connection: _note(connection, deed))

    async def log(self, user_id: str, before: int, limit: int) -> list[LogEntry]:
        query = """
            SELECT entry_id, at_ms, what, user_id, detail, address, request_id FROM operator_log
            WHERE (?1 = '' OR user_id = ?1) AND entry_id < ?2 ORDER BY entry_id DESC LIMIT ?3"""
        values = (user_id, before or _NEWEST, limit)
        return await self._database.read(lambda c: [LogEntry(*row) for row in c.execute(query, values)])


def end_sessions(connection: apsw.Connection, user_id: str, before: str) -> None:
    """Those that began before the session of that id."""
    connection.execute(_SET_FLOOR, (user_id, before))


def _sign_out(connection: apsw.Connection, user_id: str, session_floor: str) -> None:
    end_sessions(connection, user_id, session_floor)
    connection.execute("DELETE FROM program_tokens WHERE user_id = ?", (user_id,))


def is_invited(connection: apsw.Connection, digest: bytes, now_ms: int) -> bool:
    query = "SELECT 1 FROM invitations WHERE digest = ? AND used_by IS NULL AND revoked = 0 AND expires_at_ms > ?"
    return connection.execute(query, (digest, now_ms)).fetchone() is not None


def use_invitation(connection: apsw.Connection, digest: bytes, user_id: str, now_ms: int) -> bool:
    """Whether it was good; from now on it is not."""
    return connection.execute(_USE_INVITATION, (user_id, digest, now_ms)).fetchone() is not None


def _person(row: tuple[str, str, int, int, int, int, int]) -> PersonNow:
    user_id, email, created_at_ms, frozen, cash_cents, held_cents, open_orders = row
    return PersonNow(user_id, email, created_at_ms, bool(frozen), cash_cents, held_cents, open_orders)


def _invitation(row: tuple[str, str, int, int, str | None, int]) -> Invitation:
    invitation_id, note, created_at_ms, expires_at_ms, used_by, revoked = row
    return Invitation(invitation_id, note, created_at_ms, expires_at_ms, used_by, bool(revoked))


def _must(row: object) -> None:
    if row is None:
        raise NotFound


def _note(connection: apsw.Connection, deed: Deed) -> None:
    source = deed.source
    connection.execute(_LOG, (deed.at_ms, deed.what, deed.user_id, deed.detail, source.address, source.request_id))
