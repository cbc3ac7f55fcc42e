-- What a person had as a market day ended: a copy of what can be worked out from fills, transfers and bars, and is when it is missing.
CREATE INDEX fills_by_time ON fills (user_id, timestamp_ms);

CREATE TABLE portfolio_days (
    user_id         TEXT NOT NULL,
    day             INTEGER NOT NULL,
    fills_count     INTEGER NOT NULL,
    transfers_count INTEGER NOT NULL,
    equity_cents    INTEGER NOT NULL,
    cash_cents      INTEGER NOT NULL,
    state           BLOB NOT NULL,
    PRIMARY KEY (user_id, day)
) STRICT, WITHOUT ROWID;

-- Named, ordered lists of symbols; `symbols` is a JSON array.
CREATE TABLE watchlists (
    user_id      TEXT NOT NULL,
    watchlist_id TEXT NOT NULL,
    place        INTEGER NOT NULL,
    name         TEXT NOT NULL,
    symbols      TEXT NOT NULL,
    PRIMARY KEY (user_id, watchlist_id)
) STRICT, WITHOUT ROWID;
