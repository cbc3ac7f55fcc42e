"""What every bus promises; one more adapter is one more line in `ADAPTERS`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from locksley.bus.memory import MemoryBus
from locksley.bus.port import Bus

Adapter = Callable[[], AbstractAsyncContextManager[Bus]]

DEADLINE_S = 10


@asynccontextmanager
async def memory() -> AsyncIterator[Bus]:
    yield MemoryBus()


ADAPTERS: dict[str, Adapter] = {"memory": memory}


@pytest.fixture(params=sorted(ADAPTERS))
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    async with ADAPTERS[request.param]() as made:
        yield made


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._more = asyncio.Event()

    def hear(self, channel: str, payload: bytes) -> None:
        self.heard.append((channel, payload))
        self._more.set()

    async def hears(self, *expected: tuple[str, bytes]) -> None:
        """Waits until so many messages are there, and compares them all."""
        async with asyncio.timeout(DEADLINE_S):
            while len(self.heard) < len(expected):
                self._more.clear()
                await self._more.wait()
        assert self.heard == list(expected)


async def test_a_subscriber_hears_its_channel_in_order(bus: Bus) -> None:
    listener = Listener()
    await bus.subscribe("a", listener.hear)
    await bus.publish([("a", b"1"), ("b", b"x"), ("a", b"2")])
    await bus.publish([("a", b"3")])
    await listener.hears(("a", b"1"), ("a", b"2"), ("a", b"3"))


async def test_each_subscriber_hears_once(bus: Bus) -> None:
    first, second = Listener(), Listener()
    await bus.subscribe("a", first.hear)
    await bus.subscribe("a", second.hear)
    await bus.publish([("a", b"1")])
    await first.hears(("a", b"1"))
    await second.hears(("a", b"1"))


async def test_subscribing_twice_is_once(bus: Bus) -> None:
    listener = Listener()
    await bus.subscribe("a", listener.hear)
    await bus.subscribe("a", listener.hear)
    await bus.publish([("a", b"1"), ("a", b"2")])
    await listener.hears(("a", b"1"), ("a", b"2"))


async def test_nothing_after_unsubscribing(bus: Bus) -> None:
    leaving, staying = Listener(), Listener()
    await bus.subscribe("a", leaving.hear)
    await bus.subscribe("a", staying.hear)
    await bus.unsubscribe("a", leaving.hear)
    await bus.publish([("a", b"1")])
    await staying.hears(("a", b"1"))
    assert leaving.heard == []


async def test_unsubscribing_one_channel_leaves_the_others(bus: Bus) -> None:
    listener = Listener()
    await bus.subscribe("a", listener.hear)
    await bus.subscribe("b", listener.hear)
    await bus.unsubscribe("a", listener.hear)
    await bus.publish([("a", b"1"), ("b", b"2")])
    await listener.hears(("b", b"2"))


async def test_unsubscribing_who_never_subscribed(bus: Bus) -> None:
    listener = Listener()
    await bus.unsubscribe("a", listener.hear)
    await bus.subscribe("a", listener.hear)
    await bus.publish([("a", b"1")])
    await listener.hears(("a", b"1"))


async def test_what_nobody_hears_is_lost(bus: Bus) -> None:
    listener = Listener()
    await bus.publish([("a", b"early")])
    await bus.subscribe("a", listener.hear)
    await bus.publish([("a", b"now")])
    await listener.hears(("a", b"now"))


async def test_a_handler_that_fails_harms_nobody_else(bus: Bus) -> None:
    def fail(_channel: str, _payload: bytes) -> None:
        raise RuntimeError("broken on purpose")

    listener = Listener()
    await bus.subscribe("a", fail)
    await bus.subscribe("a", listener.hear)
    await bus.publish([("a", b"1")])
    await bus.publish([("a", b"2")])
    await listener.hears(("a", b"1"), ("a", b"2"))


async def test_a_handler_may_be_subscribed_again(bus: Bus) -> None:
    listener = Listener()
    await bus.subscribe("a", listener.hear)
    await bus.unsubscribe("a", listener.hear)
    await bus.subscribe("a", listener.hear)
    await bus.publish([("a", b"\x00\xff")])
    await listener.hears(("a", b"\x00\xff"))
