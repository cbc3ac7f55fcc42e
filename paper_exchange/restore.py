"""Makes the exchange as it was from its journal: orders from the records, trades from the rows, days from the summary and the rows.

Reads from: the journal. Writes to: a new exchange; and cuts the journal's torn end off.
If it dies halfway it is simply done again: it changes nothing but what was torn.
"""

from collections.abc import Iterator, Sequence

from paper_exchange.exchange import Exchange
from paper_exchange.journal import Journal, JournalError
from paper_exchange.moment import MILLISECOND_NS
from paper_exchange.records import Born, Cancelled, EpochBegun, Executed, Placed, Symbols
from paper_exchange.summary import Summary, read_summary
from paper_exchange.tape import CHUNK_TRADES, CUSTOMERS, DAY_BEGINS, OFF_MARKET, Epoch, Tape, Trade


def restore(exchange: Exchange, journal: Journal) -> None:
    """Leaves the exchange as it is when the journal is new. Raises JournalError."""
    records = journal.records()
    first = next(records, None)
    if first is None:
        journal.begin_after(0)
        return
    if not isinstance(first, Born):
        raise JournalError("the journal does not begin as one of this exchange does; name another file")
    exchange.records.clear()
    exchange.adopt(first)
    exchange.tape.restore(*journal.chunks())
    exchange.tape.cut(exchange.tape.last_number)
    last_executed, symbols = _restore_orders(exchange, records)
    _drop_torn(exchange.tape, last_executed)
    journal.begin_after(exchange.tape.last_number)
    _number_symbols(exchange, symbols)
    _rest_open_orders(exchange)
    summary = read_summary(journal.summary())
    _restore_days(exchange, summary)
    last_number = exchange.tape.last_number
    if not last_number or (summary is not None and summary.number > last_number):
        # Trades that were told are gone, or may be: their sequences must not be given to others.
        exchange.begin_epoch(max(exchange.epoch + 1, exchange.clock() // MILLISECOND_NS))


def _restore_orders(exchange: Exchange, records: Iterator[object]) -> tuple[int, list[str]]:
    """(the last trade that a record speaks of, the symbols as the tape numbers them)"""
    epochs: list[Epoch] = []
    symbols: list[str] = []
    last_number = 0
    for record in records:
        if isinstance(record, Placed):
            exchange.orders.add(record)
        elif isinstance(record, Executed):
            exchange.execute(record)
            _restore_order_ids(exchange, record)
            last_number = record.trade_number
        elif isinstance(record, Cancelled):
            exchange.orders.cancel(record)
        elif isinstance(record, EpochBegun):
            epochs.append(Epoch(record.epoch, record.base))
            exchange.tape.restore_epochs(epochs)
        elif isinstance(record, Symbols):
            symbols[record.first_index :] = record.symbols
    return last_number, symbols


def _drop_torn(tape: Tape, last_executed: int) -> None:
    needed = max(last_executed, tape.epochs[-1].base)
    if tape.last_number < needed:
        raise JournalError(
            f"the journal's trades end at {tape.last_number} but its orders speak of {needed}; restore both from one copy"
        )
    for trade in tape.read(max(last_executed, tape.last_number - CHUNK_TRADES), tape.last_number):
        if trade.flags & CUSTOMERS:
            tape.cut(trade.number - 1)
            return


def _restore_days(exchange: Exchange, summary: Summary | None) -> None:
    if summary is None or summary.number > exchange.tape.last_number:
        summary = Summary(exchange.tape.first_number - 1, 0, [])
    for day in summary.days:
        if day.symbol in exchange.listed:
            exchange.listed[day.symbol].day = day
    at_ns, prints = summary.market_at_ns, 0
    for trade in exchange.tape.read(summary.number, exchange.tape.last_number):
        _retell(exchange, trade)
        if not trade.flags & CUSTOMERS and trade.at_ns >= at_ns:
            prints = prints + 1 if trade.at_ns == at_ns else 1
            at_ns = trade.at_ns
    exchange.resume_market(at_ns, prints)


def _number_symbols(exchange: Exchange, symbols: Sequence[str]) -> None:
    """As the tape has them; those that are new here follow."""
    known = set(symbols)
    new = [symbol for symbol in exchange.symbol_names if symbol not in known]
    exchange.symbol_names = [*symbols, *new]
    for index, symbol in enumerate(exchange.symbol_names):
        if symbol in exchange.listed:
            exchange.listed[symbol].index = index
    if new:
        exchange.records.append(Symbols(len(symbols), new))


def _restore_order_ids(exchange: Exchange, executed: Executed) -> None:
    orders = exchange.orders.all
    buyer = orders[executed.buyer - 1].external_order_id if executed.buyer else None
    seller = orders[executed.seller - 1].external_order_id if executed.seller else None
    exchange.tape.restore_order_ids(executed.trade_number, (buyer, seller))


def _rest_open_orders(exchange: Exchange) -> None:
    """An order of a symbol that is no longer listed stays open and rests nowhere."""
    for order in exchange.orders.open.values():
        if order.symbol in exchange.listed:
            exchange.listed[order.symbol].book.add(order)


def _retell(exchange: Exchange, trade: Trade) -> None:
    """Bring a day's figures up to a trade that is on the tape already."""
    if trade.flags & DAY_BEGINS:
        exchange.begin_days()
    listed = exchange.listed.get(exchange.symbol_names[trade.symbol_index])
    if listed is not None:
        off_market = bool(trade.flags & OFF_MARKET)
        listed.day.trade(trade.number, trade.at_ns, trade.price_e4, trade.num_shares, off_market)
