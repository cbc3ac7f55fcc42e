"""The `Link` header."""

from types import SimpleNamespace
from typing import Any

from locksley.web.cursors import link_next, pack_pair, unpack_pair


def test_link_is_ascii_whatever_the_path_has() -> None:
    headers: dict[str, str] = {}
    call: Any = SimpleNamespace(
        req=SimpleNamespace(path='/symbol/Ä>"€/history'), resp=SimpleNamespace(set_header=headers.__setitem__)
    )
    link_next(call, pack_pair(5, None), {"range": "all", "cursor": "old"})
    assert headers == {"Link": '</symbol/%C3%84%3E%22%E2%82%AC/history?range=all&cursor=NS4>; rel="next"'}


def test_moments_before_1970_are_cursors_too() -> None:
    for pair in ((-5, None), (None, 7), (0, -(10**17))):
        assert unpack_pair(pack_pair(*pair)) == pair
