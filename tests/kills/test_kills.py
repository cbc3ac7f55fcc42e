"""The short form of `python -m tests.kills`."""

from pathlib import Path

from tests.kills.campaign import Campaign, Plan, summary

# The last of the kills is of the exchange as well.
KILLS, ORDERS_PER_SECOND, SEED = 4, 200, 1


async def test_killed_under_load(tmp_path: Path) -> None:
    report = await Campaign(tmp_path, Plan(KILLS, ORDERS_PER_SECOND, SEED), print, both_every=KILLS).run()
    print(summary(report))
    assert len(report.cut) == KILLS
    assert report.with_requests_in_flight >= KILLS - 1
    assert report.exchange_kills == 1
    assert report.told > KILLS * ORDERS_PER_SECOND / 2
    assert report.executions > 0
