"""How the work goes, as Prometheus reads it; docs/operating.md says which of these deserve an alert."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aggregator.store.work import Work

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


def of_work(work: Work) -> Iterator["Metric"]:
    """The numbers of a Work; what is unknown is left out."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    polls = CounterMetricFamily("aggregator_polls", "Polls committed, by result", labels=["result"])
    polls.add_metric(["ok"], work.polls - work.failed)
    polls.add_metric(["failed"], work.failed)
    jobs = GaugeMetricFamily("aggregator_queue_jobs", "Jobs of the workers' queue", labels=["status"])
    for status, number in sorted(work.jobs.items()):
        jobs.add_metric([status], number)
    yield from (polls, jobs)
    for name, told, value in _gauges(work):
        if value is not None:
            yield GaugeMetricFamily(f"aggregator_{name}", told, value=value)


def _gauges(work: Work) -> tuple[tuple[str, str, int | None], ...]:
    return (
        ("overdue_feeds", "Feeds that are due while nobody holds their host", work.overdue),
        ("overdue_seconds", "How long the oldest overdue feed waits", work.overdue_for),
        ("leased_hosts", "Hosts that a process holds now", work.leased),
        ("runs", "Processes that poll and showed signs of life lately", work.runs),
        ("unplaced_articles", "Articles that wait for their story", work.unplaced),
        ("unplaced_seconds", "How long the oldest of them waits", work.unplaced_for),
        ("stuck_articles", "Articles set aside, for they cannot be placed by a fault of the program", work.stuck),
        ("unrendered_feeds", "Feeds that changed and are not rendered yet", work.unrendered),
        ("unrendered_seconds", "How long the oldest of them waits", work.unrendered_for),
        ("database_bytes", "Size of the database", work.database),
        ("database_log_bytes", "Size of SQLite's write-ahead log", work.log),
        ("disk_free_bytes", "Free on the disk of an SQLite database", work.disk_free),
        ("last_backup_seconds", "When a backup was last made, epoch", work.backed_up),
        (
            "configuration_refused",
            "1 while the files are broken and the last valid ones are in force",
            int(work.refused),
        ),
        ("last_tended_seconds", "When old texts and indexes were last dropped, epoch", work.tended),
    )
