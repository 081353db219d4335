"""The configuration that is shipped: it loads, shows every key, and says what is known of each publisher."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aggregator.config import load, schemas
from aggregator.model import Config

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "config"
FACTS = re.compile(r"^# (answered, autumn 2026|unconfirmed)[^\n]*\n\[\[source\]\]\nid = \"([^\"]+)\"", re.MULTILINE)


@pytest.fixture(scope="module")
def config() -> Config:
    return load(SHIPPED, environ={})


def test_it_is_valid_and_its_only_warning_asks_for_a_contact(config: Config) -> None:
    assert [str(warning).partition(": ")[2] for warning in config.warnings] == [
        'fetch.contact: publishers cannot see who fetches from them (name a page: contact = "https://…")'
    ]


def test_no_address_is_exempt_from_the_guard(config: Config) -> None:
    assert config.fetch.allow == ()
    assert config.fetch.ports == (80, 443)


def test_all_publishers_are_there_with_their_facts(config: Config) -> None:
    by_file = {path.stem: len(FACTS.findall(path.read_text())) for path in (SHIPPED / "sources").glob("*.toml")}
    assert by_file == {"kazakhstan": 13, "azerbaijan": 14, "turkiye": 5, "region": 9, "themes": 5}
    assert len(config.sources) == 46


def test_exactly_the_confirmed_ones_are_enabled(config: Config) -> None:
    texts = "\n".join(path.read_text() for path in (SHIPPED / "sources").glob("*.toml"))
    answered = {name for state, name in FACTS.findall(texts) if state.startswith("answered")}
    assert answered == {source.id for source in config.sources if any(feed.enabled for feed in source.feeds)}
    assert {"astana-times", "azertac", "report", "timesca", "dunya"} <= answered


def test_sources_without_text_are_read_from_their_pages(config: Config) -> None:
    pages = {source.id for source in config.sources for feed in source.feeds if feed.content == "page"}
    assert pages == {"azertac", "azertac-en", "azertac-ru", "apa", "trend-en", "trend-ru", "trend-az"}


def test_every_source_has_country_language_and_a_site_on_its_own_host(config: Config) -> None:
    for source in config.sources:
        assert source.language in config.site.languages
        (feed,) = source.feeds
        assert urlsplit(feed.url).hostname == urlsplit(source.url).hostname
        assert source.timezone != "UTC" or source.country == "INT", source.id


def test_the_main_file_shows_every_key() -> None:
    text = (SHIPPED / "aggregator.toml").read_text()
    for table, model in (("site", "SiteTable"), ("fetch", "FetchTable")):
        part = text.split(f"[{table}]\n")[1].split("\n[")[0]
        for key in schemas()["aggregator"]["$defs"][model]["properties"]:
            assert re.search(rf"^(# )?{key} = ", part, re.MULTILINE), key


def test_the_examples_behind_comments_are_valid_too(tmp_path: Path) -> None:
    text = re.sub(r"^# ([a-z_]+ = )", r"\1", (SHIPPED / "aggregator.toml").read_text(), flags=re.MULTILINE)
    text = text.replace("allow = []\n", "")
    (tmp_path / "aggregator.toml").write_text(text)
    loaded = load(tmp_path, environ={"PROXY_PASSWORD": "x"})
    assert (loaded.site.hold, loaded.site.authority) == (120, "news.example.org")
    assert loaded.fetch.allow == (("127.0.0.0/8", 0),)


def test_the_documentation_explains_every_key() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    tables = [node for schema in schemas().values() for node in [schema, *schema.get("$defs", {}).values()]]
    keys = {key for table in tables for node in [table, *table.get("anyOf", ())] for key in node.get("properties", {})}
    assert {
        key for key in keys if f"`{key}`" not in text and f"{key} = " not in text and f"[{key}]" not in text
    } == set()
    assert len(keys) > 45


def test_the_documentations_examples_are_valid(tmp_path: Path) -> None:
    source, topic, lists = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "configuration.md").read_text(), re.DOTALL)
    for name, text in {"sources/kz": source, "topics/middle-corridor": topic, "topics/_lists": lists}.items():
        path = tmp_path / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "aggregator.toml").write_text((SHIPPED / "aggregator.toml").read_text())
    assert load(tmp_path, environ={}).topics[0].id == "middle-corridor"


def test_importing_the_package_loads_neither_pydantic_nor_tomlkit() -> None:
    script = "import sys, aggregator.config; print(*sorted({'pydantic', 'tomlkit', 'zoneinfo'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""
