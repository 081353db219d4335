"""Buckets of tokens: bursts are allowed, floods are told how long to wait."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.web.limits import Limiter, network


def test_a_burst_is_granted_then_the_client_waits_until_the_bucket_refills() -> None:
    limiter = Limiter(capacity=3, refill=0.5)
    assert [limiter.wait("192.0.2.1", 1, 100.0) for _ in range(4)] == [0, 0, 0, 2]
    assert limiter.wait("192.0.2.1", 1, 101.9) > 0
    assert limiter.wait("192.0.2.1", 1, 102.0) == 0


def test_waiting_costs_nothing_and_clients_do_not_pay_for_each_other() -> None:
    limiter = Limiter(capacity=1, refill=1)
    assert limiter.wait("a", 1, 0) == 0
    assert limiter.wait("a", 1, 0.5) == limiter.wait("a", 1, 0.5) == 1
    assert limiter.wait("b", 1, 0.5) == 0


def test_it_remembers_a_bounded_number_of_clients() -> None:
    limiter = Limiter(capacity=1, refill=1, most=10)
    for number in range(1000):
        limiter.wait(f"192.0.2.{number}", 1, 0)
    assert len(limiter._buckets) == 10


def test_the_addresses_of_one_ipv6_network_share_a_bucket() -> None:
    assert network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2::9") == "2001:db8:1:2::"
    assert network("::ffff:192.0.2.7") == network("192.0.2.7") == "192.0.2.7"
    assert network("fe80::1%eth0") == "fe80::"
    assert network("not an address") == "not an address"


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 5)), max_size=50))
def test_no_client_gets_more_than_its_burst_and_refill(requests: list[tuple[float, float]]) -> None:
    limiter, now, granted = Limiter(capacity=5, refill=2), 0.0, 0.0
    for pause, cost in requests:
        now += pause
        granted += cost if limiter.wait("a", cost, now) == 0 else 0
        assert granted <= 5 + 2 * now + 1e-6
