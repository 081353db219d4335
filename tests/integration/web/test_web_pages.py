"""Pages: what they show, in which language, and that nothing hostile comes through them."""

import itertools
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest

from aggregator import store
from aggregator.web.phrases import LANGUAGES, phrases

Site = Any
PAGES = (
    "/",
    "/topics/cargo",
    "/topics/quiet",
    "/sources",
    "/stories/{storm}",
    "/stories/{hostile}",
    "/stories/{weather}",
    "/nope",
)
VOID = {"meta", "link", "img", "br", "input", "hr"}


class Reader(HTMLParser):
    """A strict reader of our pages: every element is closed in order; attributes are kept."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.faults: list[str] = []
        self.feed(page)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, name: str) -> list[str]:
        return [attributes[name] or "" for found, attributes in self.tags if found == tag and name in attributes]


def target(site: Site, page: str) -> str:
    return page.format(
        storm=site.slug("gazette/storm"), hostile=site.slug("gazette/hostile"), weather=site.slug("gazette/weather")
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_sound_in_every_language(site: Site, page: str, language: str) -> None:
    answer = site.get(f"{target(site, page)}?hl={language}")
    assert answer.status == (404 if page == "/nope" else 200)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    found = Reader(answer.text)
    assert found.faults == []
    assert found.all("html", "lang") == [language]
    tags = [tag for tag, _ in found.tags]
    assert tags.count("h1") == tags.count("main") == tags[: tags.index("body")].count("title") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), "a heading level is skipped"
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = [attributes["aria-labelledby"] for _, attributes in found.tags if "aria-labelledby" in attributes]
    assert set(labels) <= set(ids)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_holds_or_allows_a_script_or_an_inline_style(site: Site, page: str) -> None:
    answer = site.get(target(site, page))
    found = Reader(answer.text)
    assert not {"script", "style", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in found.tags}
    names = {name for _, attributes in found.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")} | ({"style"} & names)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_pages_of_ours_or_to_the_web(site: Site, page: str) -> None:
    found = Reader(site.get(target(site, page)).text)
    for address in {*found.all("a", "href"), *found.all("link", "href")}:
        parts = urlsplit(address)
        assert parts.scheme in ("", "http", "https"), address
        if (parts.scheme == "" and parts.path) or parts.netloc == "news.example":
            assert site.get(f"{parts.path}?{parts.query}".rstrip("?")).status == 200, address


def test_hostile_titles_are_shown_as_they_are_written(site: Site) -> None:
    for path in ("/", "/topics/cargo", f"/stories/{site.slug('gazette/hostile')}"):
        page = site.get(path + "?hl=en").text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<script>alert('x')</script> & \"cargo\" </title><img src=x onerror=alert(2)>" in Reader(page).text


def test_a_link_that_is_a_script_leads_nowhere(site: Site) -> None:
    page = site.get(f"/stories/{site.slug('gazette/script-link')}").text
    assert "Cargo by script" in page
    assert "javascript:" not in page


@pytest.mark.parametrize(
    "path",
    ["/<script>alert(1)</script>", "/topics/<svg onload=alert(1)>", "/stories/%22%3E%3Cscript%3E", "/?hl=%3Cscript%3E"],
)
def test_nothing_of_a_request_comes_back_in_an_error_page(site: Site, path: str) -> None:
    page = site.get(path).text
    assert "<script" not in page
    assert "<svg onload" not in page


def test_the_language_is_chosen_asked_for_or_the_sites(site: Site) -> None:
    def language(path: str, **headers: str) -> str:
        return Reader(site.get(path, **headers).text).all("html", "lang")[0]

    assert language("/") == "en"
    assert language("/", accept_language="kk-KZ,ru;q=0.5") == "kk"
    assert language("/?hl=az", accept_language="kk") == "az"
    assert language("/?hl=xx", accept_language="tr") == "tr"
    assert language("/", accept_language="de") == "en"


def test_a_chosen_language_goes_along_and_one_asked_for_by_the_browser_does_not(site: Site) -> None:
    chosen = Reader(site.get("/?hl=tr").text).all("a", "href")
    assert "/topics/cargo?hl=tr" in chosen
    assert "/sources?hl=tr" in chosen
    assert "/topics/cargo" in Reader(site.get("/", accept_language="tr").text).all("a", "href")


def test_pages_vary_with_the_language_and_answer_conditions(site: Site) -> None:
    first = site.get("/", accept_encoding="gzip")
    assert {"Accept-Encoding", "Accept-Language"} == set(first.headers["vary"].split(", "))
    assert first.headers["content-encoding"] == "gzip"
    assert site.get("/", if_none_match=first.headers["etag"]).status == 304
    assert site.get("/", "HEAD").body == b""


def test_home_has_every_public_topic_with_its_count_and_no_private_one(site: Site) -> None:
    page = site.get("/?hl=en").text
    text = " ".join(Reader(page).text.split())
    assert "Cargo & freight 124 stories" in text
    assert "Nothing ever 0 stories" in text
    assert "Classified" not in page
    assert "secret" not in page
    assert "Rain expected" not in page, "what is in no topic is not news here"


def test_a_story_with_a_private_topic_does_not_tell(site: Site) -> None:
    page = site.get(f"/stories/{site.slug('gazette/boat')}?hl=en").text
    assert "A submarine with cargo" in page
    assert "Classified" not in page
    assert "/topics/secret" not in page


def test_topic_page_lists_charts_and_explains(site: Site) -> None:
    page = site.get("/topics/cargo?hl=en").text
    assert "<h1>Cargo &amp; freight</h1>" in page
    assert "One of these in the title or the opening is enough: cargo" in page
    assert "The courier &amp; &lt;Co&gt;" in page
    assert 'href="http://news.example/feeds/cargo.atom"' in page
    assert "124 reports" in page or "126 reports" in page


def test_topic_pages_go_on_to_older_stories_without_loss(site: Site) -> None:
    seen: list[str] = []
    path: str | None = "/topics/cargo"
    while path:
        found = Reader(site.get(path).text)
        seen += [href for href in dict.fromkeys(found.all("a", "href")) if href.startswith("/stories/")]
        path = next((a["href"] for tag, a in found.tags if tag == "a" and a.get("rel") == "next"), None)
    assert len(seen) == len(set(seen)) == 124


def test_topic_page_by_language_offers_that_feed(site: Site) -> None:
    found = Reader(site.get("/topics/cargo?lang=ru&hl=en").text)
    assert len({href for href in found.all("a", "href") if href.startswith("/stories/")}) == 1
    assert "http://news.example/feeds/cargo.atom?lang=ru" in found.all("a", "href")


@pytest.mark.parametrize(
    "path",
    ["/topics/cargo?before=x", "/topics/cargo?before=-1", "/topics/cargo?before=99999999999", "/topics/cargo?lang=xx"],
)
def test_bad_parameters_of_pages_are_refused(site: Site, path: str) -> None:
    assert site.get(path).status == 400


def test_story_page_shows_reports_by_language_copies_and_reasons(site: Site) -> None:
    page = site.get(f"/stories/{site.slug('gazette/storm')}?hl=en").text
    found = Reader(page)
    text = " ".join(found.text.split())
    assert "3 reports 3 sources 2 languages" in text
    assert "Same text at The courier & <Co>" in text
    assert "the same text as at The gazette & <Co>: 100% of the wording is shared." in text
    assert "joined through other reports of the story, or by an editor." in text
    assert ("h4", {"lang": "ru", "dir": "auto"}) in found.tags
    assert "Why it is in these topics" in text


def test_a_story_speaks_the_readers_language_when_it_can(site: Site) -> None:
    slug = site.slug("gazette/storm")
    assert '<h1 lang="ru" dir="auto">Суда с грузом вышли из Актау</h1>' in site.get(f"/stories/{slug}?hl=ru").text
    assert '<h1 lang="en" dir="auto">Cargo leaves harbour after storm</h1>' in site.get(f"/stories/{slug}?hl=kk").text


def test_a_merged_story_leads_to_its_survivor(own_site: Site, now: int) -> None:
    old, known = own_site.slug("gazette/boat"), own_site.ids
    with own_site.opened.writing() as db:
        store.operator.rule(db, [known["gazette/storm"], known["gazette/boat"]], "one event", now, together=True)
    own_site.settle()
    answer = own_site.get(f"/stories/{old}")
    assert (answer.status, answer.headers["location"]) == (301, f"/stories/{own_site.slug('gazette/storm')}")
    assert own_site.get(f"/api/v1/stories/{old}").status == 301


def test_a_withdrawn_story_is_gone(own_site: Site, now: int) -> None:
    slug, boat = own_site.slug("gazette/boat"), own_site.ids["gazette/boat"]
    with own_site.opened.writing() as db:
        store.operator.withdraw(db, boat, "a mistake", now)
    own_site.settle()
    assert own_site.get(f"/stories/{slug}").status == 410
    assert own_site.get(f"/api/v1/stories/{slug}").json["status"] == 410


def test_sources_tell_their_state_and_never_the_address_that_is_polled(site: Site) -> None:
    page = site.get("/sources?hl=en").text
    assert "The gazette &amp; &lt;Co&gt;" in page
    assert "not read yet" in page
    assert "s3cret" not in page
    assert "/feed?" not in page
    assert "s3cret" not in site.get("/api/v1/sources").text


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/sources/", 301, "/sources"), ("/topics/cargo/", 301, "/topics/cargo"), ("//evil.example/", 301, "/evil.example"),
        ("/%5Cevil.example/", 301, "/%5Cevil.example"), ("/topics/freight", 301, "/topics/cargo"), ("/topics/all", 301, "/"),
        ("/topics/secret", 404, None), ("/topics/hidden", 404, None), ("/topics/nope", 404, None), ("/stories/nope", 404, None),
        ("/stories/%00", 404, None), ("/stories/a%0D%0AX-Evil:1/", 404, None), ("/static/nope.css", 404, None),
        ("/static/..%2f..%2fapp.py", 404, None), ("/favicon.ico", 301, "/static/icon.svg"),
    ],
)  # fmt: skip
def test_addresses_that_are_elsewhere_or_nowhere(site: Site, path: str, status: int, location: str | None) -> None:
    answer = site.get(path)
    assert (answer.status, answer.headers.get("location")) == (status, location)


def test_an_unforeseen_error_is_told_without_its_trace(own_site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: Any) -> None:
        raise RuntimeError("a secret of ours")

    own_site.app.service._with_db = fail
    page, feed = own_site.get("/?hl=ru"), own_site.get("/feeds/cargo.atom")
    assert (page.status, feed.status) == (500, 500)
    assert str(phrases()["e500"]["ru"]) in page.text
    assert "secret of ours" not in page.text + feed.text
    assert "Traceback" not in page.text + feed.text
    assert feed.json["title"] == "Internal Server Error"
    assert "a secret of ours" in "".join(capsys.readouterr()), "the log has it"


def test_without_a_database_pages_say_so(own_site: Site) -> None:
    from aggregator.errors import DatabaseUnavailable

    def fail(_: Any) -> None:
        raise DatabaseUnavailable("postgresql://user@db/news: no answer")

    own_site.app.service._with_db = fail
    answer = own_site.get("/")
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")
    assert "postgresql" not in answer.text
    assert own_site.get("/readiness").status == 503
    assert own_site.get("/liveness").status == 200


def test_an_empty_site_is_a_site(empty_site: Site) -> None:
    for page in ("/", "/topics/cargo", "/sources"):
        answer = empty_site.get(page)
        assert answer.status == 200
        assert Reader(answer.text).faults == []


def test_a_new_configuration_is_taken_over_at_once(own_site: Site, topic_files: dict[str, str]) -> None:
    assert "Harbours" in own_site.get("/").text
    own_site.reload(topic_files | {"harbour": topic_files["harbour"].replace("Harbours", "Ports of call")})
    assert "Ports of call" in own_site.get("/").text
    assert "Ports of call" in own_site.get("/opml").text


def test_the_site_works_below_a_path(own_site: Site) -> None:
    settings = own_site.config / "aggregator.toml"
    settings.write_text(settings.read_text().replace("http://news.example", "http://news.example/caspian"))
    from aggregator.bootstrap import open_live

    live, _ = open_live(own_site.opened, own_site.config, 1_795_372_202)
    own_site.app.service.renew(live)
    for path in ("/caspian/topics/cargo", "/topics/cargo"):  # the proxy hands on the whole path, or what is below
        found = Reader(own_site.get(path).text)
        assert "/caspian/" in found.all("a", "href")
        assert any(href.startswith("/caspian/static/style.css") for href in found.all("link", "href"))
    assert own_site.get("/caspian/topics/freight").headers["location"] == "/caspian/topics/cargo"
    assert own_site.get("/caspian/feeds/cargo.atom").status == 200
