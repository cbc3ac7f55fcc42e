"""`locksley` as people run it: as a process of its own, at a terminal or in a pipe."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.commands.warm_start import warm

ROOT = Path(__file__).parents[2]
DEADLINE_S = 30.0
AGAIN_AFTER_S = 3.0

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Of the one document on standard output."""
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)


class CommandLine:
    """Of one person: a config folder and a broker of their own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOCKSLEY_")},
            "LOCKSLEY_CONFIG_DIR": str(folder),
            "LOCKSLEY_URL": url,
            "TERM": "xterm",
            "COLUMNS": "200",
        }

    def begin(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command(*words),
            cwd=ROOT,
            env=self.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, given: str = "", **environment: str) -> Done:
        return Done(*warm().run(words, self.environment | environment, given))

    @contextlib.contextmanager
    def at_terminal(self, *words: str, columns: int = 100, rows: int = 30) -> Iterator["Terminal"]:
        environment = {name: value for name, value in self.environment.items() if name != "COLUMNS"}
        terminal = Terminal(command(*words), environment, columns, rows)
        try:
            yield terminal
        finally:
            terminal.close()


class Terminal:
    """What somebody sees and types. `seen` is all of it, without the colours and moves."""

    def __init__(self, words: list[str], environment: dict[str, str], columns: int, rows: int) -> None:
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execvpe(words[0], words, environment | {"COLUMNS": str(columns), "LINES": str(rows)})
        self.raw = ""
        self.code: int | None = None

    @property
    def seen(self) -> str:
        return _CONTROL.sub("", self.raw)

    def until(self, text: str) -> str:
        """Everything up to and with the first of it that is new since the last call."""
        begin = len(self.seen)
        give_up_at_s = time.monotonic() + DEADLINE_S
        while text not in self.seen[max(0, begin - len(text)) :]:
            assert time.monotonic() < give_up_at_s, self.seen
            assert self._read(), f"it ended without {text!r}:\n{self.seen}"
        return self.seen

    def type(self, text: str) -> None:
        os.write(self._file, text.encode())

    def ctrl_c(self) -> int:
        """Pressed again when nothing came of it: who types as soon as a question is there can be faster than Python's `input`."""
        self.type("\x03")
        return self.end(again="\x03")

    def end(self, again: str = "") -> int:
        """Read to the end; the exit code, or minus the signal."""
        give_up_at_s = time.monotonic() + DEADLINE_S
        again_at_s = time.monotonic() + AGAIN_AFTER_S
        while self._read():
            assert time.monotonic() < give_up_at_s, self.seen
            if again and time.monotonic() > again_at_s:
                self.type(again)
                again_at_s += AGAIN_AFTER_S
        if self.code is None:
            _, status = os.waitpid(self.pid, 0)
            self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def close(self) -> None:
        if self.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        os.close(self._file)

    def _read(self) -> bool:
        """False: there is nothing more to come."""
        ready, _, _ = select.select([self._file], [], [], 1.0)
        if not ready:
            return True
        try:
            data = os.read(self._file, 65_536)
        except OSError:
            return False
        self.raw += data.decode(errors="replace")
        return bool(data)


def command(*words: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "locksley", *words]
