-- Money: what a person has and what open buys hold of it. `update_number` counts the changes of this person's orders.
CREATE TABLE accounts (
    user_id       TEXT PRIMARY KEY,
    cash_cents    INTEGER NOT NULL,
    held_cents    INTEGER NOT NULL DEFAULT 0 CHECK (held_cents >= 0),
    frozen        INTEGER NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)),
    update_number INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE transfers (
    transfer_id  INTEGER PRIMARY KEY,
    user_id      TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    what         TEXT NOT NULL,
    at_ms        INTEGER NOT NULL
) STRICT;
CREATE INDEX transfers_by_user ON transfers (user_id, transfer_id);

CREATE TABLE positions (
    user_id     TEXT NOT NULL,
    symbol      TEXT NOT NULL,
    shares      INTEGER NOT NULL DEFAULT 0,
    held_shares INTEGER NOT NULL DEFAULT 0 CHECK (held_shares >= 0),
    cost_cents  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, symbol)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
    user_id           TEXT NOT NULL,
    order_id          TEXT NOT NULL,
    side              TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    symbol            TEXT NOT NULL,
    type              TEXT NOT NULL CHECK (type IN ('market', 'limit')),
    num_shares        INTEGER NOT NULL CHECK (num_shares > 0),
    price_cents       INTEGER CHECK (price_cents > 0),
    worst_price_cents INTEGER NOT NULL CHECK (worst_price_cents > 0),
    status            TEXT NOT NULL,
    filled_shares     INTEGER NOT NULL DEFAULT 0,
    filled_value_e4   INTEGER NOT NULL DEFAULT 0,
    external_order_id TEXT,
    reason            TEXT,
    version           INTEGER NOT NULL,
    not_after_ms      INTEGER NOT NULL,
    created_at_ms     INTEGER NOT NULL,
    updated_at_ms     INTEGER NOT NULL,
    PRIMARY KEY (user_id, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_unsettled ON orders (updated_at_ms) WHERE status IN ('pending', 'pending_cancel');
CREATE INDEX orders_open ON orders (order_id)
    WHERE status IN ('pending', 'submitted', 'partially_filled', 'pending_cancel');

-- One execution is booked once, whoever tells of it first.
CREATE TABLE fills (
    fill_id           INTEGER PRIMARY KEY,
    trade_id          TEXT NOT NULL,
    external_order_id TEXT NOT NULL,
    user_id           TEXT NOT NULL,
    order_id          TEXT NOT NULL,
    epoch             INTEGER NOT NULL,
    sequence          INTEGER NOT NULL,
    symbol            TEXT NOT NULL,
    side              TEXT NOT NULL,
    price_e4          INTEGER NOT NULL,
    num_shares        INTEGER NOT NULL,
    cash_cents        INTEGER NOT NULL,
    timestamp_ms      INTEGER NOT NULL,
    booked_at_ms      INTEGER NOT NULL,
    UNIQUE (trade_id, external_order_id)
) STRICT;
CREATE INDEX fills_by_user ON fills (user_id, fill_id);

CREATE TABLE idempotency_keys (
    user_id       TEXT NOT NULL,
    key           TEXT NOT NULL,
    body_digest   BLOB NOT NULL,
    order_id      TEXT NOT NULL,
    status_code   INTEGER,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms);

CREATE TABLE order_updates (
    update_id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id   TEXT NOT NULL,
    number    INTEGER NOT NULL,
    order_now BLOB NOT NULL,
    UNIQUE (user_id, number)
) STRICT;

-- Who did what to which order, from where, with what result. Nothing in it is ever changed or removed.
CREATE TABLE audit (
    audit_id   INTEGER PRIMARY KEY,
    at_ms      INTEGER NOT NULL,
    user_id    TEXT NOT NULL,
    order_id   TEXT NOT NULL,
    what       TEXT NOT NULL,
    result     TEXT NOT NULL,
    actor      TEXT NOT NULL,
    address    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_order ON audit (order_id, audit_id);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Up to where the feed's trades are booked here.
CREATE TABLE feed_position (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    epoch    INTEGER NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;
