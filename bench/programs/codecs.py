"""Times the JSON libraries that are installed, on our own messages. Says the microseconds that each takes as a line of JSON.

usage: python -m bench.programs.codecs ROUND_MS
"""

import contextlib
import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from locksley.domain.order import Order, OrderType, Side, Status
from locksley.exchange.wire import WireTrade
from locksley.orders.request import OrderRequest
from locksley.web.shapes import Order as OrderJson
from locksley.web.shapes import order_json

TRADES_PER_LINE = 50

ORDER = Order(
    order_id="0199f3a1-7c1e-7e07-a7d1-5d6f3f1c2b10",
    user_id="bench",
    side=Side.BUY,
    symbol="META",
    type=OrderType.MARKET,
    num_shares=10,
    price_cents=None,
    worst_price_cents=52_500,
    status=Status.FILLED,
    filled_shares=10,
    filled_value_e4=50_010_000,
    external_order_id="64be0a-17",
    version=3,
    not_after_ms=1_795_359_850_123,
    created_at_ms=1_795_359_845_123,
    updated_at_ms=1_795_359_845_131,
)
REQUEST = b'{"position":"buy","symbol":"META","numShares":10,"priceInCents":50100}'
TRADE = {
    "sequence": 1024,
    "tradeId": "64be0a-1024",
    "symbol": "META",
    "priceE4": 5_010_000,
    "numShares": 100,
    "timestamp": "2026-11-22T15:04:05.123000Z",
    "sentAt": "2026-11-22T15:04:05.124512Z",
    "orderIds": ["64be0a-X2048", "64be0a-X2049"],
    "offMarket": False,
}
LINE = json.dumps([TRADE] * TRADES_PER_LINE, separators=(",", ":")).encode()

Work = Callable[[], object]


def checked(request: Any) -> OrderRequest:
    """What a library without types leaves to be done by hand: types, bounds of members, unknown members."""
    unknown = request.keys() - {"position", "symbol", "numShares", "priceInCents"}
    position, symbol = Side(request["position"]), request["symbol"]
    num_shares, price = request["numShares"], request.get("priceInCents")
    if unknown or type(symbol) is not str or type(num_shares) is not int or type(price) not in (int, type(None)):
        raise ValueError(request)
    return OrderRequest(position, symbol, num_shares, price)


def trades(rows: Any) -> list[WireTrade]:
    return [
        WireTrade(
            row["sequence"],
            row["tradeId"],
            row["symbol"],
            row["priceE4"],
            row["numShares"],
            row["timestamp"],
            row["sentAt"],
            tuple(row["orderIds"]),
            row["offMarket"],
        )
        for row in rows
    ]


def members(order: OrderJson) -> dict[str, Any]:
    """As `msgspec.to_builtins` would, which is the fastest way from our struct to what the other libraries take."""
    return msgspec.to_builtins(order)  # type: ignore[no-any-return]  # of a struct it is a dict


def libraries() -> dict[str, dict[str, Work]]:
    """`decode order` and `decode feed line` end in the same checked struct for all; `encode order` begins with ours."""
    shown = order_json(ORDER)
    decode_request = msgspec.json.Decoder(OrderRequest).decode
    decode_line = msgspec.json.Decoder(list[WireTrade]).decode
    encode = msgspec.json.Encoder().encode
    known: dict[str, dict[str, Work]] = {
        "msgspec": {
            "decode order": lambda: decode_request(REQUEST),
            "encode order": lambda: encode(shown),
            "decode feed line": lambda: decode_line(LINE),
        },
        "json (standard library)": {
            "decode order": lambda: checked(json.loads(REQUEST)),
            "encode order": lambda: json.dumps(members(shown), separators=(",", ":")).encode(),
            "decode feed line": lambda: trades(json.loads(LINE)),
        },
    }
    with contextlib.suppress(ImportError):
        orjson: Any = importlib.import_module("orjson")
        known["orjson"] = {
            "decode order": lambda: checked(orjson.loads(REQUEST)),
            "encode order": lambda: orjson.dumps(members(shown)),
            "decode feed line": lambda: trades(orjson.loads(LINE)),
        }
    return known


def us_each(work: Work, round_ms: float) -> float:
    """Of processor time, so that other programs on the machine count little."""
    count, deadline = 0, time.perf_counter() + round_ms / 1000
    began_s = time.process_time()
    while time.perf_counter() < deadline:
        for _ in range(100):
            work()
        count += 100
    return (time.process_time() - began_s) * 1_000_000 / count


def main(round_ms: float) -> None:
    found = {
        name: {what: us_each(work, round_ms) for what, work in works.items()} for name, works in libraries().items()
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]))
