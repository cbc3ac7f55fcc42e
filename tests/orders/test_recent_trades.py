"""What an answer finds of the trades that the feed brought before it."""

import random

import pytest

from locksley.domain.price import Trade, Version
from locksley.orders.recent_trades import RecentTrades


def trade(sequence: int, *order_ids: str, epoch: int = 1) -> Trade:
    return Trade(epoch, sequence, f"t{epoch}-{sequence}", "META", 1_000_000, 1, 0, 0, order_ids)


def as_of(sequence: int, epoch: int = 1) -> Version:
    return Version(epoch, sequence)


def found(recent: RecentTrades, at: Version, *order_ids: str) -> dict[str, list[tuple[int, int]]]:
    newer = recent.after(at, set(order_ids))
    return {order_id: [(one.epoch, one.sequence) for one in executions] for order_id, executions in newer.items()}


@pytest.fixture
def recent() -> RecentTrades:
    recent = RecentTrades(1_000)
    recent.add([trade(1, "a"), trade(2, "b", "c")])
    recent.add([trade(3, "a", "b"), trade(4), trade(5, "a")])
    recent.add([trade(1, "a", epoch=2)])
    return recent


def test_newer_trades_in_their_order(recent: RecentTrades) -> None:
    assert found(recent, as_of(1), "a", "b", "d") == {"a": [(1, 3), (1, 5), (2, 1)], "b": [(1, 2), (1, 3)]}


def test_position_within_a_batch(recent: RecentTrades) -> None:
    assert found(recent, as_of(3), "a", "b") == {"a": [(1, 5), (2, 1)]}


def test_new_epoch_is_newer(recent: RecentTrades) -> None:
    assert found(recent, as_of(99), "a") == {"a": [(2, 1)]}


def test_answer_ahead_of_the_feed(recent: RecentTrades) -> None:
    assert found(recent, as_of(2, epoch=2), "a", "b", "c") == {}


def test_oldest_batches_are_forgotten() -> None:
    recent = RecentTrades(10)
    chance = random.Random(1)
    last = 0
    for _ in range(200):
        size = chance.randint(1, 8)
        recent.add([trade(last + number, "a") for number in range(1, size + 1)])
        last += size
        assert len(recent) < 10 + 8
        kept = [sequence for _, sequence in found(recent, as_of(0), "a")["a"]]
        assert kept == list(range(last - len(kept) + 1, last + 1))
        assert len(kept) >= min(10, last)
