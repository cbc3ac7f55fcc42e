"""`make run` as a newcomer has it in a terminal: its own session, stopped by Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from tests.project.tree import ROOT

START_S_MAX = 60
STOP_S_MAX = 30

_ADDRESS = re.compile(r"^locksley listening on (http://\S+)$")
_LAST_LINE = "Ctrl-C stops the broker and the exchange."


class Ended(NamedTuple):
    code: int
    output: str


class MakeRun:
    def __init__(self, data_dir: Path) -> None:
        self.address = ""
        self.output = ""
        self._process = subprocess.Popen(
            # The environment is the one that runs this test; it is not to be made anew meanwhile.
            [
                *("make", "--assume-old=.venv/.ready", f"BIN={Path(sys.executable).parent}"),
                *("run", "PORT=0", "EXCHANGE_PORT=0", f"DATA_DIR={data_dir}"),
            ],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._read_until_started()

    def ctrl_c(self) -> Ended:
        """What a terminal does: an interrupt to every process of the group. Returns once all that it started has ended."""
        os.killpg(self._process.pid, signal.SIGINT)
        output, _ = self._process.communicate(timeout=STOP_S_MAX)
        return Ended(self._process.returncode, self.output + output)

    def kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate(timeout=STOP_S_MAX)

    def _read_until_started(self) -> None:
        assert self._process.stdout is not None
        impatience = threading.Timer(START_S_MAX, self.kill)
        impatience.start()
        try:
            for line in self._process.stdout:
                self.output += line
                address = _ADDRESS.match(line)
                self.address = address[1] if address else self.address
                if line.rstrip().endswith(_LAST_LINE):
                    return
        finally:
            impatience.cancel()
        raise AssertionError(f"make run did not start:\n{self.output}")
