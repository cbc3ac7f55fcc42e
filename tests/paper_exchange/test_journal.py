import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from paper_exchange.exchange import Exchange
from paper_exchange.journal import Journal, JournalError
from paper_exchange.market.port import Event
from paper_exchange.restore import restore
from paper_exchange.summary import summarise
from paper_exchange.tape import CHUNK_TRADES, ROW
from tests.paper_exchange.fixed_market import START_NS, FixedMarket, day, quote, trade
from tests.paper_exchange.floor import new_order
from tests.paper_exchange.process import Process
from tests.paper_exchange.venue import order

ORDERS_BEFORE_A_KILL = 60
OPENED: list[Journal] = []


@pytest.fixture(autouse=True)
def _close_journals() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


class Kept:
    """An exchange and its journal; `write` is what the committer does, `again` a restart without any goodbye."""

    def __init__(self, path: Path, events: Sequence[Event] = (), **options: Any) -> None:
        self.path = path
        self.journal = Journal(path)
        OPENED.append(self.journal)
        self.market = FixedMarket(events=events)
        self.exchange = Exchange(self.market, lambda: START_NS, prefix=f"run{id(self)}", journaled=True, **options)
        restore(self.exchange, self.journal)
        self._written = self.exchange.tape.last_number

    def write(self, with_summary: bool = False) -> None:
        tape = self.exchange.tape
        rows = tape.raw(self._written, tape.last_number)
        summary = summarise(self.exchange) if with_summary else None
        self.journal.write(self.exchange.records, rows, tape.first_number, summary)
        self.exchange.records = []
        self._written = tape.last_number

    def again(self, events: Sequence[Event] = (), **options: Any) -> "Kept":
        self.journal.close()
        return Kept(self.path, events, **options)

    def told(self) -> object:
        """All that a customer can ask about."""
        exchange = self.exchange
        orders = exchange.look_up([one.client_order_id for one in exchange.orders.all])
        return exchange.epoch, exchange.sequence, orders, exchange.symbols("", 10), list(exchange.tape.read(0, 10**9))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    kept = Kept(tmp_path / "journal")
    for event in (quote(499_000, 100, 501_000, 100), trade(500_000, 10), trade(500_500, 5, "AAPL"), day()):
        kept.exchange.apply(event)
    kept.exchange.place([new_order("a", "buy", 500_000), new_order("b", "sell", 500_000, 30), new_order("c", "sell")])
    kept.write()
    return kept


def test_restart_tells_the_same(kept: Kept) -> None:
    kept.exchange.apply(trade(500_000, 1))
    kept.write()
    again = kept.again()
    assert again.told() == kept.told()
    assert again.exchange.prefix == kept.exchange.prefix


def test_restart_from_a_summary_tells_the_same(kept: Kept) -> None:
    kept.write(with_summary=True)
    kept.exchange.apply(trade(510_000, 1))
    kept.exchange.apply(day(at=3))
    kept.exchange.apply(trade(505_000, 2, at=3))
    kept.write()
    assert kept.again().told() == kept.told()


def test_resting_orders_go_on(kept: Kept) -> None:
    again = kept.again()
    again.exchange.place([new_order("d", "sell", 500_000, 1_000)])
    (a,) = again.exchange.look_up(["a"])
    assert (a.state, a.filled_shares) == ("filled", 100)
    ids = {execution.trade_id for execution in a.executions}
    assert len(ids) == 2
    again.write()
    assert again.again().told() == again.told()


def test_epochs_go_on(kept: Kept) -> None:
    kept.exchange.begin_epoch()
    kept.exchange.apply(trade(500_000, 1, "AAPL"))
    kept.write()
    again = kept.again()
    assert (again.exchange.epoch, again.exchange.sequence) == (2, 1)
    assert again.told() == kept.told()


def test_torn_anywhere_is_a_moment_of_the_past(kept: Kept, tmp_path: Path) -> None:
    before = kept.told()
    log, rows = tmp_path / "journal", tmp_path / "journal.trades" / "000000000000001.rows"
    log_before, rows_before = log.stat().st_size, rows.stat().st_size
    kept.exchange.place([new_order("d", "sell", 500_000, 20)])
    kept.exchange.cancel([])
    kept.write()
    after = kept.told()
    kept.journal.close()
    log_data, rows_data = log.read_bytes(), rows.read_bytes()
    for cut in range(rows_before, len(rows_data)):
        log.write_bytes(log_data[:log_before])
        rows.write_bytes(rows_data[:cut])
        torn = Kept(log)
        assert torn.told() == before
        torn.journal.close()
    for cut in range(log_before, len(log_data)):
        log.write_bytes(log_data[:cut])
        rows.write_bytes(rows_data)
        torn = Kept(log)
        assert torn.told() == before
        torn.journal.close()
        assert log.stat().st_size == log_before
    log.write_bytes(log_data)
    rows.write_bytes(rows_data)
    assert Kept(tmp_path / "journal").told() == after


def test_damage_in_the_middle_is_said(kept: Kept, tmp_path: Path) -> None:
    kept.exchange.place([new_order("d")])
    kept.write()
    kept.journal.close()
    log = tmp_path / "journal"
    data = bytearray(log.read_bytes())
    data[60] ^= 1
    log.write_bytes(data)
    with pytest.raises(JournalError, match="damaged at byte"):
        Kept(log)
    assert log.read_bytes() == data


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.write_bytes(b"Dear all, nothing of this is a journal.")
    with pytest.raises(JournalError, match="is not a journal"):
        Kept(letter)
    assert letter.read_bytes().startswith(b"Dear all")


def test_two_exchanges_cannot_share_a_journal(kept: Kept) -> None:
    with pytest.raises(JournalError, match="another exchange"):
        Journal(kept.path)


def test_missing_trades_are_said(kept: Kept, tmp_path: Path) -> None:
    kept.journal.close()
    (tmp_path / "journal.trades" / "000000000000001.rows").write_bytes(b"")
    with pytest.raises(JournalError, match="speak of"):
        Kept(tmp_path / "journal")


def test_market_goes_on_within_an_instant(tmp_path: Path) -> None:
    events: list[Event] = [day(at=1), *(trade(500_000 + n, 1, at=1 + n // 4) for n in range(12))]
    kept = Kept(tmp_path / "journal", events)
    kept.exchange.advance(2**62, 7)
    kept.exchange.place([new_order("a", "buy", 500_100, 1)])
    kept.write()
    again = kept.again(events)
    while again.exchange.advance(2**62, 3):
        pass
    prints = [t.price_e4 for t in again.exchange.tape.read(0, 100) if t.order_ids is None]
    assert prints == [500_000 + n for n in range(12)]
    (meta,) = (view for view in again.exchange.symbols("", 10)[0] if view.symbol == "META")
    assert (meta.day_open_e4, meta.day_volume) == (500_000, 13)


def test_symbols_may_change_between_runs(kept: Kept, tmp_path: Path) -> None:
    kept.journal.close()
    journal = Journal(kept.path)
    OPENED.append(journal)
    market = FixedMarket(["NEW", "META"])
    exchange = Exchange(market, lambda: START_NS, prefix="x", journaled=True)
    restore(exchange, journal)
    exchange.apply(trade(10, 1, "NEW"))
    names = [exchange.symbol_names[t.symbol_index] for t in exchange.tape.read(0, 100)]
    assert names == ["META", "AAPL", "META", "NEW"]


def test_oldest_trade_files_go(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "journal", trades_kept_min=CHUNK_TRADES)
    for _ in range(4):
        for _ in range(CHUNK_TRADES // 2 + 1):
            kept.exchange.apply(trade(500_000, 1))
        kept.write(with_summary=True)
    for _ in range(CHUNK_TRADES):
        kept.exchange.apply(trade(500_000, 1))
    kept.write(with_summary=True)
    files = sorted(path.name for path in (tmp_path / "journal.trades").iterdir())
    assert files == [f"{n * CHUNK_TRADES + 1:015d}.rows" for n in (2, 3)]
    again = kept.again(trades_kept_min=CHUNK_TRADES)
    assert again.exchange.tape.first_number == 2 * CHUNK_TRADES + 1
    last = 4 * (CHUNK_TRADES // 2 + 1) + CHUNK_TRADES
    assert [t.number for t in again.exchange.tape.read(last - 2, last)] == [last - 1, last]
    again.exchange.apply(trade(500_000, 1))
    again.write()
    assert again.again().exchange.sequence == last + 1


def test_whole_chunks_are_gone_on_after(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "journal")
    for _ in range(CHUNK_TRADES):
        kept.exchange.apply(trade(500_000, 1))
    kept.write()
    again = kept.again()
    again.exchange.apply(trade(600_000, 1))
    again.write()
    assert [t.price_e4 for t in again.again().exchange.tape.read(CHUNK_TRADES - 1, 10**9)] == [500_000, 600_000]
    assert (tmp_path / "journal.trades" / f"{CHUNK_TRADES + 1:015d}.rows").stat().st_size == ROW.size


def test_what_was_answered_survives_kills(tmp_path: Path) -> None:
    """Killed again and again amid orders: each order that was answered is there once, as answered or further on."""
    answered: dict[str, Any] = {}
    trades: dict[int, Any] = {}
    epochs = set()
    for run in range(3):
        with Process("--journal", tmp_path / "journal", "--symbols", "20", "--trades-per-second", "300") as exchange:
            epochs.add(exchange.ask("/status")["epoch"])
            seen = exchange.ask("/trades?after=0")["items"]
            for old in (seen[t["sequence"] - 1] for t in trades.values()):
                assert {**old, "sentAt": ""} == trades[old["sequence"]]
            check(exchange, answered)
            busy = threading.Event()
            customer = threading.Thread(target=place_until_killed, args=(exchange, run, answered, busy))
            customer.start()
            assert busy.wait(20)
            trades |= {t["sequence"]: {**t, "sentAt": ""} for t in exchange.ask("/trades?after=0")["items"]}
            exchange.process.kill()
            customer.join()
    with Process("--journal", tmp_path / "journal", "--symbols", "20") as exchange:
        check(exchange, answered)
        assert epochs == {exchange.ask("/status")["epoch"]}


def place_until_killed(exchange: Process, run: int, answered: dict[str, Any], busy: threading.Event) -> None:
    try:
        for n in range(100_000):
            side, price_e4 = ("buy", 100_000_000) if n % 2 else ("sell", 1)
            new = order(f"{run}-{n}", symbol="AAPL", side=side, priceE4=price_e4, numShares=7)
            (item,) = exchange.ask("/orders", [new])["items"]
            answered[item["clientOrderId"]] = item
            if n == ORDERS_BEFORE_A_KILL:
                busy.set()
    except (OSError, ValueError):
        return


def check(exchange: Process, answered: dict[str, Any]) -> None:
    names = list(answered)
    for start in range(0, len(names), 100):
        page = names[start : start + 100]
        found = exchange.ask("/orders?" + "&".join(f"clientOrderId={name}" for name in page))["items"]
        for name, now in zip(page, found, strict=True):
            then = answered[name]
            assert now["externalOrderId"] == then["externalOrderId"]
            assert now["executions"][: len(then["executions"])] == then["executions"]
    history = {t["tradeId"] for t in exchange.ask("/trades?after=0")["items"]}
    assert {e["tradeId"] for item in answered.values() for e in item["executions"]} <= history


def test_a_journal_that_was_lost_begins_a_new_epoch(tmp_path: Path) -> None:
    epochs = []
    for number in range(2):
        with Process("--symbols", "10", "--journal", tmp_path / f"journal{number}") as exchange:
            epochs.append(exchange.ask("/status")["epoch"])
    assert 1 < epochs[0] < epochs[1]


def test_a_journal_whose_trades_were_all_lost_begins_a_new_epoch(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "journal")
    kept.exchange.apply(trade(500_000, 10))
    kept.write()
    shutil.rmtree(tmp_path / "journal.trades")
    assert kept.again().exchange.epoch > kept.exchange.epoch


def test_a_journal_whose_newest_trades_were_lost_begins_a_new_epoch(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "journal")
    for price_e4 in (500_000, 500_100, 500_200):
        kept.exchange.apply(trade(price_e4, 10))
    kept.write(with_summary=True)
    before = kept.exchange.epoch
    (rows,) = (tmp_path / "journal.trades").glob("*.rows")
    rows.write_bytes(rows.read_bytes()[: ROW.size])
    again = kept.again()
    assert (again.exchange.epoch > before, again.exchange.sequence) == (True, 0)
    again.write(with_summary=True)
    third = again.again()
    assert third.exchange.epoch == again.exchange.epoch
