"""The events of the streams: what each is called, its id, and its data."""

from typing import Any

from locksley.web import shapes
from locksley.web.shapes import Json


class StreamEvent(Json):
    """The first of a stream of prices; its id is what `PATCH /subscribe/{streamId}` takes."""

    stream_id: str


class PriceEvent(Json):
    """`num_shares` were traded since the event before; none in a snapshot. Of two events of a symbol the newer has the greater pair of
    `epoch` and `sequence`."""

    symbol: shapes.Ticker
    price_in_cents: shapes.Cents
    num_shares: shapes.Count
    day_volume: shapes.Count
    timestamp: shapes.Time
    epoch: shapes.Count
    sequence: shapes.Count


class StatusEvent(Json):
    """Whether prices are not live at this moment."""

    stale: bool


class ResetEvent(Json):
    """What you know of orders is too old to be brought up to date: forget it; the orders as they are follow."""


EVENTS: dict[str, type] = {
    "stream": StreamEvent,
    "price": PriceEvent,
    "status": StatusEvent,
    "order": shapes.Order,
    "reset": ResetEvent,
}
_PRICES = ("stream", "price", "status")
_ORDERS = ("order", "reset")
_IDS = {
    "price": "`epoch-sequence` of the price",
    "order": "the person's number of this update, counting up; in a snapshot only its last event has one",
    "reset": "only when no order follows",
}
_EXAMPLE_OF_PRICES = """\
retry: 2417
event: stream
data: {"streamId":"5f0c1d8a9be24c7f8f6f1e1f0b5b4a7c"}

id: 3-1024
event: price
data: {"symbol":"META","priceInCents":50100,"numShares":100,"dayVolume":18400,\
"timestamp":"2026-11-22T15:04:05.123Z","epoch":3,"sequence":1024}

event: status
data: {"stale":false}

"""
_EXAMPLE_OF_ORDERS = """\
retry: 2417

event: reset
data: {}

id: 7
event: order
data: {"orderId":"019aabf1-5c3e-7b52-b1a6-8a3f5d0c9e11","position":"buy","symbol":"META","type":"limit",\
"numShares":10,"priceInCents":50000,"status":"submitted","filledShares":0,"averageFillPriceInCents":null,"externalOrderId":"x-1","reason":null,"version":2,\
"createdAt":"2026-11-22T15:04:05.123Z","updatedAt":"2026-11-22T15:04:05.131Z"}

"""


def content(path: str) -> dict[str, Any]:
    """The answer of a stream. OpenAPI 3.1 has no words for events, so they are under `x-events`."""
    is_of_orders = path == "/orders/stream"
    return {
        "schema": {
            "type": "string",
            "description": "Server-sent events, which `x-events` describes; each has `data` in one line of JSON.",
            "pattern": "^retry: [0-9]+\n",
        },
        "example": _EXAMPLE_OF_ORDERS if is_of_orders else _EXAMPLE_OF_PRICES,
        "x-events": {name: _event(name) for name in (_ORDERS if is_of_orders else _PRICES)},
    }


def _event(name: str) -> dict[str, Any]:
    event = {"data": {"$ref": f"#/components/schemas/{EVENTS[name].__name__}"}}
    return {**event, "id": _IDS[name]} if name in _IDS else event
