-- What the operator did to people and to the broker. Nothing in it is ever changed or removed.
CREATE TABLE operator_log (
    entry_id   INTEGER PRIMARY KEY,
    at_ms      INTEGER NOT NULL,
    what       TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    detail     TEXT NOT NULL,
    address    TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;
CREATE INDEX operator_log_by_user ON operator_log (user_id, entry_id);
CREATE TRIGGER operator_log_is_never_changed BEFORE UPDATE ON operator_log
    BEGIN SELECT RAISE(ABORT, 'the log of the operator is append-only'); END;
CREATE TRIGGER operator_log_is_never_removed BEFORE DELETE ON operator_log
    BEGIN SELECT RAISE(ABORT, 'the log of the operator is append-only'); END;

-- Only the digest of an invitation is kept. It is good once, until it expires or is revoked.
CREATE TABLE invitations (
    invitation_id TEXT PRIMARY KEY,
    digest        BLOB NOT NULL UNIQUE,
    note          TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_by       TEXT,
    revoked       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Sessions of a person that began before this one (their ids grow with time) are not good any more.
CREATE TABLE session_floors (
    user_id    TEXT PRIMARY KEY,
    session_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
