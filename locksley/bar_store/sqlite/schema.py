"""The file's tables. Pages are large so that a day of minutes lies in one."""

import apsw

PAGE_BYTES = 16_384
PAGE_CACHE_KIB = 32_768
SCHEMA = 1

_TABLES = """
CREATE TABLE symbols (
    symbol_id INTEGER PRIMARY KEY,
    symbol    TEXT NOT NULL UNIQUE
) STRICT;

-- Calls of `keep` whose trades are not all settled; `newest_ms` is the market's time by then, and only rises.
CREATE TABLE calls (
    number    INTEGER PRIMARY KEY,
    newest_ms INTEGER NOT NULL
) STRICT;

-- Trades as they were kept, one row a call and symbol, so that a call writes at the end; `settle` takes them away.
CREATE TABLE fresh (
    number    INTEGER NOT NULL,
    symbol_id INTEGER NOT NULL,
    ticks     BLOB NOT NULL,
    PRIMARY KEY (number, symbol_id)
) STRICT, WITHOUT ROWID;

-- Packed bars of one size: six hours of minutes, eight days of hours, 64 days of days; and an hour of trades for the seconds.
CREATE TABLE settled (
    symbol_id INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    span      INTEGER NOT NULL,
    bars      BLOB NOT NULL,
    PRIMARY KEY (symbol_id, size, span)
) STRICT, WITHOUT ROWID;

CREATE TABLE back_history (
    symbol_id INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    PRIMARY KEY (symbol_id, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE kept (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    epoch     INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    newest_ms INTEGER NOT NULL,
    since_ms  INTEGER NOT NULL,
    number    INTEGER NOT NULL
) STRICT;

CREATE TABLE gaps (
    gap_id         INTEGER PRIMARY KEY,
    first_epoch    INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL,
    last_epoch     INTEGER NOT NULL,
    last_sequence  INTEGER NOT NULL,
    at_ms          INTEGER NOT NULL
) STRICT;

CREATE TABLE splits (
    symbol     TEXT NOT NULL,
    day        INTEGER NOT NULL,
    new_shares INTEGER NOT NULL CHECK (new_shares > 0),
    old_shares INTEGER NOT NULL CHECK (old_shares > 0),
    PRIMARY KEY (symbol, day)
) STRICT, WITHOUT ROWID;
"""


def connect(path: str) -> apsw.Connection:
    """`synchronous = NORMAL`: a killed process loses nothing, a machine that dies loses the newest calls, which the exchange gives back."""
    connection = apsw.Connection(path)
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
    return connection


def migrate(connection: apsw.Connection) -> None:
    if connection.pragma("user_version") == 0:
        with connection:
            connection.execute(_TABLES)
            connection.pragma("user_version", SCHEMA)
