"""Whole rounds against the scripted origin: a configuration, a document, a store, and what it holds afterwards."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from aggregator import store
from aggregator.bootstrap import open_live
from aggregator.store import Store
from aggregator.worker.local import Report, fetch_round


def rss(numbers: Iterable[int], extra: str = "") -> bytes:
    """An RSS document with one item for each number."""
    rows = "".join(
        f"<item><title>Harbour report number {n}</title><guid>{n}</guid><link>http://127.0.0.1/{n}</link>"
        f"<description>Cargo {n} left the harbour</description></item>"
        for n in numbers
    )
    return f'<rss version="2.0"><channel><title>Paper</title><link>http://127.0.0.1/</link>{extra}{rows}</channel></rss>'.encode()


def configured(directory: Path, feeds: Sequence[str], base: str = "http://127.0.0.1:8080", more: str = "") -> Path:
    """A config directory with a source for each feed; `more` goes into [fetch]."""
    (directory / "sources").mkdir(parents=True)
    (directory / "topics").mkdir()
    (directory / "aggregator.toml").write_text(
        f'[site]\ntitle = "Test"\nbase_url = "{base}"\nlanguages = ["en"]\n'
        f'[fetch]\nallow = [["127.0.0.0/8", 0]]\nhost_gap = 0.0\n{more}'
    )
    (directory / "sources" / "paper.toml").write_text(
        "\n".join(
            f'[[source]]\nid = "paper-{number}"\nname = "Paper {number}"\nurl = "http://127.0.0.1/"\ncountry = "KZ"\n'
            f'language = "en"\nfeeds = [{{ url = "{url}" }}]\n'
            for number, url in enumerate(feeds)
        )
    )
    (directory / "topics" / "cargo.toml").write_text(
        'title = { en = "Cargo" }\nmin_score = 5\n[terms.en]\nstrong = ["cargo"]\n'
        '[tests]\nmatch = ["Cargo left the harbour"]\nreject = ["A concert in the harbour"]\n'
    )
    return directory


def database(path: Path) -> Store:
    opened = store.Store(f"sqlite:///{path}")
    store.schema.ensure(opened)
    return opened


async def fetch(opened: Store, config: Path, **how: Any) -> Report:
    """One round over everything."""
    live, broken = await asyncio.to_thread(open_live, opened, config, 0)
    assert broken is None
    return await fetch_round(opened, live, everything=True, **how)


def links(opened: Store) -> list[str]:
    """The addresses of all stored articles, sorted."""
    with opened.reading() as db:
        return sorted(one.url or "" for one in store.reading.articles(db))
