"""Leases: who may do what only one may do, and the fence that keeps out whoever still believes it may."""

import apsw

from locksley.order_db.port import Lease, LeaseLost

# A lease that ends later than any could, counted from now, was given before the clock was set back: it has no meaning.
_TAKE = """
    INSERT INTO leases (name, holder, token, expires_at_ms) VALUES (?1, ?2, 1, ?3 + ?4)
    ON CONFLICT (name) DO UPDATE
    SET token = token + (holder != ?2), holder = ?2, expires_at_ms = ?3 + ?4
    WHERE holder = ?2 OR expires_at_ms <= ?3 OR expires_at_ms > ?3 + ?4
    RETURNING token"""

_TOKEN = "SELECT token FROM leases WHERE name = ?"


def take(connection: apsw.Connection, name: str, holder: str, now_ms: int, lifetime_ms: int) -> Lease | None:
    row = connection.execute(_TAKE, (name, holder, now_ms, lifetime_ms)).fetchone()
    return Lease(name, holder, int(str(row[0]))) if row is not None else None


def fence(connection: apsw.Connection, lease: Lease | None) -> None:
    """Raises `LeaseLost` when somebody took the lease since; to be called within the transaction that it guards."""
    if lease is None:
        return
    row = connection.execute(_TOKEN, (lease.name,)).fetchone()
    if row is None or row[0] != lease.token:
        raise LeaseLost(lease.name)
