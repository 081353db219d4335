"""The configuration written for the origin, the reports read back, and the table."""

from pathlib import Path

from aggregator.config import load
from benchmarks.end_to_end import SCENARIOS, Result, _json_of, table, write_config
from benchmarks.measure import Cost

FEEDS = [
    {"url": "http://127.40.1.1:8300/feed/0.xml", "title": 'Хабар «"0"»', "language": "ru"},
    {"url": "http://127.40.1.2:8300/feed/1.xml", "title": "Xəbər 1", "language": "az"},
]


def result(scenario: str, client: str, cpu: float, server: float = 0.0, *, feeds: int = 100) -> Result:
    cost = Cost(status=0, wall_s=2.0, cpu_s=cpu, server_cpu_s=server, peak_mb=50.0)
    return Result(scenario, client, cost, 3_000_000, 40, 41, 2, feeds)


def test_the_configuration_is_valid_and_holds_every_feed_and_the_topics_as_shipped(tmp_path: Path) -> None:
    config = load(write_config(tmp_path, FEEDS, 8300))
    assert [feed.url for source in config.sources for feed in source.feeds] == [feed["url"] for feed in FEEDS]
    assert config.fetch.allow == (("127.0.0.0/8", 8300),)
    assert config.fetch.host_gap == 0
    assert len(config.topics) == 7


def test_the_table_gives_cpu_a_feed_with_the_servers_and_its_ratio_to_the_peer() -> None:
    rows = table([result("cold", "aggregator", 2.0, server=1.0), result("cold", "naive", 4.0)])
    ours, peer = rows.splitlines()[2:]
    assert ours == "| cold import | aggregator | 30.00 | 2.0 | 50 | 3.0 | 40 of 41 | 0.75 |"
    assert peer == "| cold import | naive | 40.00 | 2.0 | 50 | 3.0 | 40 of 41 |  |"


def test_without_a_peer_there_is_no_ratio() -> None:
    assert table([result("304", "aggregator", 1.0)]).endswith("40 of 41 |  |")


def test_a_report_is_found_behind_warnings_and_is_empty_when_there_is_none() -> None:
    assert _json_of('a warning\n{"feeds": 2, "errors": [{"class": "x"}]}\n') == {"feeds": 2}
    assert _json_of("Traceback {broken") == {}
    assert _json_of("") == {}


def test_json_of_a_result_is_flat_and_per_feed() -> None:
    row = result("new", "aggregator", 1.0, feeds=10).as_json()
    assert (row["cpu_ms_a_feed"], row["database_mb"], row["articles"], row["expected"]) == (100.0, 3.0, 40, 41)


def test_scenarios_have_names_of_their_own() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
