"""The demo's config directory is complete TOML that fits the newsroom and the server's port."""

import tomllib
from pathlib import Path

import pytest

from aggregator.demo.config import shipped_topics, write_config
from aggregator.demo.newsroom import load

NEWSROOM = load()
BASE = "http://127.0.0.1:8080"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_config(tmp_path / "config", 8123, BASE)


def sources(directory: Path) -> dict[str, dict[str, object]]:
    listed = tomllib.loads((directory / "sources" / "newsroom.toml").read_text("utf-8"))["source"]
    return {source["id"]: source for source in listed}


def test_settings_lift_the_guard_for_loopback_only(directory: Path) -> None:
    settings = tomllib.loads((directory / "aggregator.toml").read_text("utf-8"))
    assert settings["site"] == {
        "title": "Sample newsroom",
        "base_url": BASE,
        "languages": ["ru", "kk", "az", "tr", "en"],
    }
    assert settings["fetch"] == {
        "contact": BASE,
        "allow": [["127.0.0.0/8", 0]],
        "ports": [80, 443, 8123],
        "host_gap": 0.0,
    }


def test_every_outlet_is_a_source_with_the_feed_its_server_answers(directory: Path) -> None:
    found = sources(directory)
    assert list(found) == [outlet.id for outlet in NEWSROOM.outlets]
    for outlet in NEWSROOM.outlets:
        feed = {"url": outlet.feed_url(8123)} | ({"content": "page"} if outlet.text == "none" else {})
        assert found[outlet.id]["feeds"] == [feed]
        assert found[outlet.id]["name"] == outlet.name
        assert found[outlet.id]["trust"] == outlet.trust


def test_half_of_the_sources_publish_in_full(directory: Path) -> None:
    assert sum(source["publish"] == "full" for source in sources(directory).values()) == 8


def test_the_topics_are_the_shipped_ones_and_the_newsroom_knows_no_other(directory: Path) -> None:
    topics = {path.stem for path in (directory / "topics").glob("[!_]*.toml")}
    assert topics == {path.stem for path in shipped_topics().glob("[!_]*.toml")}
    assert topics >= {topic for piece in NEWSROOM.pieces for topic in piece.topics}
    assert (directory / "topics" / "_lists.toml").is_file()


def test_other_topics_may_be_given_and_a_second_write_is_harmless(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "tea.toml").write_text('title = { en = "Tea" }\n', "utf-8")
    for _ in range(2):
        write_config(tmp_path / "config", 8123, BASE, mine)
    assert [path.name for path in (tmp_path / "config" / "topics").iterdir()] == ["tea.toml"]
