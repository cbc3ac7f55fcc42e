"""The exchange's own record, read over its interface: the truth that the broker is held against."""

import http.client
import json
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from paper_exchange.moment import from_wire
from paper_exchange.order import Execution, Order

TIMEOUT_S = 30


class Trade(NamedTuple):
    sequence: int
    symbol: str
    price_e4: int
    num_shares: int
    at_ns: int
    off_market: bool
    order_ids: tuple[str, str]


class ExchangeRecord:
    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc

    def ask(self, path: str, **parameters: object) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._address, timeout=TIMEOUT_S)
        try:
            connection.request("GET", f"{path}?{urlencode(parameters)}" if parameters else path)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        assert response.status == 200, (path, parameters, body)
        answer: dict[str, Any] = json.loads(body)
        return answer

    def orders(self) -> list[Order]:
        """Every order that it ever took, by when each was created or changed."""
        found: list[Order] = []
        to = self.ask("/status")["now"]
        more: dict[str, str] = {}
        while True:
            page = self.ask("/orders", **{"from": "2000-01-01T00:00:00Z", "to": _later(to)}, **more)
            found += [_order(item) for item in page["items"]]
            if "next" not in page:
                return found
            more = {"cursor": page["next"]}

    def trades(self) -> list[Trade]:
        """Everything that traded in the epoch, in sequence."""
        found: list[Trade] = []
        while True:
            answer = self.ask("/trades", after=len(found))
            assert answer["items"] or len(found) == answer["sequence"]
            if not answer["items"]:
                return found
            found += [_trade(item) for item in answer["items"]]


def last_prices(trades: list[Trade]) -> dict[str, Trade]:
    """The last trade of each symbol that made a price: a print off the market makes none."""
    return {trade.symbol: trade for trade in trades if not trade.off_market}


def _later(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).year + 1}-01-01T00:00:00Z"


def _trade(item: dict[str, Any]) -> Trade:
    return Trade(
        item["sequence"],
        item["symbol"],
        item["priceE4"],
        item["numShares"],
        from_wire(item["timestamp"]),
        item["offMarket"],
        tuple(item["orderIds"]),
    )


def _order(item: dict[str, Any]) -> Order:
    return Order(
        number=0,
        client_order_id=item["clientOrderId"],
        external_order_id=item["externalOrderId"],
        symbol=item["symbol"],
        side=item["side"],
        type=item["type"],
        price_e4=item["priceE4"],
        num_shares=item["numShares"],
        created_ns=from_wire(item["createdAt"]),
        changed_ns=from_wire(item["changedAt"]),
        state=item["state"],
        filled_shares=item["filledShares"],
        executions=[
            Execution(
                one["tradeId"],
                one["epoch"],
                one["sequence"],
                one["priceE4"],
                one["numShares"],
                from_wire(one["timestamp"]),
            )
            for one in item["executions"]
        ],
    )
