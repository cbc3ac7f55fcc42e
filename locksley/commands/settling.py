"""What became of orders that were sent and never answered: the broker is asked by their key.

Reads from: the broker, the intents that are kept. Writes to: the intents. Nothing is sent again here; a key that the broker does not know
is sent again only when the same order is meant once more.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from locksley.client import Intent, Order, Placed
from locksley.commands.failing import Failed
from locksley.commands.formats import age
from locksley.commands.kept_intents import Kept, KeptIntents
from locksley.commands.wording import meant, standing

if TYPE_CHECKING:
    from locksley.commands.session import Session

ON_ITS_WAY_S_MAX = 60
KEY_GOOD_S_MAX = 23 * 3_600


class Settled(NamedTuple):
    """`placed`: what is meant was placed before, and there is nothing to do. `again`: it was sent before and may have got lost, so it
    is to be sent with the key it had."""

    placed: Placed | None = None
    again: Kept | None = None


def settle(session: "Session", intents: KeptIntents, unfinished: Sequence[Kept], intent: Intent) -> Settled:
    """Ask about all of them. Raises `Failed` for one like `intent` that is too old to be asked about."""
    settled = Settled()
    for kept in unfinished:
        is_same = kept.means_the_same(intent) and settled == Settled()
        found = _look_up(session, intents, kept)
        if is_same and found is not None:
            session.remark(f"This was sent {age(kept.age_s)} ago and is placed already; it is not placed again.")
            settled = Settled(placed=Placed(order=found, is_known=found.status != "pending", replayed=True))
        elif is_same:
            _check_age(intents, kept)
            session.remark(f"This was sent {age(kept.age_s)} ago and did not arrive; it goes out with the key it had.")
            settled = Settled(again=kept)
        else:
            _tell_of_another(session, intents, kept, found)
    return settled


def _look_up(session: "Session", intents: KeptIntents, kept: Kept) -> Order | None:
    found = list(session.client.orders(idempotency_key=kept.intent.key, most=1))
    if not found:
        return None
    intents.forget(kept.intent)
    return found[0]


def _check_age(intents: KeptIntents, kept: Kept) -> None:
    if kept.age_s <= KEY_GOOD_S_MAX:
        return
    intents.forget(kept.intent)
    raise Failed(
        f"the same order was sent {age(kept.age_s)} ago, and what became of it was never learnt. Look for it "
        f"(locksley orders --symbol {kept.intent.symbol}), then run this again"
    )


def _tell_of_another(session: "Session", intents: KeptIntents, kept: Kept, found: Order | None) -> None:
    told = f"An earlier order ({meant(kept.intent)}, {age(kept.age_s)} ago) had no answer."
    if found is not None:
        session.remark(f"{told} It was placed. {standing(found)}")
    elif kept.age_s <= ON_ITS_WAY_S_MAX:
        session.remark(f"{told} It has not arrived, but may still; it is looked at again next time.")
    else:
        intents.forget(kept.intent)
        session.remark(f"{told} It never arrived; place it again if you still want it.")
