"""Who is behind a proxy: `X-Forwarded-For` and `X-Forwarded-Proto` are believed from trusted addresses, and from nobody else."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from locksley.config import ConfigError
from locksley.web.call import Receive, Scope, Send
from locksley.web.entrance import Application

ADDRESSES_REMEMBERED_MAX = 10_000
FORWARDED_BYTES_MAX = 2_048


class TrustedProxies:
    """An ASGI application around another. Raises `ConfigError` when a network is none."""

    def __init__(self, application: Application, networks: Sequence[str]) -> None:
        self._application = application
        self._networks = [_network(text) for text in networks]
        self._is_trusted = lru_cache(ADDRESSES_REMEMBERED_MAX)(self._look)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client and self._is_trusted(client[0]):
            self._believe(scope)
        await self._application(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        addresses, scheme = b"", b""
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                addresses = addresses + b"," + value if addresses else value
            elif name == b"x-forwarded-proto":
                scheme = value.rpartition(b",")[2].strip().lower()
        if scheme in (b"http", b"https"):
            scope["scheme"] = scheme.decode()
        if found := self._client(addresses[-FORWARDED_BYTES_MAX:]):
            scope["client"] = (found, 0)

    def _client(self, addresses: bytes) -> str | None:
        """Each proxy adds at the right whom it saw: the rightmost that is no proxy of ours. What is left of it anybody can have written."""
        last = None
        for part in reversed(addresses.decode("ascii", "replace").split(",")):
            try:
                last = str(ip_address(part.strip()))
            except ValueError:
                return last
            if not self._is_trusted(last):
                return last
        return last

    def _look(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(mapped in network for network in self._networks)


def check(networks: Sequence[str]) -> None:
    """Raises `ConfigError`."""
    for text in networks:
        _network(text)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ConfigError(f"--trusted-proxy {text}: {error}; write it like 127.0.0.1 or 10.1.0.0/16") from None
