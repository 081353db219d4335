"""The operator's plan: what edited rules would change, those on disk and those that are only tried; nothing is changed."""

import threading
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from aggregator import store
from aggregator.web import trial, trying

Site = Any
NOW = 1_795_372_202


def desk(site: Site) -> str:
    site.app.service.directory = site.config
    with site.opened.writing() as db:
        return f"/private/{store.tokens.make(db, 'operations', 'for a test', NOW)}/operations"


def post(site: Site, path: str, headers: dict[str, str] | None = None, **form: str) -> Any:
    """Send a form; the status and the page."""
    sent: list[Any] = []
    fields = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": path, "raw_path": b"",
        "query_string": query.encode(), "root_path": "", "client": ("192.0.2.7", 5000), "server": ("127.0.0.1", 80),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": urlencode(form).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    site.runner.run(site.app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


def held(site: Site) -> Any:
    """What a plan must leave alone: the matches, the rules in force, the files."""
    with site.opened.reading() as db:
        matches = [(page.id, page.held) for page in store.rules.archived(db, 0, 1000)]
        return matches, store.live.files(db), {p.name: p.read_bytes() for p in site.config.rglob("*.toml")}


def test_the_page_of_the_desk_leads_to_the_plan_which_says_that_nothing_is_edited(own_site: Site) -> None:
    home = desk(own_site)
    assert f'href="{home}/plan?hl=en"' in own_site.get(f"{home}?hl=en").text
    page = own_site.get(f"{home}/plan?hl=en")
    assert page.status == 200
    assert "The rules in config/ on disk are those that are live." in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.headers["x-robots-tag"]
    for language in ("ru", "kk", "az", "tr"):
        assert own_site.get(f"{home}/plan?hl={language}").status == 200


def test_rules_edited_on_disk_are_told_with_what_enters_and_what_leaves(
    own_site: Site, topic_files: dict[str, str]
) -> None:
    home, before = desk(own_site), held(own_site)[:2]
    edited = topic_files["harbour"].replace('"harbour"', '"rain"')
    (own_site.config / "topics" / "harbour.toml").write_text(edited, "utf-8")
    page = own_site.get(f"{home}/plan?hl=en").text
    assert "127 articles were read." in page
    assert "Stories that enter: 1, that leave: 1" in page
    assert page.count("Stories that enter") == 1, "only the topic whose rules differ"
    assert "Rain expected" in page
    assert "Cargo leaves harbour after storm" in page
    assert "now it lacks " in page
    assert held(own_site)[:2] == before


def test_a_text_is_planned_without_being_saved(own_site: Site, topic_files: dict[str, str]) -> None:
    home, before = desk(own_site), held(own_site)
    form = own_site.get(f"{home}/plan?topic=quiet&hl=en").text
    assert "unheardofword" in form
    assert "Stories that enter" not in form
    edited = topic_files["quiet"].replace("unheardofword", "notice")
    status, page = post(own_site, f"{home}/plan?hl=en", topic="quiet", text=edited.replace("\n", "\r\n"))
    assert status == 200
    assert "Stories that enter: 120, that leave: 0" in page
    assert page.count(">Cargo notice ") == trying.MOST_TITLES
    assert "and 100 more" in page
    assert "strong = [&#34;notice&#34;]" in page, "what was typed is still there"
    assert held(own_site) == before
    _, page = post(own_site, f"{home}/plan?hl=en", topic="quiet", text=topic_files["quiet"] + "# a remark\n")
    assert "The rules of this text are those that are live." in page


def test_the_faults_of_a_text_are_told_with_file_and_line(own_site: Site, topic_files: dict[str, str]) -> None:
    home = desk(own_site)
    status, page = post(own_site, f"{home}/plan?hl=en", topic="quiet", text=topic_files["quiet"] + "wekk = 1\n")
    assert status == 200
    assert '<li dir="auto">topics/quiet.toml:5: terms.en.wekk: ' in page
    assert "articles were read" not in page
    _, page = post(own_site, f"{home}/plan?hl=en", topic="quiet", text="</textarea><script>alert(1)</script>\0")
    assert "topics/quiet.toml:1: syntax" in page
    assert "<script" not in page


def test_the_faults_of_files_on_disk_are_told(own_site: Site) -> None:
    home = desk(own_site)
    (own_site.config / "topics" / "cargo.toml").write_bytes(b"title = 3\n\xff")
    (own_site.config / "aggregator.toml").write_text("[site]\n", "utf-8")
    page = own_site.get(f"{home}/plan?hl=en").text
    assert "topics/cargo.toml:2: encoding: " in page
    assert "aggregator.toml:1: site" in page
    assert str(own_site.config) not in page


def test_a_failing_test_of_a_topic_is_told_beside_the_plan(own_site: Site, topic_files: dict[str, str]) -> None:
    edited = topic_files["quiet"].replace("unheardofword", "notice") + '[tests]\nmatch = ["nothing of it"]\n'
    _, page = post(own_site, f"{desk(own_site)}/plan?hl=en", topic="quiet", text=edited)
    assert "topics/quiet.toml:6: tests.match: nothing of it: must match" in page
    assert "Stories that enter: 120" in page


def test_a_topic_that_goes_loses_its_stories(own_site: Site) -> None:
    home = desk(own_site)
    (own_site.config / "topics" / "harbour.toml").unlink()
    page = own_site.get(f"{home}/plan?hl=en").text
    assert ">the topic is gone<" in page
    assert "Stories that enter: 0, that leave: " in page


def test_hostile_titles_and_names_are_text(own_site: Site, topic_files: dict[str, str]) -> None:
    edited = topic_files["quiet"].replace("Nothing ever", "<b>bold</b>").replace("unheardofword", "onerror")
    status, page = post(own_site, f"{desk(own_site)}/plan?hl=en", topic="quiet", text=edited)
    assert status == 200
    assert "Stories that enter: 1, that leave: 0" in page
    assert "&lt;script&gt;alert(" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<script" not in page
    assert "<b>" not in page
    assert "<img" not in page


def test_only_the_operator_gets_a_plan_and_from_no_other_site(own_site: Site, topic_files: dict[str, str]) -> None:
    plan = desk(own_site) + "/plan"
    wrong = plan.replace("/private/", "/private/x")
    assert own_site.get(wrong).status == 404
    assert post(own_site, wrong, topic="quiet", text="")[0] == 404
    with own_site.opened.writing() as db:
        other = store.tokens.make(db, "secret", "", NOW)
        metrics = store.tokens.make(db, "metrics", "", NOW)
    assert own_site.get(f"/private/{other}/secret/plan").status == 404
    assert own_site.get(f"/private/{metrics}/metrics/plan").status == 404
    assert own_site.get(f"/private/{other}/operations/plan").status == 404
    assert post(own_site, plan, {"sec-fetch-site": "cross-site"}, topic="quiet", text="x")[0] == 403
    assert post(own_site, plan, topic="quiet", text="x" * trial.MOST_BYTES)[0] == 413
    assert post(own_site, plan, {"content-type": "text/plain"}, topic="quiet", text="x")[0] == 415
    assert own_site.get(plan, method="PUT").status == 405


@pytest.mark.parametrize("name", ["", "nosuch", "../aggregator", "../sources/all", "quiet.toml", "/etc/passwd"])
def test_only_files_of_topics_can_be_chosen(own_site: Site, name: str) -> None:
    plan = desk(own_site) + "/plan"
    assert own_site.get(f"{plan}?{urlencode({'topic': name})}").status == 400
    assert post(own_site, plan, topic=name, text="x")[0] == 400


def test_a_configuration_larger_than_a_pipe_holds_is_handed_over_whole(own_site: Site) -> None:
    service = own_site.app.service
    large = replace(service.public.live.config, digest="x" * 500_000)
    task = trying.Task(own_site.config, service.opened.url.render_as_string(hide_password=False), large, "en")
    assert trying.try_apart(task, 60, lambda: False).same


def test_one_plan_is_made_at_a_time(own_site: Site, topic_files: dict[str, str]) -> None:
    plan = desk(own_site) + "/plan"
    with own_site.app.private.plans.alone:
        answer = own_site.get(f"{plan}?hl=en")
        assert (answer.status, answer.headers["retry-after"]) == (429, "10")
        assert "Another plan is being made" in answer.text
        status, page = post(own_site, f"{plan}?hl=en", topic="quiet", text=topic_files["quiet"] + "# mine\n")
        assert status == 429
        assert "# mine" in page, "nothing typed is lost"
    assert own_site.get(plan).status == 200


@pytest.mark.parametrize("why", ["time", "end"])
def test_a_plan_ends_when_its_time_is_over_or_the_server_is(
    own_site: Site, topic_files: dict[str, str], why: str
) -> None:
    plan, edited = desk(own_site) + "/plan?hl=en", topic_files["quiet"].replace("unheardofword", "notice")
    if why == "time":
        own_site.app.private.plans.seconds = -1.0
    else:
        own_site.app.service.closing.set()
    _, page = post(own_site, plan, topic="quiet", text=edited)
    assert "aggregator topics plan" in page
    assert "Stories that enter" not in page


@pytest.mark.slow
def test_a_draft_that_would_never_be_done_with_ends_with_its_time_and_the_server_answers(
    own_site: Site, topic_files: dict[str, str]
) -> None:
    plan = desk(own_site) + "/plan?hl=en"
    own_site.app.private.plans.seconds = 3.0
    numbers = range(1500)  # each of the terms takes all the steps that one may
    terms = ", ".join(f'"cargo ~60 notice ~60 cargo ~60 notice ~60 cargo ~60 notice ~1 end{n}"' for n in numbers)
    far = " ".join(f"end{n}" for n in numbers)
    text = f"""title = {{ en = "Endless" }}
[terms.en]
strong = [{terms}]
[tests]
match = [{{ title = "x", text = "{"cargo notice " * 40} {"so " * 90} {far}" }}]
"""
    status, page = post(own_site, plan, topic="quiet", text=text)
    assert status == 200
    assert "This took too long for a page" in page
    assert "Stories that enter" not in page
    assert own_site.get("/feeds/cargo.atom").status == 200
    own_site.app.private.plans.seconds = trial.MOST_SECONDS
    _, page = post(own_site, plan, topic="quiet", text=topic_files["quiet"].replace("unheardofword", "notice"))
    assert "Stories that enter: 120" in page, "the next plan is made"


def test_a_renamed_topic_is_told_as_such_with_what_really_changes(own_site: Site, topic_files: dict[str, str]) -> None:
    home = desk(own_site)
    (own_site.config / "topics" / "harbour.toml").unlink()
    same = 'formerly = ["harbour"]\n' + topic_files["harbour"]
    (own_site.config / "topics" / "quay.toml").write_text(same, "utf-8")
    page = own_site.get(f"{home}/plan?hl=en").text
    assert "Renamed: formerly harbour" in page
    assert page.count("Stories that enter") == 1
    assert "Stories that enter: 0, that leave: 0" in page
    edited = same.partition("\n")[0] + "\n" + topic_files["harbour"].replace('"harbour"', '"rain"')
    (own_site.config / "topics" / "quay.toml").write_text(edited, "utf-8")
    page = own_site.get(f"{home}/plan?hl=en").text
    assert "Renamed: formerly harbour" in page
    assert "Stories that enter: 1, that leave: 1" in page
    assert "now it lacks " in page


def test_feeds_are_served_while_a_plan_is_made(
    own_site: Site, topic_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    home, begun, go_on = desk(own_site), threading.Event(), threading.Event()
    real = trial.try_apart

    def slow(*given: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return real(*given)

    monkeypatch.setattr(trial, "try_apart", slow)
    (own_site.config / "topics" / "quiet.toml").write_text(
        topic_files["quiet"].replace("unheardofword", "notice"), "utf-8"
    )

    async def both() -> tuple[int, int, str]:
        planning = asyncio.create_task(own_site.ask(f"{home}/plan?hl=en"))
        assert await asyncio.to_thread(begun.wait, 10)
        feed = await own_site.ask("/feeds/cargo.atom")
        again = await own_site.ask(f"{home}/plan")
        go_on.set()
        return feed.status, again.status, (await planning).text

    feed, again, page = own_site.runner.run(both())
    assert (feed, again) == (200, 429)
    assert "Stories that enter: 120" in page


def test_a_server_without_the_files_still_tries_texts(own_site: Site, topic_files: dict[str, str]) -> None:
    home = desk(own_site)
    own_site.app.service.directory = None
    assert own_site.get(f"{home}/plan").status == 200
    assert post(own_site, f"{home}/plan", topic="quiet", text=topic_files["quiet"])[0] == 200
