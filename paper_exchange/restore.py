"""Makes the exchange as it was from its journal: orders from the records, trades from the rows, days from the summary and the rows.

Reads from: the journal. Writes to: a new exchange; and cuts the journal's torn end off.
If it dies halfway it is simply done again: it changes nothing but what was torn.
"""

from collections.abc import Iterator

from paper_exchange.exchange import Exchange
from paper_exchange.journal import Journal, JournalError
from paper_exchange.records import Born, Cancelled, EpochBegun, Executed, Placed, Symbols
from paper_exchange.summary import Summary, read_summary
from paper_exchange.tape import CHUNK_TRADES, CUSTOMERS, Epoch, Tape


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
    exchange.adopt_prefix(first.prefix)
    exchange.tape.restore(*journal.chunks())
    exchange.tape.cut(exchange.tape.last_number)
    last_executed, symbols = _restore_orders(exchange, records)
    _drop_torn(exchange.tape, last_executed)
    journal.begin_after(exchange.tape.last_number)
    exchange.adopt_symbols(symbols)
    exchange.rest_open_orders()
    _restore_days(exchange, read_summary(journal.summary()))


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
            exchange.restore_order_ids(record)
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
        exchange.retell(trade)
        if not trade.flags & CUSTOMERS and trade.at_ns >= at_ns:
            prints = prints + 1 if trade.at_ns == at_ns else 1
            at_ns = trade.at_ns
    exchange.resume_market(at_ns, prints)
