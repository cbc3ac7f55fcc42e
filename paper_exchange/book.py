"""The book of one symbol: customers' resting orders and the market's quote, matched by price, then time.

Reads from nothing and writes to nothing but itself: the exchange books the fills that come out. Not kept on disk as such:
the open orders of the journal and the next quote make it anew.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple

from paper_exchange.market.port import Quote
from paper_exchange.order import Order, Side


class Fill(NamedTuple):
    """Shares that change hands at the resting side's price. `resting` is None where the market's quote is what rested."""

    resting: Order | None
    price_e4: int
    num_shares: int


class Ladder:
    """One side's resting orders. Levels are keyed so that the best price always has the lowest key."""

    __slots__ = ("_keys", "_levels", "_sign")

    def __init__(self, side: Side) -> None:
        self._sign = -1 if side == "buy" else 1
        self._keys: list[int] = []
        self._levels: dict[int, dict[int, Order]] = {}

    def add(self, order: Order) -> None:
        key = self._sign * order.price_e4
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = {}
            insort(self._keys, key)
        level[order.number] = order

    def remove(self, order: Order) -> None:
        key = self._sign * order.price_e4
        level = self._levels[key]
        del level[order.number]
        if not level:
            del self._levels[key]
            del self._keys[bisect_left(self._keys, key)]

    def best(self) -> Order | None:
        if not self._keys:
            return None
        return next(iter(self._levels[self._keys[0]].values()))

    def shares_at(self, price_e4: int) -> int:
        level = self._levels.get(self._sign * price_e4, {})
        return sum(order.left_shares for order in level.values())

    def __bool__(self) -> bool:
        return bool(self._keys)

    def __iter__(self) -> Iterator[Order]:
        return (order for key in self._keys for order in self._levels[key].values())


class Resting:
    """One side of the market's quote, as what is left of it. `rank` is the number of the first order that is behind it in time."""

    __slots__ = ("left_shares", "price_e4", "rank")

    def __init__(self) -> None:
        self.price_e4 = 0
        self.left_shares = 0
        self.rank = 0

    def renew(self, price_e4: int, num_shares: int, rank: int) -> None:
        # A quote that only changes its size keeps its place in the queue.
        if price_e4 != self.price_e4 or not self.left_shares:
            self.rank = rank
        self.price_e4 = price_e4
        self.left_shares = num_shares if price_e4 > 0 else 0


class Book:
    __slots__ = ("asks", "bids", "market_ask", "market_bid", "quoted")

    def __init__(self) -> None:
        self.bids = Ladder("buy")
        self.asks = Ladder("sell")
        self.market_bid = Resting()
        self.market_ask = Resting()
        self.quoted = False

    @property
    def has_orders(self) -> bool:
        return bool(self.bids or self.asks)

    def add(self, order: Order) -> None:
        (self.bids if order.side == "buy" else self.asks).add(order)

    def remove(self, order: Order) -> None:
        (self.bids if order.side == "buy" else self.asks).remove(order)

    def take(self, side: Side, worst_price_e4: int, num_shares: int) -> Iterator[Fill]:
        """What an arriving order trades against. The caller books each fill before it asks for the next."""
        ladder, market = (self.asks, self.market_ask) if side == "buy" else (self.bids, self.market_bid)
        left = num_shares
        while left:
            fill = _best_of(ladder, market, side, worst_price_e4, left)
            if fill is None:
                return
            if fill.resting is None:
                market.left_shares -= fill.num_shares
            left -= fill.num_shares
            yield fill

    def renew_quote(self, quote: Quote, rank: int) -> None:
        self.market_bid.renew(quote.bid_e4, quote.bid_size, rank)
        self.market_ask.renew(quote.ask_e4, quote.ask_size, rank)

    def crossed_by_quote(self, side: Side) -> Iterator[Fill]:
        """Resting orders of `side` that the quote of the other side has come to meet; they use up its shares."""
        ladder, market = (self.bids, self.market_ask) if side == "buy" else (self.asks, self.market_bid)
        while market.left_shares and (order := ladder.best()) is not None:
            if _beyond(order.price_e4, side, market.price_e4):
                return
            shares = min(order.left_shares, market.left_shares)
            market.left_shares -= shares
            yield Fill(order, order.price_e4, shares)

    def met_by_print(self, side: Side, price_e4: int, num_shares: int) -> Iterator[Fill]:
        """Resting orders of `side` that stood ahead of whoever traded at `price_e4`."""
        ladder, market = (self.bids, self.market_bid) if side == "buy" else (self.asks, self.market_ask)
        left = num_shares
        while left and (order := ladder.best()) is not None:
            if _beyond(order.price_e4, side, price_e4):
                return
            if order.price_e4 == price_e4 == market.price_e4 and market.left_shares and order.number >= market.rank:
                return
            shares = min(order.left_shares, left)
            left -= shares
            yield Fill(order, order.price_e4, shares)

    def best(self, side: Side) -> tuple[int, int]:
        """Best price of a side and the shares there, customers' and the market's together; (0, 0) when it is empty."""
        ladder, market = (self.bids, self.market_bid) if side == "buy" else (self.asks, self.market_ask)
        order = ladder.best()
        prices = [order.price_e4] if order is not None else []
        if market.left_shares:
            prices.append(market.price_e4)
        if not prices:
            return 0, 0
        price_e4 = max(prices) if side == "buy" else min(prices)
        shares = ladder.shares_at(price_e4)
        return price_e4, shares + (market.left_shares if market.price_e4 == price_e4 else 0)


def _beyond(price_e4: int, side: Side, limit_e4: int) -> bool:
    """Whether an order of `side` at `price_e4` does not reach a counterparty at `limit_e4`."""
    return price_e4 < limit_e4 if side == "buy" else price_e4 > limit_e4


def _best_of(ladder: Ladder, market: Resting, side: Side, worst_price_e4: int, left: int) -> Fill | None:
    order = ladder.best()
    if market.left_shares and (order is None or _market_first(market, order, side)):
        if _beyond(worst_price_e4, side, market.price_e4):
            return None
        return Fill(None, market.price_e4, min(left, market.left_shares))
    if order is None or _beyond(worst_price_e4, side, order.price_e4):
        return None
    return Fill(order, order.price_e4, min(left, order.left_shares))


def _market_first(market: Resting, order: Order, taker: Side) -> bool:
    if market.price_e4 == order.price_e4:
        return market.rank <= order.number
    return market.price_e4 < order.price_e4 if taker == "buy" else market.price_e4 > order.price_e4
