"""Whatever is wrong with what a person gives, the start says so: file, line, reason and remedy on one line."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from paper_exchange.market.choose import MarketError
from tests.paper_exchange.market.shown import market_of
from tests.tapes import BARS_HEADER, QUOTES_HEADER, TRADES_HEADER, write_gzip, write_quirky_tape

T = 1_351_863_000_000_000_000


def complaint(start: Callable[[], object]) -> str:
    with pytest.raises(MarketError) as refused:
        start()
    text = str(refused.value)
    assert "\n" not in text
    assert "; " in text
    return text


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,A,10", "3 fields; each row must be ts_ns,symbol,price,size"),
        ("", "1 fields; each row must be"),
        ("noon,A,10,1", "'noon' is no time"),
        ("-5,A,10,1", "'-5' is no time"),
        ("1351863000000,A,10,1", "1351863000000 is not a time in nanoseconds"),
        ("9" * 19 + ",A,10,1", "is not a time in nanoseconds"),
        (f"{T},,10,1", "'' is no symbol"),
        (f"{T},SEVENTEEN_LETTERS,10,1", "'SEVENTEEN_LETTERS' is no symbol"),
        (f"{T},A B,10,1", "'A B' is no symbol"),
        (f'{T},"A",10,1', "is no symbol"),
        (f"{T},A,ten,1", "'ten' is no price"),
        (f"{T},A,-10,1", "'-10' is no price"),
        (f"{T},A,1e2,1", "'1e2' is no price"),
        (f"{T},A,NaN,1", "'NaN' is no price"),
        (f"{T},A,10.00001,1", "'10.00001' is no price"),
        (f"{T},A,10.,1", "'10.' is no price"),
        (f"{T},A,99999999,1", "'99999999' is too high a price"),
        (f"{T},A,0,1", "a trade at price 0"),
        (f"{T},A,10,0", "a trade at price 0 or of size 0"),
        (f"{T},A,10,-1", "'-1' is no number of shares"),
        (f"{T},A,10,1.5", "'1.5' is no number of shares"),
        (f"{T},A,10,1234567890123", "is no number of shares"),
        (f"{T - 1},A,10,1", f"time goes back from {T} to {T - 1}"),
    ],
)
def test_bad_trade(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "t.csv.gz"
    write_gzip(path, TRADES_HEADER, [f"{T},A,10,1", row, f"{T},A,10,1"])
    text = complaint(lambda: market_of(replay=[path]))
    assert text.startswith(f"{path}, line 3: ")
    assert reason in text


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{T},A,10,1,10.01", "5 fields; each row must be ts_ns,symbol,bid,bid_size,ask,ask_size"),
        (f"{T},A,0,1,10.01,1", "shares are wanted or offered at price 0"),
        (f"{T},A,10,1,0,1", "shares are wanted or offered at price 0"),
        (f"{T},A,10,-1,10.01,1", "'-1' is no number of shares"),
        (f"{T},A,20.03,1,10.01,1", "the bid is more than twice the ask"),
        (f"{T - 1},A,10,1,10.01,1", "time goes back"),
    ],
)
def test_bad_quote(tmp_path: Path, row: str, reason: str) -> None:
    trades, quotes = tmp_path / "t.csv.gz", tmp_path / "q.csv.gz"
    write_gzip(trades, TRADES_HEADER, [f"{T},A,10,1"])
    write_gzip(quotes, QUOTES_HEADER, [f"{T},A,10,1,10.01,1", row])
    text = complaint(lambda: market_of(replay=[trades], quotes=[quotes]))
    assert text.startswith(f"{quotes}, line 3: ")
    assert reason in text


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2000-03-02,A,10,11,9,10", "6 fields"),
        ("2000-13-02,A,10,11,9,10,5", "is no date"),
        ("yesterday,A,10,11,9,10,5", "is no date"),
        ("0001-01-01,A,10,11,9,10,5", "is no date"),
        ("2000-03-02,A,10,10.5,9,11,5", "do not fit together"),
        ("2000-03-02,A,10,11,10.5,11,5", "do not fit together"),
        ("2000-03-02,A,10,11,0,10,5", "do not fit together"),
        ("2000-03-02,A,10,11,9,10,-5", "'-5' is no number of shares"),
        ("2000-03-01,A,10,11,9,10,5", "A goes back from 2000-03-01 to 2000-03-01"),
        ("2000-02-28,A,10,11,9,10,5", "A goes back"),
    ],
)
def test_bad_daily_bar(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "d.csv"
    path.write_text("\n".join([BARS_HEADER, "2000-03-01,A,10,11,9,10,5", row]))
    text = complaint(lambda: market_of(bars=path))
    assert text.startswith(f"{path}, line 3: ")
    assert reason in text


def test_missing_file(tmp_path: Path) -> None:
    assert "no.csv.gz: cannot be read (No such file or directory)" in complaint(
        lambda: market_of(replay=[tmp_path / "no.csv.gz"])
    )
    assert "cannot be read" in complaint(lambda: market_of(bars=tmp_path / "no.csv"))
    assert "cannot be read" in complaint(lambda: market_of(symbols=str(tmp_path / "no.csv")))
    assert "cannot be read (Is a directory)" in complaint(lambda: market_of(replay=[tmp_path]))


def test_not_gzip(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{TRADES_HEADER}\n{T},A,10,1\n")
    assert complaint(lambda: market_of(replay=[path])).startswith(f"{path}, line 1: not gzip")


def test_wrong_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    write_gzip(path, QUOTES_HEADER, [])
    assert (
        complaint(lambda: market_of(replay=[path]))
        == f"{path}, line 1: wrong header; the first line must be {TRADES_HEADER}"
    )


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b""))
    assert complaint(lambda: market_of(replay=[path])).startswith(f"{path}, line 1: the file is empty")
    write_gzip(path, TRADES_HEADER, [])
    assert "no trades" in complaint(lambda: market_of(replay=[path]))
    write_gzip(path, BARS_HEADER, [])
    assert "no rows" in complaint(lambda: market_of(bars=path))


def test_cut_off_gzip(tmp_path: Path) -> None:
    path = write_quirky_tape(tmp_path, seed=2).trades
    path.write_bytes(path.read_bytes()[:-2_000])
    text = complaint(lambda: market_of(replay=[path]))
    assert "cut off or damaged" in text
    assert int(text.split(", line ")[1].split(":")[0]) > 100


def test_damaged_gzip(tmp_path: Path) -> None:
    path = write_quirky_tape(tmp_path, seed=2).trades
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert complaint(lambda: market_of(replay=[path])).startswith(f"{path}, line ")


def test_endless_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(f"{TRADES_HEADER}\n".encode() + b"1" * 10_000_000))
    assert complaint(lambda: market_of(replay=[path])).startswith(f"{path}, line 2: longer than 1000 bytes")


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("ticker,name\nA,B\n", 1, "the header lacks symbol or name"),
        ("symbol,name\n", 1, "no symbols"),
        ("", 1, "the header lacks symbol or name"),
        ("symbol,name\nA,B\n A B,C\n", 3, "'A B' is no symbol"),
        ("symbol,name\nA\n,B\n", 3, "'' is no symbol"),
        ('symbol,name\nA,"B\n', 2, "is not CSV"),
    ],
)
def test_bad_symbol_file(tmp_path: Path, content: str, line: int, reason: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(content)
    text = complaint(lambda: market_of(symbols=str(path)))
    assert text.startswith(f"{path}, line {line}: ")
    assert reason in text


def test_symbol_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"symbol,name\nA,\xff\n")
    assert "is not UTF-8 text" in complaint(lambda: market_of(symbols=str(path)))


@pytest.mark.parametrize("symbols", ["0", "-3", "5001"])
def test_number_of_symbols_out_of_range(symbols: str) -> None:
    assert "out of range; give 1 to 5000" in complaint(lambda: market_of(symbols=symbols))


@pytest.mark.parametrize("rate", [0.0, -1.0, 20_000.5, float("nan"), float("inf")])
def test_trades_per_second_out_of_range(rate: float) -> None:
    assert "out of range" in complaint(lambda: market_of(trades_per_second=rate))


def test_options_that_contradict(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    assert "--replay and --bars exclude each other" in complaint(lambda: market_of(replay=[path], bars=path))
    assert "give the trades with --replay" in complaint(lambda: market_of(quotes=[path]))
    assert "give the trades with --replay" in complaint(lambda: market_of(quotes=[path], bars=path))
    assert "--once is for recordings" in complaint(lambda: market_of(once=True))
    assert "leave --symbols out" in complaint(lambda: market_of(replay=[path], symbols="5"))
    assert "leave --trades-per-second out" in complaint(lambda: market_of(bars=path, trades_per_second=5))
