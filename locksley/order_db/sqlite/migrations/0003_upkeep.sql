-- Who may do the work that only one may do at a time. The token rises with every new holder and is never given twice.
CREATE TABLE leases (
    name          TEXT PRIMARY KEY,
    holder        TEXT NOT NULL,
    token         INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What clean-up asked about in vain. It counts only while the order has the status that it had then.
CREATE TABLE settling (
    user_id        TEXT NOT NULL,
    order_id       TEXT NOT NULL,
    status         TEXT NOT NULL,
    tries          INTEGER NOT NULL,
    next_try_at_ms INTEGER NOT NULL,
    dead_since_ms  INTEGER,
    last_error     TEXT NOT NULL,
    PRIMARY KEY (user_id, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX settling_dead ON settling (order_id) WHERE dead_since_ms IS NOT NULL;

-- What happened to an order and can not be booked; for a person to look at.
CREATE TABLE unbooked (
    unbooked_id INTEGER PRIMARY KEY,
    user_id     TEXT NOT NULL,
    order_id    TEXT NOT NULL,
    events      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    why         TEXT NOT NULL,
    times       INTEGER NOT NULL,
    first_at_ms INTEGER NOT NULL,
    last_at_ms  INTEGER NOT NULL,
    UNIQUE (user_id, order_id, events)
) STRICT;

-- How often trades of the feed were lost, and after which loss everything open was asked about.
CREATE TABLE feed_losses (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    lost  INTEGER NOT NULL,
    swept INTEGER NOT NULL
) STRICT;
INSERT INTO feed_losses VALUES (1, 0, 0);

-- One row for each day that was held against the exchange by itself.
CREATE TABLE reconciliations (
    day         TEXT PRIMARY KEY,
    at_ms       INTEGER NOT NULL,
    differences INTEGER NOT NULL,
    report      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_time ON audit (at_ms, audit_id);
