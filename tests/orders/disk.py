"""The moment of a commit, as a test wants it: it fails, it takes long, or the process dies just before it or just after it."""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

import apsw


class Fate(Enum):
    FAILS = auto()
    DIES_BEFORE = auto()
    DIES_AFTER = auto()
    WAITS = auto()  # until `go` is set


class Disk:
    """`run_commit` of a `Database`. `at[n]` is what becomes of the n-th commit from `arm` on, counted from 1."""

    def __init__(self) -> None:
        self.commits = 0
        self.at: dict[int, Fate] = {}
        self.died = asyncio.Event()
        self.waits = asyncio.Event()
        self.go = asyncio.Event()

    def arm(self, at: dict[int, Fate]) -> None:
        self.commits, self.at = 0, at

    async def __call__(self, commit: Callable[[], None]) -> None:
        self.commits += 1
        fate = self.at.get(self.commits)
        if fate is Fate.FAILS:
            raise apsw.FullError("database or disk is full")
        if fate is Fate.WAITS:
            self.waits.set()
            await self.go.wait()
        if fate is not Fate.DIES_BEFORE:
            commit()
        if fate in (Fate.DIES_BEFORE, Fate.DIES_AFTER):
            self.died.set()
            await asyncio.Event().wait()  # for ever: nothing that comes after the commit happens
        await asyncio.sleep(0)
