"""Fields of a tape are read exactly."""

from contextlib import suppress
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from paper_exchange.market.tape_rows import RowError, price_e4, quote_of, trade_of
from tests.tapes import dollars


@given(st.integers(0, 10**11))
def test_price_is_read_back_exactly(value_e4: int) -> None:
    assert price_e4(dollars(value_e4).encode()) == value_e4
    assert price_e4(f"{Decimal(value_e4) / 10_000:.4f}".encode()) == value_e4


@given(st.binary(max_size=60))
def test_garbage_is_a_row_error_or_a_row(line: bytes) -> None:
    for row_of in (trade_of, quote_of):
        with suppress(RowError):
            assert row_of(line.split(b",")).at_ns > 0
