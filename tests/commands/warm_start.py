"""Processes of `locksley` that are forked from one which has imported it already: as real as any, without a second of importing each."""

import atexit
import functools
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0


class WarmStart:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", __name__],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.end)

    def run(self, words: Sequence[str], environment: Mapping[str, str], given: str) -> tuple[int, str, str]:
        """The exit code, or minus the signal; standard output; standard error."""
        with self._lock, tempfile.TemporaryDirectory() as folder:
            files = [str(Path(folder) / name) for name in ("in", "out", "err")]
            Path(files[0]).write_text(given)
            code = self._ask({"words": list(words), "environment": dict(environment), "files": files})
            return code, Path(files[1]).read_text(), Path(files[2]).read_text()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, request: Mapping[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], DEADLINE_S)
        if not ready:
            self.end()
            raise AssertionError(f"no end after {DEADLINE_S} s: {request}")
        return int(self._process.stdout.readline())


@functools.cache
def warm() -> WarmStart:
    return WarmStart()


def serve() -> None:
    """Read a request, fork, wait, tell the code; until there are no more."""
    from locksley.commands import orders, placing, session, settling, watching  # noqa: F401, PLC0415

    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            _become(json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(request: Mapping[str, Any]) -> None:
    from locksley.cli import main  # noqa: PLC0415

    for number, (name, flags) in enumerate(zip(request["files"], (os.O_RDONLY, *_WRITTEN), strict=True)):
        os.dup2(os.open(name, flags, 0o600), number)
    sys.stdin = os.fdopen(0, closefd=False)
    os.environ.clear()
    os.environ.update(request["environment"])
    code = 1
    try:
        main(request["words"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


_WRITTEN = (os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)

if __name__ == "__main__":
    serve()
