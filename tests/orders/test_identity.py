"""Order ids: of their kind, in order, and with a mark that tells them from every other broker's."""

import os
import random
import stat
import uuid
from pathlib import Path

import pytest

from locksley.config import ConfigError
from locksley.orders.identity import OrderIds, Origin
from locksley.orders.own_secret import OwnSecret, own_secret

COUNT = 10_000


def test_they_are_uuids_that_only_grow() -> None:
    ids = OrderIds(random.Random(1).getrandbits, b"ours")
    made = [ids.new(now_ms) for now_ms in (1_000, 1_000, 999, 2_000) for _ in range(COUNT)]
    assert made == sorted(set(made))
    assert {(parsed.version, parsed.variant) for parsed in map(uuid.UUID, made)} == {(7, uuid.RFC_4122)}


def test_each_broker_knows_its_own() -> None:
    ours, others = (OrderIds(random.Random(1).getrandbits, secret) for secret in (b"ours", b"theirs"))
    for now_ms in range(COUNT):
        own, other = ours.new(now_ms), others.new(now_ms)
        assert (ours.is_ours(own), ours.is_ours(other)) == (True, False)
        assert (others.is_ours(own), others.is_ours(other)) == (False, True)


def test_a_restart_knows_what_was_made_before() -> None:
    before = OrderIds(random.Random(1).getrandbits, b"ours").new(1_000)
    assert OrderIds(random.Random(2).getrandbits, b"ours").is_ours(before)


@pytest.mark.parametrize(
    "other", ["", "7", "no id", "0190163d-8694-739b-aea5-966c26f8ad91", "é" * 36, str(uuid.UUID(int=7))]
)
def test_what_another_made_in_its_own_way(other: str) -> None:
    assert not OrderIds(random.Random(1).getrandbits, b"ours").is_ours(other)


def test_one_that_was_changed_is_not_ours() -> None:
    ids = OrderIds(random.Random(1).getrandbits, b"ours")
    order_id = ids.new(1_000)
    assert not ids.is_ours(order_id.upper())
    assert not ids.is_ours(order_id.replace("-", ""))
    changed = uuid.UUID(order_id).int
    assert not any(ids.is_ours(str(uuid.UUID(int=changed ^ 1 << bit))) for bit in range(128))


def test_whose_one_of_a_time_before_the_mark_is_can_not_be_told() -> None:
    before = OrderIds(random.Random(1).getrandbits)
    ids = OrderIds(random.Random(1).getrandbits, b"ours", marked_since_ms=5_000)
    of_time = {at_ms: before.new(at_ms) for at_ms in (1_000, 4_999, 5_000, 9_000)}
    assert [ids.origin(order_id) for order_id in of_time.values()] == [
        Origin.UNCLEAR,
        Origin.UNCLEAR,
        Origin.ANOTHERS,
        Origin.ANOTHERS,
    ]
    assert ids.origin(ids.new(1_000)) is Origin.OURS
    in_another_way = ["7", str(uuid.UUID(int=7)), of_time[1_000].upper(), "0190163d-8694-439b-aea5-966c26f8ad91"]
    assert {ids.origin(order_id) for order_id in in_another_way} == {Origin.ANOTHERS}


def test_secret_of_a_data_directory(tmp_path: Path) -> None:
    secrets = [own_secret(tmp_path / name, 7) for name in ("a", "b", "a")]
    assert secrets[0] == secrets[2] != secrets[1]
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_since_when_there_is_a_secret_is_kept(tmp_path: Path) -> None:
    assert [own_secret(tmp_path / "a", since_ms).since_ms for since_ms in (7, 8)] == [7, 7]
    (tmp_path / "b").write_text("ab" * 32 + "\n")
    assert own_secret(tmp_path / "b", 9) == OwnSecret(b"\xab" * 32, 0)


def test_secret_that_others_could_read(tmp_path: Path) -> None:
    own_secret(tmp_path / "a", 0)
    (tmp_path / "a").chmod(0o644)
    own_secret(tmp_path / "a", 0)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe", b"ab" * 31, b"ab" * 32 + b" soon"])
def test_damaged_secret_is_not_made_anew(tmp_path: Path, damaged: bytes) -> None:
    """Else an order of before would be taken for another's without a word."""
    (tmp_path / "a").write_bytes(damaged)
    with pytest.raises(ConfigError, match="remove it"):
        own_secret(tmp_path / "a", 0)
    assert (tmp_path / "a").read_bytes() == damaged


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A pipe would be waited for without end."""
    os.mkfifo(tmp_path / "a")
    with pytest.raises(ConfigError, match="no regular file"):
        own_secret(tmp_path / "a", 0)
