"""What somebody wants to buy or sell, with the key that makes it happen at most once."""

from uuid import uuid4

import msgspec

from locksley.client.shapes import Side


def new_key() -> str:
    return str(uuid4())


class Intent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Made before anything is sent, and sent again as it is until it is answered: the broker places one order for it, however
    often it arrives. Whoever keeps it on disk can go on after a crash. Without `price_in_cents` it is a market order."""

    position: Side
    symbol: str
    num_shares: int
    price_in_cents: int | None = None
    key: str = msgspec.field(default_factory=new_key)

    @property
    def body(self) -> dict[str, str | int]:
        body: dict[str, str | int] = {"position": self.position, "symbol": self.symbol, "numShares": self.num_shares}
        return body if self.price_in_cents is None else {**body, "priceInCents": self.price_in_cents}


def buy(symbol: str, num_shares: int, *, limit_in_cents: int | None = None) -> Intent:
    return Intent(position="buy", symbol=symbol, num_shares=num_shares, price_in_cents=limit_in_cents)


def sell(symbol: str, num_shares: int, *, limit_in_cents: int | None = None) -> Intent:
    return Intent(position="sell", symbol=symbol, num_shares=num_shares, price_in_cents=limit_in_cents)
