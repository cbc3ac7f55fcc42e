"""What an order is, in words."""

from datetime import UTC, datetime

from locksley.client import Order
from locksley.commands.wording import headline

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_symbol_of_one_letter_changes_no_word() -> None:
    order = Order(
        order_id="0190163d-8694-739b-aea5-966c26f8ad91",
        position="buy",
        symbol="A",
        type="market",
        num_shares=1_000,
        price_in_cents=None,
        status="pending",
        filled_shares=0,
        average_fill_price_in_cents=None,
        external_order_id=None,
        reason=None,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )
    assert headline(order) == "Buy 1,000 A at the market: pending"
