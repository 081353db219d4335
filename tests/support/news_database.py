"""A database as an operator has it: three rounds over the sample newsroom, a report withdrawn, two stories merged."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from aggregator import publish, store
from aggregator.bootstrap import Live, open_live, open_store
from aggregator.demo.config import write_config
from aggregator.demo.newsroom import load
from aggregator.demo.server import NewsroomServer, resolve
from aggregator.store import Store
from aggregator.worker.local import fetch_round

LEASES = {"lease_until", "lease_token", "lease_run", "ended"}
"""Columns that belong to processes and not to data."""


@dataclass
class News:
    url: str
    config: Path
    now: int


def collect(url: str, directory: Path, now: int) -> News:
    return asyncio.run(_collect(url, directory, now))


async def _collect(url: str, directory: Path, now: int) -> News:
    async with NewsroomServer(load(), now=now, drip=0.1) as server:
        config = write_config(directory / "config", server.port, "http://127.0.0.1:8080")
        opened = open_store(url)
        live, broken = open_live(opened, config, now)
        assert broken is None
        for edition in (1, 2):
            server.advance(edition)
            await fetch_round(opened, live, everything=True, resolve=resolve)
        with opened.writing() as db:
            store.operator.withdraw(db, 3, "wrong figures", now)
            store.operator.rule(db, (5, 9), "one event", now, together=True)
        await fetch_round(opened, live, everything=True, resolve=resolve)
        opened.close()
    return News(url, config, now)


def rows(opened: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, without what belongs to processes."""
    with opened.snapshot() as db:
        return {
            table.name: [
                {k: bytes(v) if isinstance(v, memoryview) else v for k, v in row._asdict().items() if k not in LEASES}
                for row in db.execute(select(table).order_by(*table.primary_key))
                if table.name != "meta" or row.name != "backed up"
            ]
            for table in SQLModel.metadata.sorted_tables
        }


def feeds(opened: Store, news: News) -> dict[str, bytes]:
    """Every feed in every format: as it is stored, and rendered anew at the same moment, its archive pages too."""
    live, broken = open_live(opened, news.config, news.now)
    assert broken is None
    found: dict[str, bytes] = {}
    with opened.writing() as db:
        for name in (*live.topic_ids, "all"):
            for format_ in ("atom", "rss", "json"):
                kept = store.publications.rendering(db, name, format_)
                found[f"{name}.{format_} stored"] = kept[0].body if kept else b""
            found |= _rendered(db, live, name, news.now)
    return found


def _rendered(db: Any, live: Live, name: str, now: int) -> dict[str, bytes]:
    standing = store.publications.standing(db, name, live.tag, now)
    feed = live.publication(name, standing, now)
    return {f"{name}.{one.format} anew": one.body for one in publish.render(feed)}
