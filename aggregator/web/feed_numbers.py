"""How each feed fares, in numbers for Prometheus: state, last success, next poll, failures in a row, gaps, pushes."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from aggregator.store.health import FeedHealth

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_NUMBERS: tuple[tuple[str, str, Callable[[FeedHealth], int | None]], ...] = (
    ("last_success_seconds", "When the feed was last read, epoch", lambda feed: feed.last_success),
    ("last_new_seconds", "When the feed last brought something new, epoch", lambda feed: feed.last_new),
    (
        "next_poll_seconds",
        "When the feed is polled next, epoch",
        lambda feed: None if feed.state == "gone" else feed.next_poll,
    ),
    ("failing_since_seconds", "When the present row of failures began, epoch", lambda feed: feed.failing_since),
    ("failures", "Failed polls in a row", lambda feed: feed.failures),
    ("gaps", "Times that entries may have passed unseen", lambda feed: feed.gaps),
    ("last_push_seconds", "When its hub last told us of something, epoch", lambda feed: feed.pushed),
)


def of_feeds(health: Sequence[FeedHealth]) -> Iterator["Metric"]:
    """One sample a feed for every number that it has, and 1 for the state it is in. Feeds switched off are left out."""
    from prometheus_client.core import GaugeMetricFamily

    active = [(feed, [feed.source, shown(feed.url)]) for feed in health if feed.active]
    states = GaugeMetricFamily(
        "aggregator_feed_state", "1 for the state a feed is in", labels=["source", "feed", "state"]
    )
    for feed, labels in active:
        states.add_metric([*labels, feed.state], 1)
    yield states
    for name, told, number in _NUMBERS:
        family = GaugeMetricFamily(f"aggregator_feed_{name}", told, labels=["source", "feed"])
        for feed, labels in active:
            if (value := number(feed)) is not None:
                family.add_metric(labels, value)
        yield family


def shown(url: str) -> str:
    """The address without a login."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
