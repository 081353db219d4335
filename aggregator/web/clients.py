"""Who asks: the peer, or whom a reverse proxy on this machine names."""

from ipaddress import ip_address

from aggregator.web.held import Scope

_FORWARDING = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"})


def client_of(scope: Scope) -> str:
    """The client's address. X-Forwarded-For is believed only when the peer is on loopback, and only its last hop."""
    peer = peer_of(scope)
    if not _is_loopback(peer):
        return peer
    for name, value in scope["headers"]:
        if name == b"x-forwarded-for":
            return value.decode("latin-1").rpartition(",")[2].strip()[:64] or peer
    return peer


def peer_of(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "unknown"


def is_local(scope: Scope) -> bool:
    """Whether the request began on this machine: a loopback peer, and no proxy that says it passes it on."""
    return _is_loopback(peer_of(scope)) and not any(name in _FORWARDING for name, _ in scope["headers"])


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
