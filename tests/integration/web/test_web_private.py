"""What stands behind tokens: private feeds, the operations feed and page, the metrics; and that nobody else sees a trace."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from aggregator import store
from aggregator.store.incidents import CONFIGURATION, Seen
from aggregator.web import watch
from aggregator.web.limits import Limiter

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "publish"))
import feed_rules

Site = Any
ATOM = "{http://www.w3.org/2005/Atom}"
NOW = 1_795_372_202


def token(site: Site, scope: str) -> str:
    with site.opened.writing() as db:
        return store.tokens.make(db, scope, "for a test", NOW)


@pytest.mark.parametrize("format_", ["atom", "rss", "json"])
def test_a_private_feed_is_served_to_its_token_alone(own_site: Site, format_: str) -> None:
    key = token(own_site, "secret")
    answer = own_site.get(f"/private/{key}/secret.{format_}", accept_encoding="br")
    assert answer.status == 200
    assert "submarine" in answer.text
    assert answer.headers["cache-control"].startswith("private")
    assert "access-control-allow-origin" not in answer.headers
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "/hub" not in answer.text
    assert f"http://news.example/private/{key}/secret.{format_}" in answer.text
    assert feed_rules.check(format_, answer.content) == []
    for path in (
        f"/feeds/secret.{format_}",
        f"/private/{'x' * 32}/secret.{format_}",
        f"/private/{key}/cargo.{format_}",
    ):
        assert own_site.get(path).status == 404


def test_a_private_feed_is_not_sent_twice(own_site: Site) -> None:
    address = f"/private/{token(own_site, 'secret')}/secret.atom"
    first = own_site.get(address)
    again = own_site.get(address, if_none_match=first.headers["etag"])
    assert (again.status, again.headers["cache-control"]) == (304, first.headers["cache-control"])


def test_a_revoked_token_opens_nothing_at_once(own_site: Site) -> None:
    key, other = token(own_site, "secret"), token(own_site, "secret")
    assert own_site.get(f"/private/{key}/secret.atom").status == 200
    with own_site.opened.writing() as db:
        first, *_ = store.tokens.listed(db)
        store.tokens.revoke(db, first.id)
    assert own_site.get(f"/private/{key}/secret.atom").status == 404
    assert own_site.get(f"/private/{other}/secret.atom").status == 200


def test_tokens_are_kept_as_hashes_and_compared_in_constant_time(
    own_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [token(own_site, "secret") for _ in range(3)]
    compared = []
    real = store.tokens.hmac.compare_digest
    monkeypatch.setattr(store.tokens.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or real(a, b))
    with own_site.opened.reading() as db:
        assert store.tokens.opens(db, "secret", keys[0])
        assert not store.tokens.opens(db, "secret", "wrong")
        assert not store.tokens.opens(db, "operations", keys[0])
    assert len(compared) == 6, "all are compared, whichever fits"
    assert not [pair for pair in compared if set(pair) & set(keys)]
    raw = Path(str(own_site.opened.url.database)).read_bytes()
    assert not [key for key in keys if key.encode() in raw]


def test_guessing_is_slowed_down(own_site: Site) -> None:
    own_site.app.service.limiter = Limiter(capacity=20, refill=0.01)
    statuses = [own_site.get(f"/private/{'x' * 30}{n:02}/secret.atom").status for n in range(6)]
    assert statuses == [404, 404, 404, 404, 429, 429]


def test_nothing_public_names_a_private_topic_or_a_token(own_site: Site) -> None:
    key = token(own_site, "secret")
    own_site.get(f"/private/{key}/secret.atom")
    boat = own_site.slug("gazette/boat")
    for path in ("/", "/opml", "/sources", "/robots.txt", "/feeds/all.atom", "/feeds/all.json", "/api/v1/topics",
                 "/api/v1/stories", "/api/v1/sources", "/feeds/all.atom?q=submarine", f"/stories/{boat}",
                 f"/api/v1/stories/{boat}", "/api/v1/stories?topic=secret", "/topics/secret",
                 "/feeds/cargo+secret.atom"):  # fmt: skip
        text = own_site.get(path).text
        assert "Classified" not in text, path
        assert key not in text, path
        if "secret" not in path:
            assert "secret" not in text, path


def test_the_archive_of_a_private_topic_keeps_its_token(own_site: Site, topic_files: dict[str, str]) -> None:
    own_site.reload(topic_files | {"cargo": "private = true\n" + topic_files["cargo"]})
    key = token(own_site, "cargo")
    found, address = [], f"/private/{key}/cargo.atom"
    while address:
        answer = own_site.get(address)
        assert (answer.status, feed_rules.check("atom", answer.body)) == (200, [])
        feed = ET.fromstring(answer.text)
        found += [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
        links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
        address = links.get("prev-archive", "").removeprefix("http://news.example")
    assert len(set(found)) == 125, "one of them is an alias that leads to its survivor"
    assert own_site.get("/feeds/cargo/archive/1.atom").status == 404


def test_the_metrics_can_be_had_with_a_token(own_site: Site) -> None:
    answer = own_site.get(f"/private/{token(own_site, 'metrics')}/metrics")
    assert answer.status == 200
    assert "aggregator_articles" in answer.text
    assert own_site.get(f"/private/{token(own_site, 'secret')}/metrics").status == 404


# ---------------------------------------------------------------- operations


def trouble(site: Site, *seen: Seen, now: int = NOW) -> int:
    with site.opened.writing() as db:
        return store.incidents.note(db, seen, now)


FAILING = Seen("https://gazette.example/feed?token=s3cret", "gazette", "failing", "failing: <b>status 500</b> & more")


@pytest.mark.parametrize("format_", ["atom", "rss", "json"])
def test_an_illness_is_an_entry_and_its_end_an_update_of_it(own_site: Site, format_: str) -> None:
    address = f"/private/{token(own_site, 'operations')}/operations.{format_}"
    assert feed_rules.check(format_, own_site.get(address).body) == []
    trouble(own_site, FAILING)
    own_site.app.service.made.clear()
    ill = own_site.get(address)
    trouble(own_site, now=NOW + 100)
    own_site.app.service.made.clear()
    well = own_site.get(address)
    assert feed_rules.check(format_, ill.body) == feed_rules.check(format_, well.body) == []
    assert "The gazette" in ill.text
    assert "status 500" in ill.text
    assert "Over" not in ill.text
    assert "Over" in well.text
    ids = [re.findall(r"tag:news\.example[^<\"]*incident/\d+", text.text) for text in (ill, well)]
    assert ids[0][0] == ids[1][0]
    assert own_site.get(address, if_none_match=well.headers["etag"]).status == 304


def test_an_illness_that_goes_on_is_told_once_and_another_kind_is_another_entry(own_site: Site) -> None:
    assert trouble(own_site, FAILING) == 1
    assert trouble(own_site, FAILING, now=NOW + 60) == 0
    gone = Seen(FAILING.subject, FAILING.source, "gone", "gone")
    assert trouble(own_site, gone, now=NOW + 120) == 2
    with own_site.opened.reading() as db:
        found = store.incidents.latest(db)
    assert {(one.state, one.ended) for one in found} == {("failing", NOW + 120), ("gone", None)}


def test_a_refused_configuration_is_told_until_it_is_mended(own_site: Site) -> None:
    with own_site.opened.writing() as db:
        for when, faults in ((1, ["a.toml:3: broken"]), (2, ["a.toml:3: broken"]), (3, ["b.toml:1: too"]), (4, [])):
            store.incidents.configuration(db, faults, NOW + when)
        found = store.incidents.latest(db)
        store.incidents.note(db, [], NOW + 9)
    assert [(one.subject, one.message, one.began - NOW, one.ended - NOW) for one in found] == [
        (CONFIGURATION, "b.toml:1: too", 3, 4), (CONFIGURATION, "a.toml:3: broken", 1, 3),
    ]  # fmt: skip


def test_a_broken_edit_is_told_and_its_mending_too(own_site: Site, topic_files: dict[str, str]) -> None:
    from aggregator.bootstrap import open_live

    (own_site.config / "topics" / "cargo.toml").write_text("title = 3\n", "utf-8")
    for when in (10, 20):
        assert open_live(own_site.opened, own_site.config, NOW + when)[1] is not None
    (own_site.config / "topics" / "cargo.toml").write_text(topic_files["cargo"], "utf-8")
    assert open_live(own_site.opened, own_site.config, NOW + 30)[1] is None
    with own_site.opened.reading() as db:
        (told,) = store.incidents.latest(db)
    assert (told.began, told.ended) == (NOW + 10, NOW + 30)
    assert "cargo.toml" in told.message


def test_the_watch_finds_what_sources_health_finds(own_site: Site) -> None:
    from sqlalchemy import text

    with own_site.opened.writing() as db:
        values = "failures = 4, error_at = :now, failing_since = :now, error_class = 'HttpStatus', error_message = 'status 500'"
        db.execute(text(f"UPDATE feed SET {values} WHERE source = 'gazette'"), {"now": NOW})
    assert watch.look(own_site.app.service) >= 1
    assert watch.look(own_site.app.service) == 0
    with own_site.opened.reading() as db:
        assert "status 500" in next(one for one in store.incidents.latest(db) if one.source == "gazette").message


def test_the_page_explains_an_article_and_takes_a_word_on_stories(own_site: Site) -> None:
    trouble(own_site, FAILING)
    home, ids = f"/private/{token(own_site, 'operations')}/operations", own_site.ids
    page = own_site.get(home + "?hl=en")
    assert page.status == 200
    assert "failing: &lt;b&gt;status 500&lt;/b&gt; &amp; more" in page.text
    assert page.headers["cache-control"].startswith("private")
    assert "<script" not in page.text
    explained = own_site.get(f"{home}?article={ids['gazette/storm']}&hl=ru")
    assert "Cargo leaves harbour after storm" in explained.text
    assert "✓ Грузы" in explained.text
    assert own_site.get(f"{home}?article=99999").status == 200
    assert own_site.get(f"{home}?article=x").status == 400
    pair = f"{ids['gazette/weather']} {ids['gazette/boat']}"
    answer = post(own_site, home, articles=pair, reason="the same rain", word="together")
    assert answer.status == 303
    own_site.settle()
    assert own_site.slug("gazette/weather") == own_site.slug("gazette/boat")
    post(own_site, home, articles=pair, reason="no, not the same", word="apart")
    own_site.settle()
    assert own_site.slug("gazette/weather") != own_site.slug("gazette/boat")


@pytest.mark.parametrize(
    "form",
    [{"articles": "1", "reason": "r", "word": "together"}, {"articles": "1 2", "reason": "", "word": "together"},
     {"articles": "1 2", "reason": "r", "word": "perhaps"}, {"articles": "1 x", "reason": "r", "word": "apart"},
     {"articles": "1 999999", "reason": "r", "word": "apart"}, {}],
)  # fmt: skip
def test_a_word_that_cannot_be_heeded_is_refused(own_site: Site, form: dict[str, str]) -> None:
    home = f"/private/{token(own_site, 'operations')}/operations"
    assert post(own_site, home, **form).status == 400
    assert post(own_site, home.replace("private/", "private/x"), **form).status == 404


def test_another_site_cannot_send_the_form(own_site: Site) -> None:
    home = f"/private/{token(own_site, 'operations')}/operations"
    answer = post(own_site, home, {"sec-fetch-site": "cross-site"}, articles="1 2", reason="r", word="apart")
    assert answer.status == 403


def post(site: Site, path: str, headers: dict[str, str] | None = None, **form: str) -> Any:
    """Send a form."""
    from urllib.parse import urlencode

    sent: list[Any] = []
    fields = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": path, "raw_path": b"",
        "query_string": b"", "root_path": "", "client": ("192.0.2.7", 5000), "server": ("127.0.0.1", 80),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": urlencode(form).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def main() -> None:
        await site.app(scope, receive, send)

    site.runner.run(main())

    class Answer:
        status = sent[0]["status"]
        body = b"".join(message.get("body", b"") for message in sent[1:])

    return Answer


def test_the_command_line_makes_lists_and_revokes(own_site: Site) -> None:
    where = ["--database", f"sqlite:///{own_site.opened.url.database}"]
    config = ["--config", str(own_site.config)]

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", "tokens", *words], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    status, out = run("make", "secret", "--note", "Аня", "--json", *config, *where)
    made = json.loads(out)
    address = made["addresses"][0].removeprefix("http://news.example")
    assert status == 0
    assert own_site.get(address).status == 200
    _, out = run("list", "--json", *where)
    (listed,) = json.loads(out)
    assert (listed["scope"], listed["note"]) == ("secret", "Аня")
    assert made["token"] not in out
    assert run("revoke", str(listed["id"]), *where)[0] == 0
    assert run("revoke", str(listed["id"]), *where)[0] == 1
    assert run("make", "cargo", *config, *where)[0] == 1
    assert own_site.get(address).status == 404


def test_no_log_holds_a_token(own_site: Site) -> None:
    """The traceback that goes with it shows no local variables (cli/logs.py)."""
    from structlog.testing import capture_logs

    key = token(own_site, "secret")

    def fail(*_: object) -> None:
        raise RuntimeError("by a fault of ours")

    own_site.app.private._find = fail
    with capture_logs() as told:
        assert own_site.get(f"/private/{key}/secret.atom").status == 500
    assert [one["event"] for one in told] == ["request failed"]
    assert key not in str(told)
