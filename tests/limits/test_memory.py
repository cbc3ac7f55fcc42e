"""What is kept in memory has a bound, whatever comes."""

from typing import NamedTuple

import pytest

from locksley.clock import ManualClock
from locksley.domain.errors import TooManyRequests, TooManyStreams, WrongCredentials
from locksley.people.errors import TooManySignIns
from locksley.people.failures import Failures
from locksley.web import limits
from locksley.web.limits import Addresses, Bucket, Placing, SignUps
from locksley.web.problems import rate_limit_headers


def test_buckets_of_many_people_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PEOPLE_MAX", 10)
    bucket = Bucket(ManualClock(0), 1)
    for number in range(30):
        bucket.take(f"person {number}")
    assert len(bucket._full_at_us) == 10
    with pytest.raises(TooManyRequests):
        bucket.take("person 29")


class Shared(NamedTuple):
    clock: ManualClock
    placing: Placing


@pytest.fixture
def shared() -> Shared:
    clock = ManualClock(0)
    return Shared(clock, Placing(Bucket(clock, 10), Bucket(clock, 2, "symbol"), Bucket(clock, 3, "all")))


def test_symbol_and_total_are_limited_apart(shared: Shared) -> None:
    shared.placing.take_shared("META")
    shared.placing.take_shared("META")
    with pytest.raises(TooManyRequests) as of_symbol:
        shared.placing.take_shared("META")
    assert rate_limit_headers(of_symbol.value) == {
        "ratelimit": '"symbol";r=0;t=1',
        "ratelimit-policy": '"symbol";q=2;w=1',
    }
    shared.placing.take_shared("AAPL")
    with pytest.raises(TooManyRequests) as of_all:
        shared.placing.take_shared("AAPL")
    assert of_all.value.members["retryAfterMs"] == 334
    assert rate_limit_headers(of_all.value)["ratelimit-policy"] == '"all";q=3;w=1'
    shared.clock.advance(334)
    shared.placing.take_shared("AAPL")  # what was refused for all was given back to its symbol


def test_sign_ups_of_many_addresses_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PEOPLE_MAX", 10)
    sign_ups = SignUps(ManualClock(0), 1, frozenset({"127.0.0.1"}))
    for number in range(30):
        sign_ups.take(f"192.0.2.{number}")
        sign_ups.take("127.0.0.1")
    assert len(sign_ups._bucket._full_at_us) == 10
    with pytest.raises(TooManyRequests):
        sign_ups.take("192.0.2.29")


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::2", True),
        ("2001:db8:1:1::1", "2001:db8:1:2::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_sign_ups_of_one_network(first: str, second: str, is_one: bool) -> None:
    clock = ManualClock(0)
    sign_ups = SignUps(clock, 1, frozenset())
    sign_ups.take(first)
    if is_one:
        with pytest.raises(TooManyRequests) as refused:
            sign_ups.take(second)
        assert refused.value.members["retryAfterMs"] == 3_600_000
        clock.advance(3_600_000)
    sign_ups.take(second)


def test_addresses_that_left_are_forgotten() -> None:
    addresses = Addresses(1, frozenset({"127.0.0.1"}))
    for number in range(100):
        addresses.enter(f"192.0.2.{number}")
        with pytest.raises(TooManyStreams):
            addresses.enter(f"192.0.2.{number}")
        addresses.leave(f"192.0.2.{number}")
    assert addresses._streams == {}
    for _ in range(5):
        addresses.enter("127.0.0.1")


def test_password_that_is_being_checked_counts_until_it_is_known() -> None:
    failures = Failures(ManualClock(0), 2, 100, 60_000)
    with failures.attempt("here", "ada@example.org"), failures.attempt("here", "ada@example.org"):
        with pytest.raises(TooManySignIns), failures.attempt("here", "ada@example.org"):
            pass
        with failures.attempt("elsewhere", "ada@example.org"):
            pass
    assert failures._checking == {}
    with failures.attempt("here", "ada@example.org"):
        pass


def test_guesses_with_many_emails_from_one_address() -> None:
    clock = ManualClock(0)
    failures = Failures(clock, 10, 3, 60_000, unlimited=frozenset({"127.0.0.1"}))
    for number in range(3):
        with pytest.raises(WrongCredentials), failures.attempt("here", f"nobody{number}@example.org"):
            raise WrongCredentials
    with pytest.raises(TooManySignIns), failures.attempt("here", "ada@example.org"):
        pass
    with failures.attempt("elsewhere", "ada@example.org"):
        pass
    for number in range(5):
        with pytest.raises(WrongCredentials), failures.attempt("127.0.0.1", f"nobody{number}@example.org"):
            raise WrongCredentials
    clock.advance(60_000)
    with failures.attempt("here", "ada@example.org"):
        pass
