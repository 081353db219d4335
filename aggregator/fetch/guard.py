"""The guard of addresses: which hosts, ports and schemes may be dialled at all (server-side request forgery).

A name is resolved once, every address it has is checked, and the checked addresses are what is dialled: one bad
address taints the name, and a name that changes its mind between check and dial gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from aggregator.errors import AddressRefused, ConnectionFailed
from aggregator.model import FetchRules

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port → addresses as text. Raises OSError when the name has none."""

# What `ipaddress.is_global` lets pass or judges differently from one Python to the next; IANA's special-purpose
# registries, the metadata address of a large cloud, and every form that embeds an IPv4 address.
_REFUSED_V4 = tuple(
    map(
        IPv4Network,
        [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "168.63.129.16/32",
        ],
    )
)
_UNICAST_V6 = IPv6Network("2000::/3")  # leaves out ::/96, ::ffff:0:0/96, 64:ff9b::/96, fc00::/7, fe80::/10, ff00::/8 …
_REFUSED_V6 = tuple(map(IPv6Network, ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]))


@lru_cache(maxsize=8192)
def is_public(address: str) -> bool:
    """Whether an address (literal, as text) belongs to a host of the public internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip.is_global and not any(ip in network for network in _REFUSED_V4)
    return ip.is_global and ip in _UNICAST_V6 and not any(ip in network for network in _REFUSED_V6)


async def look_up(host: str, port: int, executor: ThreadPoolExecutor | None = None) -> Sequence[str]:
    """Resolve a name with the system's resolver, in a thread of `executor`."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(executor, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Applies the operator's rules (ports, exceptions) and the list of addresses that are never public."""

    def __init__(self, rules: FetchRules, resolve: Resolve) -> None:
        self._ports = frozenset(rules.ports)
        self._allow = tuple((ipaddress.ip_network(network, strict=False), port) for network, port in rules.allow)
        self._resolve = resolve

    def permits(self, address: str, port: int) -> bool:
        """Whether this address and port may be dialled."""
        return self._is_excepted(ipaddress.ip_address(address), port) or (port in self._ports and is_public(address))

    def _is_excepted(self, ip: IPv4Address | IPv6Address, port: int) -> bool:
        return any(ip in network and allowed in (0, port) for network, allowed in self._allow)

    async def addresses(self, host: str, port: int, url: str) -> Sequence[str]:
        """Return the addresses to dial for `host`; raises AddressRefused, ConnectionFailed (no such name)."""
        found = await self.resolved(host, port, url)
        for address in found:
            if not self.permits(address, port):
                raise AddressRefused(_refusal(host, address, port), url=url)
        return found

    def check_unresolved(self, host: str, port: int, url: str) -> None:
        """Refuse what can be refused without a look-up: with a proxy, only it learns where a name leads."""
        literal = _literal(host) or _old_literal(host)
        if not (self.permits(literal[0], port) if literal else port in self._ports):
            raise AddressRefused(_refusal(host, literal[0] if literal else host, port), url=url)

    async def resolved(self, host: str, port: int, url: str) -> Sequence[str]:
        """Return the addresses of `host`, unchecked: for the operator's own proxy. Raises ConnectionFailed."""
        if literal := _literal(host):
            return literal
        try:
            found = await self._resolve(host, port)
            return [str(ipaddress.ip_address(address)) for address in found] or _nothing(host, url)
        except (OSError, UnicodeError, ValueError) as error:
            raise ConnectionFailed(f"the name {host} does not resolve ({error})", url=url) from error


def _nothing(host: str, url: str) -> Sequence[str]:
    raise ConnectionFailed(f"the name {host} has no address", url=url)


def _literal(host: str) -> Sequence[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return []


def _old_literal(host: str) -> Sequence[str]:
    """Spellings of an IPv4 address that only resolvers read: 0x7f.1, 2130706433."""
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except (OSError, UnicodeError):
        return []


def _refusal(host: str, address: str, port: int) -> str:
    where = host if host == address else f"{host} ({address})"
    return (
        f"{where} port {port} is not a public web address; "
        f'if it is meant, add ["{address}", {port}] to [fetch] allow in aggregator.toml'
    )
