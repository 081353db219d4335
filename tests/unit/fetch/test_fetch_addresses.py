"""Which addresses are public (checklist row 27)."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.guard import Guard, is_public
from aggregator.model import FetchRules

REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.9.9.9",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::10.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1",
    "2001:20::1", "2001:db8::1", "2002:a00:1::1", "2002:808:808::1", "3fff::1", "4000::1", "5f00::1", "fc00::1",
    "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "168.63.129.17", "172.32.0.1", "2606:4700::1111", "2a00:1450::8a"]


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_not_public(address: str) -> None:
    """Row 27."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_hosts_of_the_internet_are_public(address: str) -> None:
    """Row 27."""
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_what_python_knows_as_special_is_refused(address: ipaddress.IPv4Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not is_public(str(address))


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "::{}", "64:ff9b::{}"]))
def test_no_form_that_embeds_another_address_is_public(address: ipaddress.IPv4Address, form: str) -> None:
    """Row 27: no private address passes in disguise, and neither does a public one."""
    assert not is_public(form.format(address))


async def _never(host: str, port: int) -> list[str]:
    raise AssertionError("no look-up is needed")


@pytest.mark.parametrize(
    ("allow", "address", "port", "permitted"),
    [
        ((), "8.8.8.8", 80, True),
        ((), "8.8.8.8", 443, True),
        ((), "8.8.8.8", 25, False),
        ((("127.0.0.0/8", 0),), "127.1.2.3", 9, True),
        ((("127.0.0.0/8", 0),), "::ffff:127.0.0.1", 9, False),
        ((("127.0.0.1/32", 8080),), "127.0.0.1", 8080, True),
        ((("127.0.0.1/32", 8080),), "127.0.0.1", 80, False),
        ((("10.0.0.5/8", 80),), "10.9.9.9", 80, True),
        ((("10.0.0.0/8", 80),), "8.8.8.8", 80, True),
        ((("fd00::/8", 443),), "fd00::1", 443, True),
        ((("fd00::/8", 443),), "fc00::1", 443, False),
    ],
)
def test_the_operator_decides_on_ports_and_exceptions(
    allow: tuple[tuple[str, int], ...], address: str, port: int, permitted: bool
) -> None:
    assert Guard(FetchRules(allow=allow), _never).permits(address, port) is permitted


def test_more_ports_may_be_permitted() -> None:
    guard = Guard(FetchRules(ports=(80, 443, 8443)), _never)
    assert guard.permits("8.8.8.8", 8443)
    assert not guard.permits("10.0.0.1", 8443)
