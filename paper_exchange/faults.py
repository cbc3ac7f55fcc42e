"""Misbehaviour on demand: which faults strike, decided by seeded chance. Nothing here does anything; whoever asks does.

Each fault has its own source of chance, so that one fault's draws do not move another's.
"""

from random import Random
from typing import Annotated, NamedTuple

import msgspec

FAULT_MS_MAX = 600_000
COUNT_MAX = 2**53


class Fault(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    rate: Annotated[float, msgspec.Meta(ge=0, le=1)]
    count: Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)] | None = None


class TimedFault(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    rate: Annotated[float, msgspec.Meta(ge=0, le=1)]
    ms: Annotated[int, msgspec.Meta(ge=0, le=FAULT_MS_MAX)]
    count: Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)] | None = None


class FaultPlan(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """The body of `PUT /faults`. `ms` is required where a fault has a length, and refused elsewhere."""

    delay_ms: TimedFault | None = None
    late: TimedFault | None = None
    fail: Fault | None = None
    drop_answer: Fault | None = None
    refuse: Fault | None = None
    feed_disconnect: Fault | None = None
    feed_repeat: Fault | None = None
    feed_reorder: Fault | None = None
    feed_skip: Fault | None = None
    feed_new_epoch: Fault | None = None
    seed: Annotated[int, msgspec.Meta(ge=-COUNT_MAX, le=COUNT_MAX)] = 0


class RequestFaults(NamedTuple):
    """What befalls one request. `late_ms`: answer with a timeout and do it so much later; `refuse`: which order of the batch."""

    delay_ms: int = 0
    late_ms: int | None = None
    fail: bool = False
    drop_answer: bool = False
    refuse: int | None = None


class LineFaults(NamedTuple):
    """What befalls one line of the feed."""

    disconnect: bool = False
    repeat: bool = False
    reorder: bool = False
    skip: bool = False
    new_epoch: bool = False


NO_REQUEST_FAULTS = RequestFaults()
NO_LINE_FAULTS = LineFaults()


class _Switch:
    __slots__ = ("chance", "left", "ms", "rate", "struck")

    def __init__(self, name: str, fault: Fault | TimedFault, seed: int) -> None:
        self.rate = fault.rate
        self.left = fault.count
        self.ms = fault.ms if isinstance(fault, TimedFault) else 0
        self.chance = Random(f"{seed}:{name}")  # noqa: S311
        self.struck = 0

    def strikes(self) -> bool:
        if self.left == 0 or self.chance.random() >= self.rate:
            return False
        if self.left is not None:
            self.left -= 1
        self.struck += 1
        return True


class Faults:
    def __init__(self) -> None:
        self._switches: dict[str, _Switch] = {}

    def set(self, plan: FaultPlan) -> None:
        """Replaces whatever was set before."""
        named = ((name, getattr(plan, name)) for name in plan.__struct_fields__ if name != "seed")
        self._switches = {name: _Switch(name, fault, plan.seed) for name, fault in named if fault is not None}

    def clear(self) -> None:
        self._switches = {}

    @property
    def struck(self) -> dict[str, int]:
        """How often each fault that is set has struck."""
        return {name: switch.struck for name, switch in self._switches.items()}

    def for_request(self, orders: int) -> RequestFaults:
        """Drawn once per request of order entry; `orders`: how many orders it places."""
        if not self._switches:
            return NO_REQUEST_FAULTS
        return RequestFaults(
            delay_ms=self._ms("delay_ms") or 0,
            late_ms=self._ms("late"),
            fail=self._strikes("fail"),
            drop_answer=self._strikes("drop_answer"),
            refuse=self._one_of("refuse", orders),
        )

    def for_line(self) -> LineFaults:
        """Drawn once per line of trades of a stream."""
        if not self._switches:
            return NO_LINE_FAULTS
        return LineFaults(
            disconnect=self._strikes("feed_disconnect"),
            repeat=self._strikes("feed_repeat"),
            reorder=self._strikes("feed_reorder"),
            skip=self._strikes("feed_skip"),
            new_epoch=self._strikes("feed_new_epoch"),
        )

    def _strikes(self, name: str) -> bool:
        switch = self._switches.get(name)
        return switch is not None and switch.strikes()

    def _ms(self, name: str) -> int | None:
        return self._switches[name].ms if self._strikes(name) else None

    def _one_of(self, name: str, orders: int) -> int | None:
        if not orders or not self._strikes(name):
            return None
        return self._switches[name].chance.randrange(orders)


def decode_plan(body: bytes) -> FaultPlan:
    """Raises msgspec.DecodeError (of which ValidationError is one) with a sentence."""
    return msgspec.json.decode(body, type=FaultPlan)
