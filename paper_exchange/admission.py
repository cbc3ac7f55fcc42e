"""What an order has to be so that the exchange takes it. Pure."""

from paper_exchange.moment import to_ns
from paper_exchange.wire import NewOrder, Reason

PRICE_E4_MAX = 100_000_000_000
SHARES_MAX = 1_000_000_000


def reason_against(new: NewOrder, *, is_listed: bool, now_ns: int, is_open: bool) -> Reason | None:
    """`now_ns` by the exchange's clock; `is_open`: its market is."""
    if not is_listed:
        return "unknown_symbol"
    if not 0 < new.price_e4 <= PRICE_E4_MAX:
        return "bad_price"
    if not 0 < new.num_shares <= SHARES_MAX:
        return "bad_shares"
    if now_ns > to_ns(new.not_after):
        return "not_after_passed"
    return None if is_open else "market_closed"
