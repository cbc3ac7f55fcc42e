"""Trades as the feed and the history show them: JSON, made from the tape's rows."""

import json

from paper_exchange.exchange import Exchange
from paper_exchange.moment import to_wire
from paper_exchange.tape import OFF_MARKET, Trade


class TradeWriter:
    """Writes trades by hand: five thousand a second pass here, and every member but one is a number."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._symbols_json: list[str] = []

    def line(self, base: int, after: int, until: int) -> bytes:
        """A JSON array of the trades `after < number <= until`, stamped as sent now."""
        return b"[" + b",".join(self.trades(base, after, until)) + b"]"

    def trades(self, base: int, after: int, until: int) -> list[bytes]:
        sent_at = to_wire(self._exchange.clock())
        return [self._trade(trade, base, sent_at).encode() for trade in self._exchange.tape.read(after, until)]

    def _trade(self, trade: Trade, base: int, sent_at: str) -> str:
        number, at_ns, price_e4, num_shares, symbol_index, flags, order_ids = trade
        return (
            f'{{"sequence":{number - base},"tradeId":"{self._exchange.trade_id(number)}",'
            f'"symbol":{self._symbol(symbol_index)},"priceE4":{price_e4},"numShares":{num_shares},'
            f'"timestamp":"{to_wire(at_ns)}","sentAt":"{sent_at}","orderIds":{self._order_ids(number, order_ids)},'
            f'"offMarket":{"true" if flags & OFF_MARKET else "false"}}}'
        )

    def _order_ids(self, number: int, order_ids: tuple[str | None, str | None] | None) -> str:
        """Strangers' ids are made from the trade's number, and look like any other."""
        buyer, seller = order_ids or (None, None)
        prefix = self._exchange.prefix
        return f'["{buyer or f"{prefix}-X{2 * number}"}","{seller or f"{prefix}-X{2 * number + 1}"}"]'

    def _symbol(self, index: int) -> str:
        if index >= len(self._symbols_json):
            self._symbols_json = [json.dumps(symbol) for symbol in self._exchange.symbol_names]
        return self._symbols_json[index]
