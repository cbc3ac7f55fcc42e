"""The end of a run: faults cease, everything settles, the market rests, and everybody comes to see the latest of it."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.world import World

SETTLE_S_MAX = 60.0
SEEN_S_MAX = 15.0


async def settle(world: "World") -> float:
    """How many seconds it took. Violates what did not come to rest."""
    _cease_faults(world)
    began_s = world.loop.time()
    await world.until_ready()
    while (unsettled := _unsettled(world)) and world.loop.time() - began_s < SETTLE_S_MAX:
        await asyncio.sleep(0.5)
        world.check()
    if unsettled:
        world.violate(f"I7 not settled after {SETTLE_S_MAX:.0f} s: {unsettled[0]}")
    settled_s = world.loop.time() - began_s
    await _until_all_is_seen(world)
    return settled_s


def _cease_faults(world: "World") -> None:
    world.disk.fault, world.disk.on_io = None, None
    world.network.on_send = lambda _when: None
    world.network.rates.clear()
    world.venue.faults.clear()
    world.venue.up = True
    world.broker.commit_ms = lambda: 1.0
    world.broker.bus.down = False
    world.broker.process.steps_left = None
    for watcher in world.watchers:
        if watcher.sink is not None:
            watcher.sink.stalled = False


async def _until_all_is_seen(world: "World") -> None:
    """The market rests, and everybody comes to see the latest of it."""
    world.market_rests = True
    began_s = world.loop.time()
    while (missed := [*_missed_prices(world), *_missed_updates(world)]) and world.loop.time() - began_s < SEEN_S_MAX:
        await asyncio.sleep(0.5)
        world.check()
    if missed:
        world.violate(missed[0])


def _unsettled(world: "World") -> list[str]:
    return world.books.unsettled(world.venue) if world.broker.ready else ["the broker is not ready"]


def _missed_prices(world: "World") -> list[str]:
    missed = []
    tape = world.venue.exchange.tape
    for symbol, listed in world.venue.exchange.listed.items():
        number = listed.day.last_number
        epoch, base = tape.epoch_of(number) if number else (0, 0)
        for watcher in world.watchers:
            seen = watcher.sink.last.get(symbol) if watcher.sink is not None else None
            if number and (seen is None or seen < (epoch, number - base)):
                missed.append(f"I6 {watcher.name} ends {symbol} at {seen}, the latest is {(epoch, number - base)}")
    return missed


def _missed_updates(world: "World") -> list[str]:
    missed = []
    for person in world.people:
        seen, newest = person.updates[-1] if person.updates else 0, world.books.update_number(person.user_id)
        if seen != newest:
            missed.append(f"{person.user_id} has updates up to {seen}, the newest is {newest}")
    return missed
