"""The archive under edited rules: what the plan predicts is what comes, and a kill or another process spoils nothing."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from store_making import NOW, batch, one_claim, prepared

from aggregator import config as configuration
from aggregator import pipeline, store, topics
from aggregator.bootstrap import Live, Tools, activate, files_of
from aggregator.planning import look
from aggregator.store import Db, Store
from aggregator.store.tables import ARTICLE, ENTRY, MATCH
from aggregator.topics import match
from aggregator.worker import archive, local, service
from aggregator.worker.archive import rematch
from aggregator.worker.plan import feeds
from aggregator.worker.pool import Matchable

LATER = NOW + 7200
SITE = '[site]\ntitle = "Test"\nbase_url = "http://127.0.0.1:8080"\nlanguages = ["en"]\n'
SOURCE = '[[source]]\nid = "paper"\nname = "Paper"\nurl = "https://paper.example/"\ncountry = "KZ"\nlanguage = "en"\n'
TOPIC = 'title = {{ en = "{name}" }}\n[terms.en]\nstrong = [{terms}]\n'
ARTICLES = 1200
CHILD = Path(__file__).parents[2] / "support" / "archive_child.py"


class Rules:
    """The pool's part: matches texts under rules given as bytes."""

    def __init__(self, live: Live, after: int = 10**9) -> None:
        self._rules, self.pages, self._after = topics.Rules.from_bytes(live.rules), 0, after

    async def match(self, texts: list[Matchable]) -> list[Any]:
        self.pages += 1
        if self.pages > self._after:
            raise KeyboardInterrupt  # as good as a kill: nothing after it is done
        return [
            match(self._rules, title=t.title, text=t.text, language=t.language, source=t.source, country=t.country)
            for t in texts
        ]


class Newsroom:
    """Articles numbered from 0; each third speaks of cargo, each fifth of wind power."""

    def __init__(self, opened: Store, directory: Path) -> None:
        self.opened, self.directory = opened, directory
        (directory / "sources").mkdir(parents=True)
        (directory / "topics").mkdir()
        (directory / "aggregator.toml").write_text(SITE)
        (directory / "sources" / "a.toml").write_text(SOURCE)

    def write(self, **terms: str) -> None:
        for old in (self.directory / "topics").glob("*.toml"):
            old.unlink()
        for name, text in terms.items():
            (self.directory / "topics" / f"{name}.toml").write_text(TOPIC.format(name=name, terms=text))

    def live(self, now: int = NOW) -> Live:
        return activate(self.opened, configuration.load(self.directory), files_of(self.directory), now)

    def tools(self, live: Live, now: int = NOW) -> Tools:
        async def write(work: Any, *args: Any) -> Any:
            with self.opened.writing() as db:
                return work(db, *args)

        return Tools(live, self.opened, SimpleNamespace(), None, write, lambda: now)  # type: ignore[arg-type]

    def fill(self, live: Live, count: int = ARTICLES) -> None:
        rules = topics.Rules.from_bytes(live.rules)
        rows = []
        for number in range(count):
            text = "Cargo ships sail." if number % 3 == 0 else "Wind power grows." if number % 5 == 0 else "Snow falls."
            one = prepared(f"a{number}", title=f"Report {number}", text=text, published=NOW - 10_000 + number)
            found = match(rules, title=one.article.title, text=text, language="en", country="KZ")
            rows.append(replace(one, matches=found))
        claim = one_claim(self.opened)
        with self.opened.writing() as db:
            store.articles.ingest(db, claim, batch(*rows), NOW, live.number, lambda *_: True)
        asyncio.run(self.publish(live, NOW))

    async def publish(self, live: Live, now: int) -> None:
        tools = self.tools(live, now)
        await rematch(tools, Rules(live))  # type: ignore[arg-type]
        await local.place_all(tools)
        await local.publish_dirty(tools)

    def standing(self, topic: str) -> set[int]:
        """The articles whose stories stand in a topic."""
        stories = select(ENTRY.c.story).where(ENTRY.c.topic == topic, ENTRY.c.withdrawn.is_(None))
        with self.opened.reading() as db:
            return set(db.execute(select(ARTICLE.c.id).where(ARTICLE.c.story.in_(stories))).scalars())

    def matched(self, topic: str) -> set[int]:
        with self.opened.reading() as db:
            return set(db.execute(select(MATCH.c.article).where(MATCH.c.topic == topic)).scalars())


@pytest.fixture
def newsroom(opened: Store, tmp_path: Path) -> Newsroom:
    archive._warned.clear()
    return Newsroom(opened, tmp_path / "config")


def bodies(opened: Store, names: tuple[str, ...]) -> dict[str, dict[str, bytes]]:
    def held(db: Db, name: str) -> dict[str, bytes]:
        rows = {format_: store.publications.rendering(db, name, format_) for format_ in ("atom", "rss", "json")}
        return {format_: one[0].body for format_, one in rows.items() if one is not None}

    with opened.reading() as db:
        return {name: held(db, name) for name in names}


@pytest.mark.slow
def test_the_plan_is_what_the_feeds_become_byte_for_byte(newsroom: Newsroom) -> None:
    newsroom.write(cargo='"cargo"', wind='"wind power"')
    newsroom.fill(newsroom.live())
    names = ("cargo", "wind", "snow", "all")
    before = bodies(newsroom.opened, names)
    newsroom.write(cargo='"cargo ship", "wind power"', snow='"snow"', wind='"wind power"')
    edited = configuration.load(newsroom.directory)
    rules = topics.compile_rules(edited.topics, edited.lists)
    plan = look(newsroom.opened, edited, rules, {topic.id for topic in edited.topics})
    predicted = feeds(newsroom.opened, edited, files_of(newsroom.directory), rules, plan, LATER)
    assert bodies(newsroom.opened, names) == before, "planning changes nothing"
    asyncio.run(newsroom.publish(newsroom.live(LATER), LATER))
    assert bodies(newsroom.opened, names) == predicted
    assert predicted["cargo"]["atom"] != before["cargo"]["atom"]
    now = {name: newsroom.standing(name) for name in ("cargo", "snow", "wind")}
    entering = {name: {c.article for c in plan.changes if c.topic == name and c.added} for name in now}
    assert entering == {"cargo": now["wind"], "snow": now["snow"], "wind": set()}
    assert all(c.added for c in plan.changes)


def test_a_plan_says_what_brings_an_article_in_and_what_keeps_it_out_now(newsroom: Newsroom) -> None:
    newsroom.write(cargo='"cargo"', wind='"wind power"')
    newsroom.fill(newsroom.live(), 15)
    newsroom.write(cargo='"wind"', wind='"wind power"')
    edited = configuration.load(newsroom.directory)
    plan = look(newsroom.opened, edited, topics.compile_rules(edited.topics, edited.lists), {"cargo"})
    added, removed = [c for c in plan.changes if c.added], [c for c in plan.changes if not c.added]
    assert {(c.topic, c.forms, c.why) for c in added} == {("cargo", ("Wind",), "")}
    assert {(c.topic, c.forms, c.why) for c in removed} == {("cargo", ("Cargo",), "lacks 5 points")}
    assert (len(added), len(removed), plan.articles) == (2, 5, 15)
    assert plan.share("cargo") == 140.0


def test_a_renamed_topic_changes_by_what_its_rules_change_only(newsroom: Newsroom) -> None:
    newsroom.write(cargo='"cargo"')
    newsroom.fill(newsroom.live(), 15)
    newsroom.write(freight='"cargo"')
    path = newsroom.directory / "topics" / "freight.toml"
    path.write_text('formerly = ["cargo"]\n' + path.read_text())
    edited = configuration.load(newsroom.directory)
    plan = look(newsroom.opened, edited, topics.compile_rules(edited.topics, edited.lists), {"freight", "cargo"})
    assert plan.renamed == {"cargo": "freight"}
    assert (plan.changes, len(plan.before["freight"])) == ([], 5)
    assert plan.before["freight"] == plan.after["freight"]
    asyncio.run(newsroom.publish(newsroom.live(LATER), LATER))
    assert len(newsroom.standing("freight")) == 5
    again = look(newsroom.opened, edited, topics.compile_rules(edited.topics, edited.lists), {"freight"})
    assert (again.renamed, again.changes) == ({}, [])


@pytest.mark.slow
def test_readers_never_see_half_a_topic_and_a_killed_rematch_goes_on_where_it_was(newsroom: Newsroom) -> None:
    newsroom.write(cargo='"cargo"')
    newsroom.fill(newsroom.live())
    old = newsroom.standing("cargo")
    assert len(old) == ARTICLES // 3
    newsroom.write(cargo='"snow"')
    live = newsroom.live(LATER)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(rematch(newsroom.tools(live, LATER), Rules(live, after=1)))  # type: ignore[arg-type]
    assert newsroom.standing("cargo") == old, "no feed follows before every article does"
    assert newsroom.matched("cargo") != old, "the first page is done and kept"
    again = Rules(live)
    asyncio.run(rematch(newsroom.tools(live, LATER), again))  # type: ignore[arg-type]
    assert again.pages == 2, "the page before the kill is not matched again"
    assert newsroom.standing("cargo") == newsroom.matched("cargo")
    assert not newsroom.standing("cargo") & old


@pytest.mark.slow
@pytest.mark.parametrize(("where", "kept"), [("matching", 500), ("writing", 500), ("following", ARTICLES)])
def test_a_rematch_that_is_killed_outright_goes_on_and_ends_as_the_plan_said(
    newsroom: Newsroom, where: str, kept: int
) -> None:
    newsroom.write(cargo='"cargo"', wind='"wind power"')
    newsroom.fill(newsroom.live())
    old = {name: newsroom.standing(name) for name in ("cargo", "wind")}
    newsroom.write(cargo='"snow"', wind='"cargo", "wind power"')
    edited = configuration.load(newsroom.directory)
    plan = look(newsroom.opened, edited, topics.compile_rules(edited.topics, edited.lists), {"cargo", "wind"})
    predicted = feeds(
        newsroom.opened, edited, files_of(newsroom.directory), topics.compile_rules(edited.topics, edited.lists),
        plan, LATER,
    )  # fmt: skip
    live = newsroom.live(LATER)
    url = newsroom.opened.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, str(CHILD), url, str(newsroom.directory), str(LATER), where]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert {name: newsroom.standing(name) for name in old} == old, "no feed follows before all of them do"
    with newsroom.opened.reading() as db:
        waiting = store.rules.outdated(db, live.number, 0, ARTICLES + 1)
    assert len(waiting) == ARTICLES - kept, "what was committed is kept, what was not is undone"
    asyncio.run(newsroom.publish(live, LATER))
    assert bodies(newsroom.opened, tuple(predicted)) == predicted
    for name in old:
        assert newsroom.standing(name) == newsroom.matched(name)
        assert len(plan.after[name]) == len(newsroom.standing(name))


def test_a_kill_between_the_last_page_and_the_feeds_is_made_good(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.write(cargo='"cargo"')
    newsroom.fill(newsroom.live(), 60)
    newsroom.write(cargo='"snow"')
    live = newsroom.live(LATER)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(archive, "follow", killed)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(rematch(newsroom.tools(live, LATER), Rules(live)))  # type: ignore[arg-type]
    assert newsroom.standing("cargo") != newsroom.matched("cargo")
    pool = Rules(live)
    asyncio.run(rematch(newsroom.tools(live, LATER), pool))  # type: ignore[arg-type]
    assert pool.pages == 0
    assert newsroom.standing("cargo") == newsroom.matched("cargo")


def test_what_was_stored_under_older_rules_follows_after_the_archive(newsroom: Newsroom) -> None:
    newsroom.write(cargo='"cargo"')
    old = newsroom.live()
    newsroom.fill(old, 30)
    newsroom.write(cargo='"snow"')
    live = newsroom.live(LATER)
    asyncio.run(newsroom.publish(live, LATER))
    late = prepared("late", source="late", title="Late", text="Snow and cargo.")
    claim = one_claim(newsroom.opened, "late", LATER)
    with newsroom.opened.writing() as db:
        store.articles.ingest(db, claim, batch(late), LATER, old.number, lambda *_: True)
        while pipeline.place(db, newsroom.tools(live, LATER)):
            pass
    before = newsroom.standing("cargo")
    asyncio.run(rematch(newsroom.tools(live, LATER), Rules(live)))  # type: ignore[arg-type]
    assert len(newsroom.standing("cargo") - before) == 1


def test_of_two_processes_with_different_rules_the_newest_holds_and_the_other_says_so_once(newsroom: Newsroom) -> None:
    newsroom.write(cargo='"cargo"')
    first = newsroom.live()
    newsroom.fill(first, 60)
    newsroom.write(cargo='"snow"')
    second = newsroom.live(LATER)
    tools = {live.number: newsroom.tools(live, LATER) for live in (first, second)}
    pools = {live.number: Rules(live) for live in (first, second)}
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            for live in (first, second):
                asyncio.run(rematch(tools[live.number], pools[live.number]))  # type: ignore[arg-type]
                asyncio.run(rematch(tools[live.number], pools[live.number], waiting=True))  # type: ignore[arg-type]
    assert (pools[first.number].pages, pools[second.number].pages) == (0, 1)
    assert [entry["log_level"] for entry in logged] == ["warning"]
    assert "other rules" in logged[0]["event"]
    assert newsroom.standing("cargo") == newsroom.matched("cargo")


@pytest.mark.parametrize("watches_first", [True, False])
def test_a_process_whose_rules_were_replaced_goes_on_by_the_newest_until_its_own_files_change(
    newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watches_first: bool
) -> None:
    monkeypatch.setattr(service, "IDLE", 0.05)
    other = Newsroom(newsroom.opened, tmp_path / "other")
    newsroom.write(cargo='"cargo"')
    other.write(cargo='"snow"')
    first = newsroom.live()
    tools, pool, seen = newsroom.tools(first), SimpleNamespace(renew=lambda _: None), list[int]()
    soon = int(time.time()) + 60  # files tell by the machine's clock when they were touched
    tools.fetcher = SimpleNamespace(renew=lambda _: None)  # type: ignore[assignment]

    async def until(number: int) -> None:
        while tools.live.number != number:
            await asyncio.sleep(0.02)

    async def settle() -> None:
        seen.append(tools.live.number)

    async def two() -> None:
        second = None if watches_first else await asyncio.to_thread(other.live, soon)
        watching = asyncio.create_task(service.watch(newsroom.opened, newsroom.directory, tools, pool, settle))  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
        second = second or await asyncio.to_thread(other.live, soon)
        await asyncio.wait_for(until(second.number), 20)
        await asyncio.sleep(0.3)
        newsroom.write(cargo='"wind"')
        await asyncio.wait_for(until(second.number + 1), 20)
        watching.cancel()

    with structlog.testing.capture_logs() as logged:
        asyncio.run(two())
    assert seen == [first.number + 1, first.number + 2], "neither comes back without an edit"
    assert [entry["log_level"] for entry in logged].count("warning") == 1
