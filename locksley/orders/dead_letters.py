"""Dead letters: orders that clean-up asked about in vain, for a person to decide about.

reads from: order db, exchange (on a retry). writes to: order db by `Booking`, the audit. A dead letter keeps its hold, takes fills, and is
asked about every few minutes; nothing here is needed for that. If it dies halfway, the person looks again and sees how it stands.
"""

from collections.abc import Sequence
from typing import NamedTuple

from locksley.domain import errors
from locksley.domain.errors import Refusal
from locksley.domain.order import Order
from locksley.exchange.port import ExchangeError, State
from locksley.order_db.port import AuditRow, NotBookable, Source
from locksley.order_db.upkeep import DeadLetter, Unbooked, UpkeepDb
from locksley.orders.asking import UNSETTLED, Asked, Asking
from locksley.orders.booking import Booking

REASON_CHARS_MAX = 500
NO_ANSWER = "the exchange did not answer"


class NotDiscarded(Refusal):
    """The order is alive at the exchange, or might still be; it was not discarded."""

    code = "not_discarded"


class Retried(NamedTuple):
    """`unsettled` says why the order is in doubt still; None: it no longer is."""

    order: Order
    unsettled: str | None


class DeadLetters:
    def __init__(self, orders: UpkeepDb, asking: Asking, booking: Booking) -> None:
        self._orders = orders
        self._asking = asking
        self._booking = booking

    async def letters(self, after: str, limit: int) -> list[DeadLetter]:
        return await self._orders.dead_letters(after, limit)

    async def letter(self, order_id: str) -> DeadLetter:
        letter = await self._orders.dead_letter(order_id)
        if letter is None:
            raise errors.NotFound("No dead letter has this order id.")
        return letter

    async def unbooked(self, after: int, limit: int) -> list[Unbooked]:
        """What happened to orders and could not be booked."""
        return await self._orders.unbooked(after, limit)

    async def audit_trail(self, order_id: str) -> Sequence[AuditRow]:
        """Of any order; oldest first."""
        rows = await self._orders.audit_trail(order_id)
        if not rows:
            raise errors.NotFound("No order has this id.")
        return rows

    async def retry(self, order_id: str, source: Source) -> Retried:
        """Ask the exchange now. Raises `ExchangeUnavailable` when it does not answer; then nothing has changed."""
        letter = await self.letter(order_id)
        try:
            asked = await self._ask(letter.order, source)
        except ExchangeError:
            raise errors.ExchangeUnavailable("The exchange did not answer; the order stays as it is.") from None
        if asked.unsettled is None and asked.order.status in UNSETTLED:
            return Retried(asked.order, NO_ANSWER)
        return Retried(asked.order, asked.unsettled)

    async def discard(self, order_id: str, reason: str, source: Source) -> Order:
        """Close the order because a person says so, whose reason is kept in the audit.

        The exchange is asked once more. What its answer settles is settled by that. An order that it has open, or might still take,
        is not discarded: `NotDiscarded`. Otherwise (it has closed the order with other fills than are booked, or says what can not be
        booked, or does not answer) the order becomes `cancelled` with the fills that it has, and the rest of its hold is released.
        Should it fill after all, that fill is booked, and freezes the account.
        """
        reason = " ".join(reason.split())
        if not 1 <= len(reason) <= REASON_CHARS_MAX:
            raise errors.Malformed(f"Give a reason of 1 to {REASON_CHARS_MAX} characters.", member="reason")
        letter = await self.letter(order_id)
        says = await self._says(letter, source)
        if says is None:
            order = await self._orders.order(letter.order.user_id, order_id)
            return order if order is not None else letter.order
        letter = await self.letter(order_id)
        try:
            applied = await self._orders.discard(letter, f"{reason} ({says})", source)
        except NotBookable as error:
            raise NotDiscarded(f"The order was not discarded: {error}.") from error
        await self._booking.hint([applied])
        return applied.order

    async def _says(self, letter: DeadLetter, source: Source) -> str | None:
        """What the exchange says that leaves the order in doubt; None: its answer settled the order."""
        try:
            asked = await self._ask(letter.order, source)
        except ExchangeError:
            return NO_ANSWER
        if asked.order.status not in UNSETTLED and asked.unsettled is None:
            return None
        if asked.venue.state is State.OPEN:
            raise NotDiscarded("The exchange has the order open; it was not discarded. Cancel it instead.")
        if asked.venue.state is State.UNKNOWN:
            raise NotDiscarded("The exchange might still take the order; it was not discarded. Try again later.")
        return asked.unsettled or NO_ANSWER

    async def _ask(self, order: Order, source: Source) -> Asked:
        [asked] = await self._asking.ask([order], source)
        return asked
