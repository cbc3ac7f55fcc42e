"""Who does the work that only one process may do at a time: a lease, renewed while it works.

reads from and writes to: order db. Every write of the work carries the lease, so that one who lost it, and does not know yet, changes
nothing. If it dies, the lease expires, and another takes it.
"""

from locksley.clock import Clock
from locksley.order_db.port import Lease, LeaseLost
from locksley.order_db.upkeep import UpkeepDb

RENEWALS_PER_LIFETIME = 3


class Leadership:
    def __init__(self, orders: UpkeepDb, clock: Clock, name: str, holder: str, lifetime_ms: int) -> None:
        self._orders = orders
        self._clock = clock
        self._name = name
        self._holder = holder
        self._lifetime_ms = lifetime_ms
        self._lease: Lease | None = None
        self._renewed_at_ms = 0

    async def hold(self) -> Lease | None:
        """The lease, taken or renewed when it is time; None: somebody else has it."""
        now_ms = self._clock.monotonic_ms()
        if self._lease is None or now_ms - self._renewed_at_ms >= self._lifetime_ms // RENEWALS_PER_LIFETIME:
            self._lease = await self._orders.take_lease(
                self._name, self._holder, self._clock.now_ms(), self._lifetime_ms
            )
            self._renewed_at_ms = now_ms
        return self._lease

    async def still(self) -> Lease:
        """The lease, in the middle of the work. Raises `LeaseLost`."""
        lease = await self.hold()
        if lease is None:
            raise LeaseLost(self._name)
        return lease

    def lost(self) -> None:
        self._lease = None
