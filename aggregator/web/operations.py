"""For those who run the server: is it alive, is it ready, how does it fare."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import structlog

from aggregator import health as healthy
from aggregator import store
from aggregator.errors import AggregatorError
from aggregator.store import Db
from aggregator.store.health import FeedHealth
from aggregator.store.work import Work
from aggregator.web.feed_numbers import of_feeds
from aggregator.web.service import Service
from aggregator.web.work_numbers import of_work

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

log = structlog.get_logger()

STATES = ("ok", "new", "silent", "failing", "gone", "gap", "disabled")


async def is_ready(service: Service) -> bool:
    """Whether the database answers."""
    try:
        await service.read(store.live.config_digest)
    except AggregatorError:
        return False
    return True


async def metrics(service: Service) -> tuple[bytes, str]:
    """The numbers in Prometheus' text format, and its media type; those of the server alone while the database is away."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    try:
        gathered = await service.read(lambda db: _gather(db, service))
    except AggregatorError as error:
        log.warning("metrics without the database", error=str(error))
        gathered = None

    class Numbers:
        def collect(self) -> Iterator["Metric"]:
            yield from _of_server(service, answers=gathered is not None)
            if gathered is not None:
                yield from _of_database(*gathered)

    registry = CollectorRegistry()
    registry.register(Numbers())
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


def _gather(db: Db, service: Service) -> tuple[tuple[FeedHealth, ...], dict[str, Any], Work]:
    return healthy.feeds(db, service.now()), store.reading.counts(db), store.work.gather(db, service.now())


def _of_server(service: Service, *, answers: bool) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    yield GaugeMetricFamily("aggregator_database_up", "1 while the database answers", value=int(answers))
    statuses = CounterMetricFamily("aggregator_http_answers", "Answers by status", labels=["status"])
    for status, number in sorted(service.answers.items()):
        statuses.add_metric([str(status)], number)
    held = GaugeMetricFamily(
        "aggregator_http_held_bytes", "Estimated bytes of answers kept in memory", labels=["shelf"]
    )
    held.add_metric(["feeds"], service.feeds.bytes)
    held.add_metric(["made"], service.made.bytes)
    yield from (statuses, held)
    yield GaugeMetricFamily("aggregator_started_seconds", "When this server started, epoch", value=service.started)


def _of_database(health: tuple[FeedHealth, ...], counts: dict[str, Any], work: Work) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily

    feeds = GaugeMetricFamily("aggregator_feeds", "Feeds that are read, by state", labels=["state"])
    for state in STATES:
        feeds.add_metric([state], sum(feed.state == state for feed in health))
    topics = GaugeMetricFamily("aggregator_topic_stories", "Stories that stand in a topic", labels=["topic"])
    for topic, number in sorted(counts["topics"].items()):
        topics.add_metric([topic], number)
    yield from (feeds, topics)
    yield from of_feeds(health)
    yield from of_work(work)
    for name in ("articles", "stories", "copies", "revisions"):
        yield GaugeMetricFamily(f"aggregator_{name}", f"Number of {name} stored", value=counts[name])
    newest = max((feed.last_success for feed in health if feed.last_success is not None), default=0)
    yield GaugeMetricFamily("aggregator_last_success_seconds", "When a feed was last read, epoch", value=newest)
