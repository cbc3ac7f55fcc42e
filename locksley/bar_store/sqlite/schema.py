"""The file's tables. Pages are large so that a day of minutes lies in one."""

import apsw

from locksley.config import ConfigError

PAGE_BYTES = 16_384
PAGE_CACHE_KIB = 32_768
SCHEMA = 2
SYMBOL_BITS = 32  # of a place in `fresh`

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

_FRESH = """
-- Trades as they were kept, one row a call and symbol; `settle` takes them away. The call's number is in the upper half of `place`, the
-- symbol's id in the lower: so a call writes at the end, and to that end SQLite appends four times as fast where the key is the rowid.
CREATE TABLE fresh (
    place INTEGER PRIMARY KEY,
    ticks BLOB NOT NULL
) STRICT;
"""

# What was changed by something else, and is no row any more, is left behind: it would keep the broker from starting.
_FROM_1 = f"""
ALTER TABLE fresh RENAME TO fresh_1;
{_FRESH}
INSERT OR IGNORE INTO fresh (place, ticks)
    SELECT number << {SYMBOL_BITS} | symbol_id, CAST(ticks AS BLOB) FROM fresh_1 ORDER BY number, symbol_id;
DROP TABLE fresh_1;
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
    """Bring the tables up to date, in one transaction."""
    version = connection.pragma("user_version")
    if version == SCHEMA:
        return
    if version > SCHEMA:
        raise ConfigError(
            f"the file of bars has schema {version}, this Locksley knows up to {SCHEMA}; "
            f"run the newer one, or move {connection.filename} away to begin anew"
        )
    with connection:
        connection.execute(_FROM_1 if version == 1 else _TABLES + _FRESH)
        connection.pragma("user_version", SCHEMA)
