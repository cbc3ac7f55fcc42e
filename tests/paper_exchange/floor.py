"""The exchange's core with a test at the desk: short words to place orders and to read what came of them."""

import itertools
from datetime import UTC, datetime
from typing import Any

import msgspec

from paper_exchange.exchange import Exchange
from paper_exchange.history import TradeWriter
from paper_exchange.market.port import Event
from paper_exchange.moment import to_ns
from paper_exchange.order import OrderType, Side
from paper_exchange.wire import Cancel, NewOrder, OrderView, Refusal
from tests.paper_exchange.fixed_market import START_NS, FixedMarket

NEVER = datetime(2100, 1, 1, tzinfo=UTC)


def new_order(
    client_order_id: str,
    side: Side = "buy",
    price_e4: int = 1_000_000,
    num_shares: int = 100,
    *,
    symbol: str = "META",
    order_type: OrderType = "limit",
    not_after: datetime = NEVER,
) -> NewOrder:
    return NewOrder(client_order_id, symbol, side, order_type, price_e4, num_shares, not_after)


class Floor:
    def __init__(self, market: FixedMarket | None = None, **options: Any) -> None:
        self.market = market or FixedMarket()
        self.now_ns = START_NS
        self.exchange = Exchange(self.market, lambda: self.now_ns, prefix="p", **options)
        self._names = (f"order-{n}" for n in itertools.count(1))

    def happen(self, *events: Event) -> None:
        for event in events:
            self.exchange.apply(event)

    def place(self, new: NewOrder) -> OrderView | Refusal:
        (answer,) = self.exchange.place([new])
        return answer

    def buy(self, num_shares: int, price_e4: int, order_type: OrderType = "limit") -> str:
        return self._enter("buy", num_shares, price_e4, order_type)

    def sell(self, num_shares: int, price_e4: int, order_type: OrderType = "limit") -> str:
        return self._enter("sell", num_shares, price_e4, order_type)

    def cancel(self, client_order_id: str) -> str | None:
        (answer,) = self.exchange.cancel([Cancel(client_order_id=client_order_id)])
        return answer.result

    def order(self, client_order_id: str) -> OrderView:
        (view,) = self.exchange.look_up([client_order_id])
        return view

    def fills(self, client_order_id: str) -> list[tuple[int, int]]:
        """(shares, price) of each execution."""
        return [(e.num_shares, e.price_e4) for e in self.order(client_order_id).executions]

    def tape(self) -> list[dict[str, Any]]:
        base = self.exchange.tape.epochs[-1].base
        line = TradeWriter(self.exchange).line(base, base, self.exchange.tape.last_number)
        trades: list[dict[str, Any]] = msgspec.json.decode(line)
        return trades

    def at(self, moment: str) -> None:
        self.now_ns = to_ns(datetime.fromisoformat(moment))

    def _enter(self, side: Side, num_shares: int, price_e4: int, order_type: OrderType) -> str:
        name = next(self._names)
        answer = self.place(new_order(name, side, price_e4, num_shares, order_type=order_type))
        assert isinstance(answer, OrderView)
        return name
