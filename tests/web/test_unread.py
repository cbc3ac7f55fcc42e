"""The bound on answers that nobody reads, set on the socket that listens."""

import contextlib
import socket
from collections import Counter

from locksley.web.unread import OWN_FILES, bound_unread


def test_only_the_socket_that_listens_is_bounded_and_no_file_is_left_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as another:
        open_before = _sockets()
        bound_unread(listener.getsockname()[1], 1_234)
        assert _sockets() - open_before == Counter()
        bounds_ms = [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) for one in (listener, another)]
        assert bounds_ms == [1_234, 0]


def _sockets() -> Counter[str]:
    """How often each is open. Those of tests before this one may go meanwhile."""
    found: Counter[str] = Counter()
    for path in OWN_FILES.iterdir():
        with contextlib.suppress(OSError):
            found[str(path.readlink())] += path.is_socket()
    return found
