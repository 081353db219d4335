"""The guard of addresses with each of its rules removed in turn: some vector notices every time.

The mutants are made from the source, so that a new rule without a vector of its own fails here.
"""

import asyncio
import ipaddress
import re
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import AddressRefused, FetchError
from aggregator.fetch import guard
from aggregator.model import FetchRules

SOURCE = Path(guard.__file__).read_text(encoding="utf-8")

# One address for each network of the list (its own, not a neighbour's), and hosts of the internet beside them.
REFUSED = [
    "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.1", "192.0.2.1", "192.31.196.1",
    "192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1", "168.63.129.16", "::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "fd00::1", "fe80::1", "fec0::1", "ff02::1",
    "4000::1", "2001::1", "2001:db8::1", "2002:808:808::1", "3fff::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700::1111", "168.63.129.17"]
STRICT = FetchRules()
EXCEPTED = FetchRules(allow=(("10.1.0.0/16", 8080), ("fd00::/8", 0)))
OPEN_PORTS = FetchRules(ports=(80, 443, 8443))
PERMITTED = [
    *((STRICT, address, port, False) for address in REFUSED for port in (80, 443)),
    *((STRICT, address, 443, True) for address in PUBLIC),
    (STRICT, "8.8.8.8", 22, False), (OPEN_PORTS, "8.8.8.8", 8443, True), (OPEN_PORTS, "10.0.0.1", 8443, False),
    (EXCEPTED, "10.1.2.3", 8080, True), (EXCEPTED, "10.1.2.3", 80, False), (EXCEPTED, "10.2.0.1", 8080, False),
    (EXCEPTED, "fd00::1", 9, True), (EXCEPTED, "8.8.8.8", 8080, False),
]  # fmt: skip
NAMES = [  # what a name resolves to, and whether it may be dialled
    (["8.8.8.8"], True), (["8.8.8.8", "93.184.215.14"], True), (["10.0.0.1", "8.8.8.8"], False), (["8.8.8.8", "10.0.0.1"], False),
    (["8.8.8.8", "10.0.0.1", "93.184.215.14"], False), (["fe80::1%eth0"], False), (["no address"], False), ([], False),
]  # fmt: skip
UNRESOLVED = [  # behind a proxy: host, port, and whether the proxy is asked for it
    ("news.example", 443, True), ("news.example", 22, False), ("10.0.0.1", 80, False), ("8.8.8.8", 80, True),
    ("2130706433", 80, False), ("0x7f.1", 80, False), ("::1", 80, False),
]  # fmt: skip


def with_source(source: str) -> Any:
    module = types.ModuleType("mutant")
    exec(compile(source, "guard.py", "exec"), module.__dict__)
    return module


def only_python_knows(module: Any) -> bool:
    """A network that a later Python learns to be special is refused although the list does not name it."""
    real = ipaddress.IPv4Address.is_global, ipaddress.IPv6Address.is_global
    try:
        ipaddress.IPv4Address.is_global = property(lambda _: False)  # type: ignore[assignment]
        ipaddress.IPv6Address.is_global = property(lambda _: False)  # type: ignore[assignment]
        module.is_public.cache_clear()
        return not module.is_public("8.8.8.8") and not module.is_public("2606:4700::1111")
    finally:
        ipaddress.IPv4Address.is_global, ipaddress.IPv6Address.is_global = real  # type: ignore[method-assign, assignment]
        module.is_public.cache_clear()


def without_python(module: Any) -> bool:
    """The list holds on its own, whatever Python knows of special networks."""
    real = ipaddress.IPv4Address.is_global, ipaddress.IPv6Address.is_global
    try:
        ipaddress.IPv4Address.is_global = property(lambda _: True)  # type: ignore[assignment]
        ipaddress.IPv6Address.is_global = property(lambda _: True)  # type: ignore[assignment]
        module.is_public.cache_clear()
        return not any(map(module.is_public, REFUSED)) and all(map(module.is_public, PUBLIC))
    finally:
        ipaddress.IPv4Address.is_global, ipaddress.IPv6Address.is_global = real  # type: ignore[method-assign, assignment]
        module.is_public.cache_clear()


def dials(module: Any, found: Sequence[str]) -> bool:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return found

    try:
        asyncio.run(module.Guard(STRICT, resolve).addresses("news.example", 80, "http://news.example/"))
    except FetchError:
        return False
    return True


def asks_proxy(module: Any, host: str, port: int) -> bool:
    try:
        module.Guard(STRICT, None).check_unresolved(host, port, "http://x/")
    except AddressRefused:
        return False
    return True


def is_sound(module: Any) -> bool:
    return (
        without_python(module)
        and only_python_knows(module)
        and all(module.Guard(rules, None).permits(address, port) is right for rules, address, port, right in PERMITTED)
        and all(dials(module, found) is right for found, right in NAMES)
        and all(asks_proxy(module, host, port) is right for host, port, right in UNRESOLVED)
    )


def is_noticed(source: str) -> bool:
    try:
        return not is_sound(with_source(source))
    except ValueError:  # an error that is none of ours is noticed, too
        return True


NETWORKS = re.findall(r'"([0-9a-f.:]+/\d+)",?', SOURCE[: SOURCE.index("@lru_cache")])
RULES = [
    ("ip.is_global and not any", "not any"),
    ("ip.is_global and ip in", "ip in"),
    ("ip in _UNICAST_V6 and ", ""),
    ("_UNICAST_V6 and not any(ip in network for network in _REFUSED_V6)", "_UNICAST_V6"),
    ("(port in self._ports and is_public(address))", "is_public(address)"),
    ("(port in self._ports and is_public(address))", "port in self._ports"),
    ("self._is_excepted(ipaddress.ip_address(address), port) or ", ""),
    ("ip in network and allowed in (0, port)", "ip in network"),
    ("ip in network and allowed in (0, port)", "allowed in (0, port)"),
    ("allowed in (0, port)", "allowed == port"),
    ("for address in found:\n            if", "for address in found[:1]:\n            if"),
    ("for address in found:\n            if", "for address in found[-1:]:\n            if"),
    ("if not self.permits(address, port):", "if False:"),
    ("_literal(host) or _old_literal(host)", "_literal(host)"),
    ("_literal(host) or _old_literal(host)", "_old_literal(host)"),
    ("self.permits(literal[0], port) if literal else port in self._ports", "port in self._ports"),
    ("if literal else port in self._ports", "if literal else True"),
    ("[str(ipaddress.ip_address(address)) for address in found]", "list(found)"),
    (" or _nothing(host, url)", ""),
]


def test_the_guard_as_it_is_gives_every_vector_its_due() -> None:
    """Row 27."""
    assert is_sound(with_source(SOURCE))
    assert len(NETWORKS) >= 24


@pytest.mark.parametrize("network", NETWORKS)
def test_no_network_of_the_list_can_go_missing(network: str) -> None:
    """Row 27: each is removed in turn (2000::/3, which is permitted, is widened to everything)."""
    removed = "::/0" if network == "2000::/3" else "255.255.255.254/32" if "." in network else "ffff:ffff::/128"
    assert is_noticed(SOURCE.replace(f'"{network}"', f'"{removed}"', 1))


@pytest.mark.parametrize(("rule", "without"), RULES, ids=[f"{old} → {new or 'nothing'}" for old, new in RULES])
def test_no_rule_can_go_missing(rule: str, without: str) -> None:
    """Row 27: each is removed in turn."""
    assert rule in SOURCE, "the guard was rewritten: give its new rules mutants of their own"
    assert is_noticed(SOURCE.replace(rule, without, 1))
