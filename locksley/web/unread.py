"""A bound on how long an answer waits for a client that does not read it.

The server has none. The kernel has: a connection whose peer takes nothing for so long is broken off. It is set on the socket that
listens, from which those that are accepted get it; the server does not hand that socket out, so it is found among our own.
"""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import structlog

log = structlog.get_logger()

OWN_FILES = Path("/proc/self/fd")


def bound_unread(port: int, timeout_ms: int) -> None:
    """Of all connections to the port that are accepted from now on."""
    is_found = False
    for listener in _listeners(port):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_ms)
        is_found = True
    if not is_found:
        log.warning("unread_answers_not_bounded", port=port)


def _listeners(port: int) -> Iterator[socket.socket]:
    for path in OWN_FILES.iterdir():
        try:
            if not stat.S_ISSOCK(path.stat().st_mode):
                continue
            descriptor = os.dup(int(path.name))
        except OSError:  # it was closed since: the one that listed them, for one
            continue
        with socket.socket(fileno=descriptor) as one:
            is_internet = one.family in (socket.AF_INET, socket.AF_INET6) and one.type == socket.SOCK_STREAM
            if is_internet and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and one.getsockname()[1] == port:
                yield one
