"""A backup of a broker under load, restored elsewhere: its books agree with its exchange's once clean-up has been over them."""

import asyncio
import subprocess
import sys
from pathlib import Path

import apsw

from locksley.data_dir import DataDir
from tests.acceptance.process import LocksleyUp
from tests.acceptance.residents import move_in
from tests.kills.agreement import agreed
from tests.kills.crowd import Crowd

MARKET = ("--symbols", "20", "--trades-per-second", "100", "--seed", "7")
ORDERS_PER_SECOND = 150.0
AGREED_S_MAX = 60.0
ORDERS_BEFORE = 100
ORDERS_MEANWHILE = 50


def locksley(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "locksley", *words], capture_output=True, text=True, timeout=60, check=False
    )


def filled_shares(data_dir: Path) -> int:
    connection = apsw.Connection(str(data_dir / "orders.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(connection.execute("SELECT coalesce(sum(num_shares), 0) FROM fills").get)
    finally:
        connection.close()


async def told(crowd: Crowd, count: int) -> None:
    async with asyncio.timeout(AGREED_S_MAX):
        while len(crowd.told) < count:
            await asyncio.sleep(0.05)


async def test_backup_under_load(tmp_path: Path) -> None:
    data_dir, file, restored = tmp_path / "data", tmp_path / "backup.gz", tmp_path / "restored"
    people = await asyncio.to_thread(move_in, data_dir, 20, 10_000_000_000)
    log = tmp_path / "log"
    with await asyncio.to_thread(LocksleyUp, data_dir, *MARKET, log=log) as broker:
        crowd = Crowd(people, ORDERS_PER_SECOND, 7)
        crowd.url = broker.url
        async with crowd:
            await crowd.look()
            ordering = asyncio.create_task(crowd.order_until_stopped())
            await told(crowd, ORDERS_BEFORE)
            before = set(crowd.told.values())
            filled_before = filled_shares(data_dir)
            taken = await asyncio.to_thread(locksley, "backup", str(file), "--data-dir", str(data_dir))
            assert taken.returncode == 0, taken.stderr
            filled_meanwhile = filled_shares(data_dir)
            await told(crowd, len(crowd.told) + ORDERS_MEANWHILE)
            crowd.stop()
            await ordering
            await crowd.answered(AGREED_S_MAX)
            after = set(crowd.told.values())
    done = await asyncio.to_thread(locksley, "restore", str(file), "--data-dir", str(restored))
    assert done.returncode == 0, done.stderr
    with await asyncio.to_thread(LocksleyUp, restored, *MARKET, log=log) as broker:
        orders = await agreed(restored / "orders.sqlite", broker.exchange_url, AGREED_S_MAX)
        at_exchange = {order.client_order_id for order in orders}
        filled = filled_shares(restored)
    assert len(before & at_exchange) > ORDERS_BEFORE / 2  # the others were refused
    assert (
        0 < filled_before <= filled < filled_meanwhile
    )  # fills came while it was taken, and went on after its instant
    assert DataDir(restored).exchange_client.read_text() != DataDir(data_dir).exchange_client.read_text()
    assert len(after - at_exchange) > ORDERS_MEANWHILE / 2  # what came after the backup is in neither
