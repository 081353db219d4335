"""`fetch --shadow`: the round goes as always, and says how feedparser reads the same documents."""

import json
from pathlib import Path

import pytest
from papers import Papers, serving, write_config

from aggregator.model import Document, Feed, Job, Source
from aggregator.worker.shadow import Shadow


@pytest.fixture
def common(tmp_path: Path):  # type: ignore[no-untyped-def]
    with serving(Papers(count=4, broken={3})) as papers:
        config = write_config(tmp_path / "config", papers)
        yield "--config", str(config), "--database", f"sqlite:///{tmp_path / 'news.db'}"


@pytest.mark.slow
def test_all_documents_are_compared_and_the_report_says_so(aggregator, common) -> None:
    status, out, _ = aggregator("fetch", "--all", "--shadow", "100", "--json", *common)
    assert status == 0
    report = json.loads(out)
    shadow = report["shadow"]
    assert (shadow["share"], shadow["documents"], shadow["entries"]) == (100, report["ok"], report["entries"])
    assert (shadow["only_ours"], shadow["only_feedparser"], shadow["differences"]) == (0, 0, [])
    assert shadow["fields"]["link"] == {"compared": report["entries"], "different": 0}
    assert report["new"] == report["entries"] > 0


@pytest.mark.slow
def test_people_get_a_table(aggregator, common) -> None:
    status, out, _ = aggregator("fetch", "--all", "--shadow", "100", *common)
    assert status == 0
    assert "compared with feedparser" in out
    assert "published" in out


@pytest.mark.slow
def test_without_it_nothing_is_compared(aggregator, common) -> None:
    status, out, _ = aggregator("fetch", "--all", "--json", *common)
    assert status == 0
    assert "shadow" not in json.loads(out)
    assert aggregator("fetch", "--shadow", "101", *common)[0] == 2


@pytest.mark.parametrize(("share", "taken"), [(100, 20), (50, 10), (5, 1), (0, 0), (33.4, 6)])
def test_a_share_of_the_documents_is_taken_evenly(share: float, taken: int) -> None:
    shadow = Shadow(share)
    turns = [shadow._is_due() for _ in range(20)]
    assert sum(turns) == taken


def test_a_failing_comparison_costs_no_poll() -> None:
    import asyncio

    from aggregator.errors import ParseError

    class Broken:
        async def prepare(self, job: Job) -> str:
            return "prepared"

        async def compare(self, job: Job) -> None:
            raise ParseError("killed the process that read it")

    job = Job(Document("https://a.example/"), Feed("s", "https://a.example/"), Source("s", "S", "", "KZ", "ru"), (), 0)
    shadow = Shadow(100)
    assert asyncio.run(shadow.beside(Broken())(job)) == "prepared"  # type: ignore[arg-type, comparison-overlap]
    assert shadow.as_json()["skipped"] == {"killed the process that read it": 1}
