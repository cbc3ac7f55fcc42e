import json
import re

from locksley.client.shapes import OPEN as OPEN_AS_THE_CLIENT_SAYS
from locksley.commands.orders import OPEN
from tests.commands.conftest import Person
from tests.web.broker import Broker


def test_buy_says_what_it_will_cost_and_what_it_did(person: Person) -> None:
    done = person.run("buy", "meta", "10", "--yes")
    assert done.code == 0
    assert done.out.startswith("Bought 10 META at $100.10 on average. Order ")
    told = re.search(r"last price +(\S+) .*cost +about (\S+)\n.*now, about (\S+) after", done.err, re.DOTALL)
    assert told is not None
    price_in_cents, cost_in_cents, after_in_cents = (_cents(dollars) for dollars in told.groups())
    assert (cost_in_cents, after_in_cents) == (10 * price_in_cents, 10_000_000 - 10 * price_in_cents)
    [position] = person.run("positions", "--json").json
    assert (position["symbol"], position["shares"]) == ("META", 10)
    sold = person.run("sell", "META", "4", "--yes", "--json").json
    assert (sold["order"]["position"], sold["order"]["filledShares"], sold["isKnown"]) == ("sell", 4, True)


def _cents(dollars: str) -> int:
    return int(dollars.translate({ord(mark): None for mark in "$,."}))


def test_json_is_what_the_broker_says(person: Person) -> None:
    person.http.buy(3)
    for words, path in (
        (["account"], "/account"),
        (["positions"], "/positions"),
        (["quote", "META", "AAPL"], "/symbols?names=META,AAPL"),
    ):
        assert person.run(*words, "--json").json == person.http.get(path)
    [order] = person.run("orders", "--json").json
    assert order == person.http.get("/orders")[0]
    one = person.run("order", order["orderId"], "--json").json
    assert one == order
    trail = person.run("order", order["orderId"], "--events", "--json").json
    assert trail[0]["what"] == "placed"
    assert len(person.run("activity", "--limit", "1", "--json").json) == 1
    [fill] = person.run("activity", "--symbol", "meta", "--json").json
    assert (fill["type"], fill["symbol"], fill["shares"]) == ("fill", "META", 3)
    assert person.run("activity", "--symbol", "AAPL").out == "No fills of AAPL.\n"
    assert [found["symbol"] for found in person.run("quote", "--search", "meta", "--json").json] == ["META"]


def test_limit_order_is_listed_and_taken_back(person: Person) -> None:
    placed = person.run("buy", "META", "5", "--limit", "$20.50", "--yes")
    assert "Placed: buy 5 META at $20.50 or better. To take it back: locksley cancel " in placed.out
    order_id = person.http.get("/orders")[0]["orderId"]
    narrow = person.run("orders", COLUMNS="60").out
    assert f"…{order_id[-8:]}" in narrow
    assert order_id in person.run("orders").out
    assert person.run("orders", "--status", "filled").out == "No orders.\n"
    assert person.run("orders", "--symbol", "aapl").out == "No orders.\n"
    assert "5 META at $20.50 or better: submitted" in person.run("order", order_id[-8:]).out
    cancelled = person.run("cancel", order_id[-8:], "--json")
    assert (cancelled.code, cancelled.json["ok"], cancelled.json["order"]["status"]) == (0, True, "cancelled")
    assert person.run("cancel", order_id).out == f"Cancelled; no shares were bought. Order {order_id}\n"
    assert "None of your newest" in person.run("order", "00000000").err


def test_open_orders_are_listed_newest_first(person: Person) -> None:
    assert set(OPEN) == OPEN_AS_THE_CLIENT_SAYS
    person.http.buy(1)  # filled
    ids = [person.http.buy(1, 100).json["orderId"] for _ in range(3)]
    assert person.run("cancel", ids[1]).code == 0
    found = person.run("orders", "--status", "open", "--json").json
    assert [one["orderId"] for one in found] == [ids[2], ids[0]]
    [newest] = person.run("orders", "--status", "open", "--limit", "1", "--json").json
    assert newest["orderId"] == ids[2]
    assert person.run("orders", "--status", "open", "--symbol", "AAPL").out == "No orders.\n"


def test_refusals_are_one_line_and_code_1(person: Person) -> None:
    for words, said in (
        (["buy", "META", "100000"], "more cash than is free"),
        (["sell", "META", "1"], "short sales are not offered"),
        (["buy", "NOPE", "1"], "No such symbol"),
    ):
        done = person.run(*words, "--yes")
        assert (done.code, done.out) == (1, ""), done
        assert said in done.err.splitlines()[-1]
    refused = person.run("sell", "META", "1", "--yes", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "insufficient_shares")
    assert not list(person.folder.glob("*.intent.json"))


def test_unknown_symbol_is_named_with_how_to_find_one(person: Person) -> None:
    for words in (["chart", "NOPE"], ["buy", "NOPE", "1", "--yes"], ["quote", "NOPE"], ["watch", "NOPE"]):
        said = "No such symbol trades on the exchange: 'NOPE'. Find it: locksley quote --search TEXT\n"
        assert person.run(*words).err.endswith(said)


def test_market_purchase_says_what_is_set_aside(person: Person) -> None:
    price_in_cents = person.http.get("/symbol/META")["priceInCents"]
    fits_but_for_the_rest = 10_000_000 // price_in_cents - 1
    done = person.run("buy", "META", str(fits_but_for_the_rest), "--yes")
    aside = re.search(r"\n  set aside +up to (\S+) until it is filled: a market order may cost 5 % more\n", done.err)
    assert aside is not None
    needed_in_cents = _cents(aside.group(1))
    assert needed_in_cents == price_in_cents * 105 // 100 * fits_but_for_the_rest
    assert "  What is set aside is more than your buying power: it may be refused." in done.err
    said = f"The order would hold more cash than is free. It needs {aside.group(1)}; $100,000.00 is free.\n"
    assert (done.code, done.err.endswith(said)) == (1, True), done
    limited = person.run("buy", "META", "1", "--limit", "1", "--yes").err
    assert "set aside" not in limited


def test_selling_more_than_there_is_is_said_before(person: Person) -> None:
    person.http.buy(3)
    for words, free in (("META", "3"), ("AAPL", "0")):
        done = person.run("sell", words, "4", "--yes")
        assert "\n  This is more than you have to sell: it will be refused.\n" in done.err
        assert done.err.endswith(f"short sales are not offered. It needs 4; free to sell: {free}.\n")
    assert "refused" not in person.run("sell", "META", "3", "--yes").err


def test_question_is_answered_yes_or_no(person: Person) -> None:
    with person.at_terminal("buy", "META", "1") as terminal:
        terminal.until("[y/N]")
        terminal.type("n\n")
        assert terminal.end() == 1
        assert "not placed" in terminal.seen
    assert person.http.get("/orders") == []
    with person.at_terminal("buy", "META", "1") as terminal:
        terminal.until("[y/N]")
        terminal.type("y\n")
        assert terminal.end() == 0
        assert "Bought 1 META" in terminal.seen
    assert len(person.http.get("/orders")) == 1
    with person.at_terminal("sell", "META", "1") as terminal:
        terminal.until("[y/N]")
        assert terminal.ctrl_c() == 130
    assert len(person.http.get("/orders")) == 1


def test_order_that_nobody_knows_of_is_told_honestly(broker: Broker, person: Person) -> None:
    broker.on_loop(broker.venue.set_faults(drop_answer={"rate": 1}))
    try:
        done = person.run("buy", "META", "1", "--limit", "1", "--yes")
    finally:
        broker.on_loop(broker.venue.ask("DELETE", "/faults"))
    assert done.code == 0
    assert "nobody knows whether it has it" in done.out
    assert "do not place it again" in done.out


def test_nobody_there(person: Person) -> None:
    done = person.run("account", "--url", "http://127.0.0.1:1", "--json")
    assert (done.code, done.json["error"]["code"]) == (1, "no_answer")
    assert "start one with `locksley up`" in done.err


def test_what_is_no_broker_is_named(broker: Broker, person: Person) -> None:
    exchange = f"http://127.0.0.1:{broker.venue.running.port}"
    for words in (["account"], ["signup", "x@example.org", "--password-stdin"]):
        done = person.run(*words, "--url", exchange, given="correct horse")
        assert done.code == 1
        assert done.err.endswith(f": {exchange} is no Locksley broker, or an address within one\n"), done


def test_wrong_interval_is_answered_with_the_good_ones(person: Person) -> None:
    done = person.run("chart", "META", "--interval", "7m")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "invalid enum value '7m'; use 1s, 5s, 15s, 30s, 1m, 5m, 15m, 30m, 1h, 1d or 1w." in done.err


def test_reader_that_goes_away_is_no_traceback(person: Person) -> None:
    process = person.begin("watch", "META", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["symbol"] == "META"
    process.stdout.close()
    for _ in range(20):
        if process.poll() is None:
            person.http.buy(1)
    process.terminate()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.stdin is not None
    process.stdin.close()
    process.wait()
