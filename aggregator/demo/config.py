"""A config directory that makes the program read the sample newsroom: aggregator.toml, sources/, topics/."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from aggregator.demo.newsroom import Outlet, load

LANGUAGES = ("ru", "kk", "az", "tr", "en")


def shipped_topics() -> Path:
    """The topics that come with the program: inside an installed package, in config/ of a checkout."""
    packaged = Path(__file__).parent / "topics"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "config" / "topics"


def write_config(directory: Path, server_port: int, base_url: str, topics: Path | None = None) -> Path:
    """Write a whole config directory for the newsroom served on `server_port`; returns `directory`.

    `base_url` is where the demo's own site is; `topics` a directory of topic files to copy, else the shipped ones.
    """
    (directory / "sources").mkdir(parents=True, exist_ok=True)
    (directory / "aggregator.toml").write_text(_settings(server_port, base_url), "utf-8")
    sources = "\n".join(_source(number, outlet, server_port) for number, outlet in enumerate(load().outlets))
    (directory / "sources" / "newsroom.toml").write_text(sources, "utf-8")
    shutil.copytree(topics or shipped_topics(), directory / "topics", dirs_exist_ok=True)
    return directory


def _settings(port: int, base_url: str) -> str:
    site = {"title": "Sample newsroom", "base_url": base_url, "languages": LANGUAGES}
    fetch = {"contact": base_url, "allow": [["127.0.0.0/8", 0]], "ports": sorted({80, 443, port}), "host_gap": 0.0}
    return f"[site]\n{_lines(site)}\n[fetch]\n{_lines(fetch)}"


def _source(number: int, outlet: Outlet, port: int) -> str:
    """One [[source]]; every other one is published in full, so that both ways can be seen."""
    content = ', content = "page"' if outlet.text == "none" else ""
    about = {
        "id": outlet.id,
        "name": outlet.name,
        "url": outlet.url(port),
        "country": outlet.country,
        "language": outlet.language,
        "trust": outlet.trust,
        "timezone": outlet.timezone,
        "publish": "full" if number % 2 else "excerpt",
    }
    return f"[[source]]\n{_lines(about)}feeds = [{{ url = {_value(outlet.feed_url(port))}{content} }}]\n"


def _lines(table: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    """A JSON string, number or list is one of TOML too."""
    return json.dumps(value, ensure_ascii=False)
