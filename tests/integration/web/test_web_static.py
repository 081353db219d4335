"""The site as files: every link between them leads somewhere, and they say what the server says."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest

from aggregator import publish
from aggregator.web.static import site_files

Site = Any
NOW = 1_795_372_202


@pytest.fixture(scope="module")
def files(site: Site) -> dict[str, bytes]:
    found = list(site_files(site.opened, site.live, NOW))
    assert len(found) == len(dict(found)), "a file was written twice"
    return dict(found)


def found_at(files: dict[str, bytes], path: str) -> bool:
    """As a plain web server looks for it."""
    name = unquote(path).strip("/")
    return name in files or (f"{name}/index.html" if name else "index.html") in files


def test_every_page_feed_and_archive_is_there(files: dict[str, bytes]) -> None:
    assert {"index.html", "404.html", "opml", "sources/index.html", "static/style.css", "static/feed.css"} <= set(files)
    for topic in ("cargo", "harbour", "quiet"):
        assert f"topics/{topic}/index.html" in files
    for topic in ("cargo", "harbour", "quiet", "all"):
        assert {f"feeds/{topic}.{format_}" for format_ in ("atom", "rss", "json")} <= set(files)
    assert {"feeds/cargo/archive/1.atom", "feeds/cargo/archive/2.atom"} <= set(files)
    assert "feeds/cargo/archive/3.atom" not in files
    assert sum(name.startswith("stories/") for name in files) == 125


def test_every_link_on_every_page_leads_to_a_file(files: dict[str, bytes]) -> None:
    for name, body in files.items():
        if name.endswith(".html"):
            for address in re.findall(r'(?:href|src)="([^"#]*)', body.decode()):
                parts = urlsplit(address)
                if (parts.scheme == "" and parts.path) or parts.netloc == "news.example":
                    assert found_at(files, parts.path), f"{name} → {address}"
                    assert not parts.query or parts.path.endswith("style.css"), "a plain web server knows no queries"


def test_feeds_are_those_of_the_server_and_lead_to_files(site: Site, files: dict[str, bytes]) -> None:
    assert files["feeds/cargo.atom"] == site.get("/feeds/cargo.atom").body
    assert files["feeds/cargo/archive/1.atom"] == site.get("/feeds/cargo/archive/1.atom").body
    for element in ET.fromstring(files["feeds/cargo/archive/2.atom"]).iter("{http://www.w3.org/2005/Atom}link"):
        address = urlsplit(element.get("href") or "")
        if address.netloc == "news.example":
            assert found_at(files, address.path), address


def test_nothing_private_and_no_secret_is_exported(files: dict[str, bytes]) -> None:
    for name, body in files.items():
        assert b"Classified" not in body, name
        assert b"s3cret" not in body, name
    assert not [name for name in files if "secret" in name]


def test_a_second_export_changes_nothing(site: Site, tmp_path: Path) -> None:
    first = publish.export.write_site(site_files(site.opened, site.live, NOW), tmp_path / "www")
    again = publish.export.write_site(site_files(site.opened, site.live, NOW), tmp_path / "www")
    assert (again.written, again.removed) == (0, 0)
    assert again.unchanged == first.written > 100


def test_an_empty_site_can_be_exported(empty_site: Site) -> None:
    assert "index.html" in dict(site_files(empty_site.opened, empty_site.live, NOW))


def test_further_languages_stand_below_their_code_and_lead_to_each_other(site: Site) -> None:
    found = dict(site_files(site.opened, site.live, NOW, ["en", "kk"]))
    assert b'<html lang="en">' in found["index.html"]
    assert b'<html lang="kk">' in found["kk/index.html"]
    assert b'href="/kk/topics/cargo"' in found["topics/cargo/index.html"]
    assert b'href="/topics/cargo"' in found["kk/topics/cargo/index.html"]
    assert b'hreflang="kk" href="http://news.example/kk/sources"' in found["sources/index.html"]
    assert not [name for name in found if name.startswith("kk/feeds")]
    for name, body in found.items():
        if name.endswith(".html"):
            for address in re.findall(r'(?:href|src)="(/[^"#?]*)', body.decode()):
                assert found_at(found, address), f"{name} → {address}"


def test_one_language_may_be_chosen(site: Site) -> None:
    found = dict(site_files(site.opened, site.live, NOW, ["az"]))
    assert b'<html lang="az">' in found["index.html"]
    assert b"tongues" not in found["index.html"].partition(b"<main")[0]
