"""What a person asks for."""

from hashlib import blake2b
from typing import Annotated

import msgspec

from locksley.domain.errors import InvalidPrice, InvalidShares
from locksley.domain.order import MAX_PRICE_CENTS, MAX_SHARES, OrderType, Side

BODY_DIGEST_BYTES = 16


class OrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """`POST /order`. Without `price_in_cents` it is a market order."""

    position: Side
    symbol: str
    num_shares: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": MAX_SHARES})]
    price_in_cents: (
        Annotated[
            int, msgspec.Meta(description="US cents.", extra_json_schema={"minimum": 1, "maximum": MAX_PRICE_CENTS})
        ]
        | None
    ) = None

    @property
    def type(self) -> OrderType:
        return OrderType.MARKET if self.price_in_cents is None else OrderType.LIMIT

    def check(self) -> None:
        if not 1 <= self.num_shares <= MAX_SHARES:
            raise InvalidShares
        if self.price_in_cents is not None and not 1 <= self.price_in_cents <= MAX_PRICE_CENTS:
            raise InvalidPrice

    def digest(self) -> bytes:
        """The same for bodies that say the same, however they were written."""
        return blake2b(msgspec.msgpack.encode(self), digest_size=BODY_DIGEST_BYTES).digest()
