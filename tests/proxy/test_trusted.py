"""Who is believed about whom a request came from."""

from typing import Any

import pytest

from locksley.config import ConfigError
from locksley.web.proxies import TrustedProxies, check


async def seen(trusted: list[str], client: str, *headers: tuple[str, str]) -> tuple[str, str]:
    """(the address, the scheme) that the application gets to see."""
    scope: dict[str, Any] = {
        "client": (client, 4_000),
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    found: list[tuple[str, str]] = []

    async def application(scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        found.append((scope["client"][0], scope["scheme"]))

    async def nothing(*_: Any) -> Any: ...

    await TrustedProxies(application, trusted)(scope, nothing, nothing)
    return found[0]


FORWARDED = (("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"))


async def test_trusted_proxy() -> None:
    assert await seen(["10.1.0.0/16"], "10.1.2.3", *FORWARDED) == ("203.0.113.9", "https")


async def test_stranger_who_forges() -> None:
    assert await seen(["10.1.0.0/16"], "10.2.2.3", *FORWARDED) == ("10.2.2.3", "http")


async def test_forged_behind_a_trusted_proxy() -> None:
    """What the stranger wrote stands left of what the proxy added."""
    assert await seen(["10.0.0.1"], "10.0.0.1", ("x-forwarded-for", "127.0.0.1, 203.0.113.9")) == (
        "203.0.113.9",
        "http",
    )


async def test_two_proxies() -> None:
    assert (await seen(["10.0.0.0/24"], "10.0.0.1", ("x-forwarded-for", "1.2.3.4, 203.0.113.9, 10.0.0.2")))[
        0
    ] == "203.0.113.9"


async def test_two_headers() -> None:
    headers = (("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9"))
    assert (await seen(["10.0.0.1"], "10.0.0.1", *headers))[0] == "203.0.113.9"


@pytest.mark.parametrize("value", ["", "unknown", "203.0.113.9, nonsense", "203.0.113.9:80", "é"])
async def test_no_address(value: str) -> None:
    assert (await seen(["10.0.0.1"], "10.0.0.1", ("x-forwarded-for", value)))[0] == "10.0.0.1"


@pytest.mark.parametrize("value", ["ftp", "", "https, gopher"])
async def test_no_scheme(value: str) -> None:
    assert (await seen(["10.0.0.1"], "10.0.0.1", ("x-forwarded-proto", value)))[1] == "http"


async def test_address_of_the_other_kind() -> None:
    assert await seen(["127.0.0.0/8", "fd00::/8"], "::ffff:127.0.0.1", *FORWARDED) == ("203.0.113.9", "https")
    assert await seen(["127.0.0.0/8", "fd00::/8"], "fd00::1", ("x-forwarded-for", "2001:db8::1")) == (
        "2001:db8::1",
        "http",
    )


@pytest.mark.parametrize("network", ["10.0.0.1/8", "nginx", "300.1.1.1"])
def test_no_network(network: str) -> None:
    with pytest.raises(ConfigError, match=network):
        check([network])
