"""One row of a recorded tape, read exactly: no price ever passes through a float."""

from collections.abc import Sequence
from functools import lru_cache

from paper_exchange.market.port import Print, Quote

TRADES_HEADER = b"ts_ns,symbol,price,size"
QUOTES_HEADER = b"ts_ns,symbol,bid,bid_size,ask,ask_size"
FIELDS_KEPT = 65_536
PRICE_E4_MAX = 10_000_000 * 10_000
SIZE_DIGITS_MAX = 12
SYMBOL_LENGTH_MAX = 16
EARLIEST_NS = 10**17
LATEST_NS = 2**63 - 1
CROSSED_TIMES_MAX = 2


class RowError(ValueError):
    """What is wrong with a row, and what to do: `reason; remedy`."""


def trade_of(fields: Sequence[bytes]) -> Print:
    if len(fields) != 4:
        raise _not_as_many(fields, TRADES_HEADER)
    at, symbol, price, size = fields
    trade = Print(moment_ns(at), symbol_of(symbol), price_e4(price), whole(size), False)
    if trade.price_e4 == 0 or trade.num_shares == 0:
        raise RowError("a trade at price 0 or of size 0; remove the row")
    return trade


def quote_of(fields: Sequence[bytes]) -> Quote:
    if len(fields) != 6:
        raise _not_as_many(fields, QUOTES_HEADER)
    at, symbol, bid, bid_size, ask, ask_size = fields
    quote = Quote(
        moment_ns(at), symbol_of(symbol), price_e4(bid), whole(bid_size), price_e4(ask), whole(ask_size)
    )  # fmt: skip
    if (quote.bid_size and not quote.bid_e4) or (quote.ask_size and not quote.ask_e4):
        raise RowError("shares are wanted or offered at price 0; give the price, or size 0 for an empty side")
    if quote.bid_size and quote.ask_size and quote.bid_e4 > CROSSED_TIMES_MAX * quote.ask_e4:
        raise RowError("the bid is more than twice the ask; correct or remove the row")
    return quote


def moment_ns(field: bytes) -> int:
    if not field.isdigit() or len(field) > 19:
        raise RowError(f"{_shown(field)} is no time; write whole nanoseconds since 1970 UTC")
    at_ns = int(field)
    if not EARLIEST_NS <= at_ns <= LATEST_NS:
        raise RowError(
            f"{at_ns} is not a time in nanoseconds since 1970; seconds, milli- and microseconds need conversion"
        )
    return at_ns


@lru_cache(maxsize=FIELDS_KEPT)
def symbol_of(field: bytes) -> str:
    if not field or len(field) > SYMBOL_LENGTH_MAX or not field.isascii() or not field.decode().isprintable():
        raise RowError(f"{_shown(field)} is no symbol; use 1 to {SYMBOL_LENGTH_MAX} printable ASCII characters")
    if b" " in field or b'"' in field:
        raise RowError(f"{_shown(field)} is no symbol; leave out blanks and quotation marks")
    return field.decode()


@lru_cache(maxsize=FIELDS_KEPT)
def price_e4(field: bytes) -> int:
    """Dollars with up to four decimals, as ten-thousandths."""
    whole_part, point, decimals = field.partition(b".")
    if not whole_part.isdigit() or len(whole_part) > 8 or (point and not (decimals.isdigit() and len(decimals) <= 4)):
        raise RowError(f"{_shown(field)} is no price; write dollars with up to four decimals, not negative")
    value_e4 = int(whole_part) * 10_000 + int(decimals.ljust(4, b"0"))
    if value_e4 > PRICE_E4_MAX:
        raise RowError(f"{_shown(field)} is too high a price; the most is {PRICE_E4_MAX // 10_000} dollars")
    return value_e4


@lru_cache(maxsize=FIELDS_KEPT)
def whole(field: bytes) -> int:
    if not field.isdigit() or len(field) > SIZE_DIGITS_MAX:
        raise RowError(
            f"{_shown(field)} is no number of shares; write a whole number, not negative, of at most {SIZE_DIGITS_MAX} digits"
        )
    return int(field)


def _not_as_many(fields: Sequence[bytes], header: bytes) -> RowError:
    return RowError(f"{len(fields)} fields; each row must be {header.decode()}")


def _shown(field: bytes) -> str:
    return repr(field[:40].decode("ascii", "backslashreplace"))
