from datetime import date
from pathlib import Path

from tests.acceptance.trading_days import Plan, run


def test_trading_days_with_people_and_watchers(tmp_path: Path) -> None:
    """Three days in a row. Two people sign up meanwhile; all 50 would spend most of it waiting for the hashes of their passwords."""
    summary = run(Plan(days=3, speed=11_000, first_day=date(2012, 5, 22), signing_up=2), tmp_path, print)
    assert summary["fills"] >= 50, summary
    for what in ("POST order 201", "DELETE order 200", "GET order 404 not_found", "POST users 201"):
        assert summary["answers"].get(what, 0) >= 1, summary
