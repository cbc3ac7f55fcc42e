import json
import signal

import msgspec

from locksley.client import FeedStatus, PriceUpdate, Symbol
from locksley.commands.board import Board
from tests.commands.conftest import Person
from tests.paper_exchange.fixed_market import trade
from tests.web.broker import Broker


def test_live_table_shows_prices_as_they_come(broker: Broker, person: Person) -> None:
    with person.at_terminal("watch", "META", "AAPL") as terminal:
        terminal.until("AAPL")
        broker.happen(trade(1_000_900, 100))
        seen = terminal.until("$100.09")
        assert {"symbol", "price", "change", "age"} <= set(seen.split())
        broker.happen(trade(1_000_500, 100))
        terminal.until("$100.05")
        assert terminal.ctrl_c() == 130
        assert "Traceback" not in terminal.seen


def test_lines_into_a_pipe(broker: Broker, person: Person) -> None:
    plain = person.run("watch", "META", "--limit", "1")
    assert (plain.code, plain.out.count("\n")) == (0, 1)
    assert " META " in plain.out
    both = person.run("watch", "META", "AAPL", "--json", "--limit", "2")
    updates = [json.loads(line) for line in both.out.splitlines()]
    assert {update["symbol"] for update in updates} == {"META", "AAPL"}
    assert set(updates[0]) == {"symbol", "priceInCents", "numShares", "dayVolume", "timestamp", "epoch", "sequence"}


def test_unknown_symbol_is_refused(person: Person) -> None:
    done = person.run("watch", "NOPE")
    assert (done.code, done.out) == (1, "")
    assert "NOPE" in done.err


def test_orders_are_followed_until_ctrl_c(broker: Broker, person: Person) -> None:
    process = person.begin("orders", "--follow", "--json")
    assert process.stdout is not None
    # A stream tells what happens from when it is open; so orders are placed until it tells of one.
    placed = [person.http.buy(1, 100).json["orderId"]]
    broker.eventually(lambda: len(broker.services.streams) > 0 or process.poll() is not None)
    placed.append(person.http.buy(1, 100).json["orderId"])
    update = json.loads(process.stdout.readline())
    assert update["order"]["orderId"] in placed
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_following_says_that_it_waits(person: Person) -> None:
    with person.at_terminal("orders", "--follow") as terminal:
        terminal.until("Waiting for changes of your orders; Ctrl-C ends it.")
        assert terminal.ctrl_c() == 130


def symbol(**changes: object) -> Symbol:
    plain = {
        "symbol": "META",
        "name": "Meta",
        "priceInCents": 10_000,
        "previousCloseInCents": 9_900,
        "dayOpenInCents": None,
        "dayHighInCents": None,
        "dayLowInCents": None,
        "dayVolume": 10,
        "stale": False,
        "updatedAt": "2026-11-22T15:00:00Z",
        "epoch": 1,
        "sequence": 5,
    }
    return msgspec.convert(plain | changes, Symbol)


def update(price_in_cents: int, sequence: int, day_volume: int = 20) -> PriceUpdate:
    return PriceUpdate(
        symbol="META",
        price_in_cents=price_in_cents,
        num_shares=1,
        day_volume=day_volume,
        timestamp=symbol().updated_at,
        epoch=1,
        sequence=sequence,
    )


def texts(board: Board, now_s: float, *, connected: bool = True) -> list[str]:
    [row] = board.rows(now_s, connected)
    return [cell if isinstance(cell, str) else cell.text for cell in row]


def test_board_tells_change_and_age() -> None:
    board = Board([symbol()], 100.0, symbol().updated_at)
    assert texts(board, 107.0) == ["META", "Meta", "$100.00", "+1.00", "+1.01 %", "10", "7 s"]
    board.take(update(9_800, 6), 110.0)
    assert texts(board, 170.0) == ["META", "Meta", "$98.00", "-1.00", "-1.01 %", "20", "1 min"]


def test_board_shows_the_same_price_again_as_no_news() -> None:
    board = Board([symbol()], 100.0, symbol().updated_at)
    board.take(update(10_000, 5, day_volume=30), 200.0)
    assert texts(board, 200.0)[-2:] == ["30", "1 min"]


def test_board_marks_what_is_stale() -> None:
    board = Board([symbol()], 100.0, symbol().updated_at)
    board.take(FeedStatus(stale=True), 101.0)
    assert texts(board, 102.0)[-1] == "stale 2 s"
    board.take(FeedStatus(stale=False), 103.0)
    assert texts(board, 104.0)[-1] == "4 s"
    assert texts(board, 104.0, connected=False)[-1] == "stale 4 s"
