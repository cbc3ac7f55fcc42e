"""A file of symbols: at most 5,000 are listed, those first that people trade."""

from pathlib import Path

import pytest

from tests.paper_exchange.market.shown import market_of

REAL = Path(__file__).parents[4] / "shared" / "data" / "symbols.csv"
INVENTED = """symbol,name,exchange
ZZ.W,Zeta Warrant,NYSE
ZTST,Zeta Test Issue,NYSE
FUND,Zeta Growth ETF,NYSE
ZZ,"Zeta, Inc. - Common Stock",NYSE
AAPL,Apple Inc. - Common Stock,NASDAQ
ZZ$A,Zeta 5% Preferred,NYSE
"""


def test_well_known_then_common_then_funds_then_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "symbols.csv"
    path.write_text(INVENTED)
    listed = [listing.symbol for listing in market_of(symbols=str(path)).listings]
    assert listed[:3] == ["AAPL", "ZZ", "FUND"]
    assert set(listed[3:]) == {"ZZ.W", "ZTST", "ZZ$A"}
    assert market_of(symbols=str(path)).listings[1].name == "Zeta, Inc. - Common Stock"


def test_real_directory() -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL} is not there: only an invented symbol file is checked, by this file's other tests")
    listings = market_of(symbols=str(REAL)).listings
    assert len({listing.symbol for listing in listings}) == 5_000
    assert [listing.symbol for listing in listings[:3]] == ["NVDA", "TSLA", "AAPL"]
    assert not [listing.name for listing in listings if "Warrant" in listing.name]
    assert listings == market_of(symbols=str(REAL)).listings


def test_no_more_than_five_thousand(tmp_path: Path) -> None:
    path = tmp_path / "symbols.csv"
    path.write_text("symbol,name\n" + "".join(f"S{n},Company {n} Common Stock\n" for n in range(6_000)))
    assert len(market_of(symbols=str(path)).listings) == 5_000
