"""`locksley up` as a process of its own, started and stopped as people do it."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.waiting import eventually
from tests.web.client import Client

START_S_MAX = 30.0
STOP_S_MAX = 20.0


class Listed(NamedTuple):
    pid: int
    parent: int
    state: str
    command: str


class LocksleyUp:
    """Returns once the broker is ready. `exchange_url` is what it says that it trades at. On leaving, all of it is stopped."""

    def __init__(self, data_dir: Path, *options: str, log: Path, own_exchange: bool = True) -> None:
        ports = ["--exchange-port", "0"] if own_exchange and "--exchange-port" not in options else []
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [*command(), "--port", "0", *ports, "--data-dir", str(data_dir), *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        self._log = log
        self.exchange: int | None = None
        try:
            self.url = self._said("locksley listening on ")
            self.exchange_url = self._said("exchange at ")
            self.port = port_of(self.url)
            self.exchange = self.exchange_now() if own_exchange else None
            eventually("the broker is ready", lambda: Client(self.port).ask("GET", "/readyz").status == 200)
        except BaseException:
            self.end_all()
            raise

    def __enter__(self) -> "LocksleyUp":
        return self

    def __exit__(self, *_error: object) -> None:
        self.end_all()

    @property
    def log(self) -> str:
        return self._log.read_text()

    def interrupt(self) -> int:
        """Ctrl-C at the terminal; the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(STOP_S_MAX)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(STOP_S_MAX)

    def exchange_now(self) -> int | None:
        """The process id of the exchange beside it, if there is one."""
        beside = [one.pid for one in listed() if one.parent == self.process.pid and "paper_exchange" in one.command]
        assert len(beside) <= 1, beside
        return beside[0] if beside else None

    @contextmanager
    def silent_exchange(self) -> Iterator[None]:
        """It stands still, its connections open; afterwards it goes on."""
        exchange = self.exchange_now()
        assert exchange is not None
        os.kill(exchange, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(exchange, signal.SIGCONT)

    def end_all(self) -> None:
        """Also an exchange that outlived its broker, as it should not."""
        ours = [one.pid for one in listed() if one.parent == self.process.pid or _is(one, self.exchange)]
        self.process.kill()
        self.process.wait(STOP_S_MAX)
        for pid in ours:
            end(pid)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _said(self, beginning: str) -> str:
        """The rest of its next line."""
        line = b""
        until_s = time.monotonic() + START_S_MAX
        while not line.endswith(b"\n"):
            assert self.process.stdout is not None
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, until_s - time.monotonic()))
            byte = os.read(self.process.stdout.fileno(), 1) if ready else b""
            if not byte:
                pytest.fail(f"it did not say {beginning!r} but {line!r}, and on standard error:\n{self.log}")
            line += byte
        text = line.decode().strip()
        assert text.startswith(beginning), text
        return text.removeprefix(beginning)


def _is(one: Listed, exchange: int | None) -> bool:
    return one.pid == exchange and "paper_exchange" in one.command


def command() -> list[str]:
    return [sys.executable, "-m", "locksley", "up"]


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def listed() -> list[Listed]:
    """Every process there is, those left out that have ended and are only waiting for somebody to notice."""
    lines = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    found = [line.split(None, 3) for line in lines.splitlines()]
    return [
        Listed(int(pid), int(parent), state, rest[0] if rest else "")
        for pid, parent, state, *rest in found
        if not state.startswith("Z")
    ]


def has_ended(pid: int) -> bool:
    return all(one.pid != pid for one in listed())


def end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    eventually(f"process {pid} has ended", lambda: has_ended(pid))


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
