CREATE TABLE people (
    user_id       TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Long-lived tokens of programs; what a program sends is never stored, only its digest.
CREATE TABLE program_tokens (
    digest        BLOB PRIMARY KEY,
    token_id      TEXT NOT NULL UNIQUE,
    user_id       TEXT NOT NULL,
    name          TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX program_tokens_by_user ON program_tokens (user_id, token_id);

-- Sessions that were signed out before they expired.
CREATE TABLE ended_sessions (
    session_id    TEXT PRIMARY KEY,
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_sessions_by_expiry ON ended_sessions (expires_at_ms);
