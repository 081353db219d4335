"""How much work one client may ask for: a bucket of tokens for each address."""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from math import ceil

CAPACITY = 120.0
"""Tokens of a rested client; a query costs 1, a search 5."""

REFILL = 2.0
"""Tokens a second."""

MOST_CLIENTS = 20_000


class Limiter:
    """Buckets by client; those not seen for longest are forgotten first, when they are full again anyway."""

    def __init__(self, capacity: float = CAPACITY, refill: float = REFILL, most: int = MOST_CLIENTS) -> None:
        self.capacity, self.refill, self.most = capacity, refill, most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str, cost: float, now: float) -> int:
        """Take `cost` tokens at the time `now` (seconds) and return 0, or take none and return the seconds to wait."""
        name = network(client)
        level, then = self._buckets.pop(name, (self.capacity, now))
        level = min(self.capacity, level + (now - then) * self.refill)
        granted = level >= cost
        self._buckets[name] = (level - cost if granted else level, now)
        if len(self._buckets) > self.most:
            self._buckets.popitem(last=False)
        return 0 if granted else max(1, ceil((cost - level) / self.refill))


def network(client: str) -> str:
    """Whom an address belongs to: itself, or the /64 of an IPv6 address, which one household may use up."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)
