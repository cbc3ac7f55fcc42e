"""The exchange as a process of its own, started as people start it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec


def command(*arguments: str | Path) -> Sequence[str]:
    return [sys.executable, "-m", "paper_exchange", "serve", "--port", "0", *map(str, arguments)]


class Process:
    def __init__(self, *arguments: str | Path) -> None:
        self.process = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        self.url = self.line.rpartition(" ")[2].strip()

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)

    def stop(self) -> tuple[int, str]:
        """(exit code, what it said on stderr)"""
        self.process.terminate()
        _out, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    def ask(self, path: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else msgspec.json.encode(body)
        try:
            with urlopen(Request(self.url + path, data=data), timeout=20) as response:
                answer: dict[str, Any] = msgspec.json.decode(response.read())
        except HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read()!r}") from error
        return answer


def refused(*arguments: str | Path) -> tuple[int, str]:
    """(exit code, stderr) of a start that must fail."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr
