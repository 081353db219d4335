"""Every document of the corpus that our own readers read comes out exactly as its expectation says."""

import pytest
from parse_corpus import Case, cases, shown_entry, shown_facts

from aggregator.errors import ParseError

READ = [case for case in cases() if case.error is None and not case.needs_child]
REFUSED = [case for case in cases() if case.error is not None and not case.needs_child]


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
def test_is_read_as_expected(case: Case) -> None:
    reading = case.read()
    assert reading.route == case.route, case.about
    assert shown_facts(reading.facts) == case.facts, case.about
    assert [shown_entry(entry, case.url) for entry in reading.entries] == list(case.entries), case.about


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_is_refused_with_a_reason(case: Case) -> None:
    with pytest.raises(ParseError) as refusal:
        case.read()
    assert str(refusal.value) == case.error, case.about


def test_the_corpus_covers_every_format_and_language() -> None:
    assert len(cases()) >= 200
    assert {case.route for case in cases()} >= {"fast", "repaired", "tolerant", "json", "page", "sitemap", "channel"}
    named = {entry.get("language") for case in cases() for entry in case.entries}
    assert named >= {"ru", "kk", "az", "tr", "en"}


def test_no_host_of_the_corpus_can_exist() -> None:
    hosts = {case.url.split("/")[2] for case in cases()}
    assert all(host.endswith(".example") or host == "t.me" for host in hosts)
