"""The quickstart, line by line, with its stop and its second start."""

from pathlib import Path

import pytest

from tests.docs.shell import Newcomer, blocks
from tests.project.make_run import MakeRun
from tests.project.test_readme import ready


@pytest.mark.timeout(300)  # two starts, and a process for each line
def test_every_line_works(tmp_path: Path) -> None:
    first_start, who, prices, buy, limit, second_start, after = blocks("docs/quickstart.md")
    assert first_start == second_start == "make run\n"
    newcomer = Newcomer(tmp_path)
    running = MakeRun(newcomer.data_dir)
    try:
        ready(running.address)
        assert "sign in as demo@locksley.example with the password" in running.output
        _, prices, buy, limit = newcomer.run([who, prices, buy, limit], running.address)
        assert running.ctrl_c().code == -2
        running = MakeRun(newcomer.data_dir)
        _, after = newcomer.run([who, after], running.address)
    finally:
        running.kill()
    assert all(symbol in prices for symbol in ("AAPL", "META", "MSFT"))
    assert "Bought 10 AAPL" in buy
    assert "Cancelled" in limit
    assert "AAPL" in after
    assert "META" not in after
