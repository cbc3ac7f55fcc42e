from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.orders.broker import Broker, running
from tests.paper_exchange.fixed_market import quote


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """The market stands at 499.00 to 500.00, a hundred shares on either side."""
    async with running(tmp_path / "orders.sqlite") as broker:
        broker.venue.happen(quote(4_990_000, 100, 5_000_000, 100))
        yield broker
