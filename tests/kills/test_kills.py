"""The short form of `python -m tests.kills`."""

from pathlib import Path

import pytest

from tests.kills.campaign import Campaign, Plan, summary

# The last of the kills is of the exchange as well.
# A lower rate than the long form's: what piles up while a broker starts has to be answered too, however slow the machine is.
KILLS, ORDERS_PER_SECOND, SEED = 4, 60, 1
TEST_S_MAX = 300


@pytest.mark.timeout(TEST_S_MAX)
async def test_killed_under_load(tmp_path: Path) -> None:
    report = await Campaign(tmp_path, Plan(KILLS, ORDERS_PER_SECOND, SEED), print, both_every=KILLS).run()
    print(summary(report))
    assert len(report.cut) == KILLS
    assert report.with_requests_in_flight > KILLS / 2
    assert report.exchange_kills == 1
    assert report.told > ORDERS_PER_SECOND
    assert report.executions > 0
