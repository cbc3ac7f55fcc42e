from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.order_db.adapters import ADAPTERS, Store


@pytest.fixture(params=sorted(ADAPTERS))
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with ADAPTERS[request.param](tmp_path) as store:
        await store.open_account("ann")
        await store.open_account("bob")
        yield store
