"""How often something may be done, by one person, for one symbol and in total: buckets of so many, refilled at so many a second; how often
one address may sign people up; and how many streams it may have open.
"""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from locksley.clock import Clock
from locksley.config import Config
from locksley.domain.errors import RateLimit, TooManyRequests, TooManyStreams

PEOPLE_MAX = 100_000
US_PER_SECOND = 1_000_000
US_PER_MS = 1_000
MS_PER_SECOND = 1_000
HOUR_S = 3_600
IPV6_NETWORK_BITS = 64


class Bucket:
    """`size` in `window_s`. Kept as one number per person, or whatever else it is by: when the bucket will be full again. A full one need
    not be kept."""

    def __init__(self, clock: Clock, size: int, name: str = "person", window_s: int = 1) -> None:
        self._clock = clock
        self._name = name
        self._size = size
        self._window_s = window_s
        self._refill_us = US_PER_SECOND * window_s // size
        self._full_at_us: dict[str, int] = {}

    def take(self, of: str) -> None:
        """Raises `TooManyRequests`, and takes nothing, when the bucket is empty."""
        now_us = self._clock.monotonic_ms() * US_PER_MS
        empty_us = self._size * self._refill_us
        full_at_us = max(now_us, self._full_at_us.pop(of, now_us))
        wait_us = full_at_us + self._refill_us - now_us - empty_us
        self._full_at_us[of] = full_at_us if wait_us > 0 else full_at_us + self._refill_us
        if len(self._full_at_us) > PEOPLE_MAX:
            del self._full_at_us[next(iter(self._full_at_us))]
        if wait_us > 0:
            raise self._refusal(wait_us)

    def give_back(self, of: str) -> None:
        """What was taken, and not used."""
        if of in self._full_at_us:
            self._full_at_us[of] -= self._refill_us

    def _refusal(self, wait_us: int) -> TooManyRequests:
        wait_ms = -(-wait_us // US_PER_MS)
        wait_s = -(-wait_us // US_PER_SECOND)
        used_up = RateLimit(self._name, self._size, self._window_s * MS_PER_SECOND)
        said = (
            f"At most {self._size} a second; try again in {wait_ms} ms."
            if self._window_s == 1
            else f"At most {self._size} from here in {self._window_s} s; try again in {wait_s} s."
        )
        return TooManyRequests(said, retryAfterMs=wait_ms, rateLimit=used_up)


ALL = ""


class Placing(NamedTuple):
    """What an order takes from: its person's bucket when it comes, its symbol's and that of all once it is read."""

    of_person: Bucket
    of_symbol: Bucket
    of_all: Bucket

    @classmethod
    def limited(cls, clock: Clock, config: Config) -> "Placing":
        return cls(
            Bucket(clock, config.orders_per_second_per_person, "orders"),
            Bucket(clock, config.orders_per_second_per_symbol, "symbol"),
            Bucket(clock, config.orders_per_second_in_total, "all"),
        )

    def take_shared(self, symbol: str) -> None:
        """For a symbol that is known: others would only fill the memory. Raises `TooManyRequests`, and takes nothing."""
        self.of_symbol.take(symbol)
        try:
            self.of_all.take(ALL)
        except TooManyRequests:
            self.of_symbol.give_back(symbol)
            raise


class SignUps:
    """How often one address may try: each try costs a password's hash, and tells whether an email is taken. An IPv6 network of 64 bits
    is one address, since whoever has one has them all. `unlimited`: as for `Addresses`."""

    def __init__(self, clock: Clock, per_hour: int, unlimited: frozenset[str]) -> None:
        self._bucket = Bucket(clock, per_hour, "signups", HOUR_S)
        self._unlimited = unlimited

    def take(self, address: str) -> None:
        """Raises `TooManyRequests`."""
        if address not in self._unlimited:
            self._bucket.take(_place(address))


def _place(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address) or parsed.ipv4_mapped:
        return address
    return str(IPv6Network((parsed, IPV6_NETWORK_BITS), strict=False))


class Addresses:
    """Streams per address. `unlimited`: this machine's own, where a proxy asks for everybody unless it is trusted to say for whom."""

    def __init__(self, streams_max: int, unlimited: frozenset[str]) -> None:
        self._streams_max = streams_max
        self._unlimited = unlimited
        self._streams: dict[str, int] = {}

    def enter(self, address: str) -> None:
        """Raises `TooManyStreams`."""
        count = self._streams.get(address, 0)
        if count >= self._streams_max and address not in self._unlimited:
            raise TooManyStreams("Too many streams are open from this address; close one first.")
        self._streams[address] = count + 1

    def leave(self, address: str) -> None:
        count = self._streams[address] - 1
        if count:
            self._streams[address] = count
        else:
            del self._streams[address]
