"""The log: a line of JSON for each thing worth telling, on the standard error; for a person at a terminal, a line to read.

`info` tells of what is out of the ordinary; `debug` also of every request and of each order's way, by the request's id. No secrets:
what looks like one is taken out of the finished line. Tracebacks are plain, since those with local variables would print passwords.
"""

import contextlib
import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

STDERR = 2
LINE_CHARS_MAX = 64_000

# Session tokens, tokens of programs and of the operator, password hashes, passwords in an address.
_SECRET = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"
    r"|\b(?:lk|lo|li)_[\w-]{20,}"
    r"|\$argon2\w*\$[^\s\"']+"
    r"|(?<=://)[^/\s:@\"]+:[^/\s@\"]+(?=@)"
)
_SECRET_NAME = re.compile(r"password|secret|authorization|cookie|token$", re.IGNORECASE)
NOT_LOGGED = "[not logged]"


class StandardError:
    """The log, a line at a time. Where it can not be written (a full disk, a reader that has gone) the broker goes on without it."""

    def msg(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(STDERR, f"{line}\n".encode(errors="backslashreplace"))

    debug = info = warning = error = critical = exception = msg


class FromStandardLibrary(logging.Handler):
    """Libraries that log by the standard library's `logging` have their lines in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger()
        logger.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None)


def configure(level: str = "info", form: str = "auto") -> None:
    """For the process. `form` is `auto`, `json` or `text`; `auto` is text on a terminal, else JSON."""
    number = logging.getLevelNamesMapping()[level.upper()]
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_secret_members,
            *(_text() if as_text else _json()),
            without_secrets,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: StandardError(),
        cache_logger_on_first_use=True,
    )
    logging.root.handlers[:] = [FromStandardLibrary()]
    logging.root.setLevel(max(number, logging.INFO))


def without_secret_members(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event:
        if _SECRET_NAME.search(name):
            event[name] = NOT_LOGGED
    return event


def without_secrets(_logger: Any, _name: str, line: Any) -> str:
    return _SECRET.sub(NOT_LOGGED, str(line)[:LINE_CHARS_MAX])


def _json() -> list[Any]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=repr)]


def _text() -> list[Any]:
    colours = sys.stderr.isatty()
    return [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)]
