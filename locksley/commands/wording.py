"""What an order is and what became of it, in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from locksley.client import Intent, NotFound, Order, Placed, Refused
from locksley.commands.formats import dollars, shares

HOW_TO_FIND = "Find it: locksley quote --search TEXT"
SETTLED_WITHIN = "a minute or so"


def meant(intent: Intent) -> str:
    """`buy 10 AAPL at the market`."""
    return f"{intent.position} {shares(intent.num_shares)} {intent.symbol} {_price(intent.price_in_cents)}"


def headline(order: Order) -> str:
    """`Buy 10 AAPL at the market: filled`."""
    return f"{as_heading(asked(order))}: {order.status}"


def as_heading(words: str) -> str:
    """With a capital letter first, and every other letter as it was."""
    return words[:1].upper() + words[1:]


def asked(order: Order) -> str:
    return f"{order.position} {shares(order.num_shares)} {order.symbol} {_price(order.price_in_cents)}"


def outcome(placed: Placed) -> str:
    """What to tell who placed it."""
    order = placed.order
    if not placed.is_known and order.status == "pending":
        return (
            f"Your order is kept, but the exchange has not answered yet: nobody knows whether it has it. That is found out within "
            f"{SETTLED_WITHIN}; do not place it again. See: locksley order {order.order_id}"
        )
    return standing(order)


def standing(order: Order) -> str:
    done = "Bought" if order.position == "buy" else "Sold"
    filled = f"{shares(order.filled_shares)} {order.symbol} at {dollars(order.average_fill_price_in_cents)} on average"
    if order.status == "filled":
        return f"{done} {filled}. Order {order.order_id}"
    if order.status == "failed":
        return f"Not done: {order.reason or 'refused'}. Order {order.order_id}"
    if order.status == "cancelled":
        rest = (
            f"{done} {filled}; the rest was cancelled."
            if order.filled_shares
            else f"Cancelled; no shares were {done.lower()}."
        )
        return f"{rest} Order {order.order_id}"
    if order.status == "pending":
        return f"Not known yet: the exchange has not answered. Order {order.order_id}"
    if order.status == "pending_cancel":
        return f"Being cancelled. Order {order.order_id}"
    so_far = f"{done} {filled} so far" if order.filled_shares else "Placed"
    return f"{so_far}: {asked(order)}. To take it back: locksley cancel {order.order_id}"


def refused(error: Refused) -> str:
    """What the broker says, and its numbers or the option that mends it."""
    members = error.members
    if error.code == "insufficient_buying_power":
        needed, free = (dollars(members.get(name)) for name in ("neededInCents", "buyingPowerInCents"))
        return f"{error.detail} It needs {needed}; {free} is free."
    if error.code == "insufficient_shares":
        needed, free = (shares(members.get(name)) for name in ("neededShares", "freeShares"))
        return f"{error.detail} It needs {needed}; free to sell: {free}."
    if error.code == "unknown_symbol":
        return f"{error.detail} {HOW_TO_FIND}"
    if error.code == "bad_invitation":
        return f"{error.detail} Give its code with --invitation CODE"
    return error.detail


@contextmanager
def naming(symbol: str) -> Iterator[None]:
    """A broker that is asked about one symbol does not repeat which: say it, as is said of several."""
    try:
        yield
    except NotFound as error:
        said = f"No such symbol trades on the exchange: '{symbol}'. {HOW_TO_FIND}"
        raise NotFound(error.status, error.code, said, error.members, error.retry_after_s) from None


def _price(price_in_cents: int | None) -> str:
    return "at the market" if price_in_cents is None else f"at {dollars(price_in_cents)} or better"
