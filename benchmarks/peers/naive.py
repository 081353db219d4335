"""The script one writes in an afternoon: feedparser, httpx and sqlmodel as their READMEs suggest. It groups no copies.

python -m benchmarks.peers.naive DATABASE URLS      URLS: a file with one address a line
"""

import asyncio
import sys
from calendar import timegm
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import httpx
from sqlmodel import Field, Session, SQLModel, create_engine, select

CONCURRENCY = 20


class Feed(SQLModel, table=True):
    """A subscription and its validators."""

    id: int | None = Field(default=None, primary_key=True)
    url: str = Field(unique=True)
    etag: str | None = None
    modified: str | None = None
    error: str | None = None


class Article(SQLModel, table=True):
    """An entry as feedparser hands it over."""

    id: int | None = Field(default=None, primary_key=True)
    feed_id: int = Field(foreign_key="feed.id", index=True)
    link: str = Field(unique=True, index=True)
    guid: str | None = None
    title: str
    summary: str
    content: str
    author: str | None = None
    tags: str = ""
    published: datetime | None = Field(default=None, index=True)


def store(session: Session, feed: Feed, response: httpx.Response) -> None:
    """Parse a document and add the entries whose link is new."""
    feed.etag, feed.modified = response.headers.get("etag"), response.headers.get("last-modified")
    parsed = feedparser.parse(response.content)
    if not parsed.entries:
        feed.error = str(parsed.get("bozo_exception"))
    for entry in parsed.entries:
        if session.exec(select(Article).where(Article.link == entry.link)).first() is None:
            session.add(article(feed, entry))
    session.add(feed)
    session.commit()


def article(feed: Feed, entry: Any) -> Article:
    """The row of an entry."""
    when = entry.get("published_parsed") or entry.get("updated_parsed")
    assert feed.id is not None
    return Article(
        feed_id=feed.id, link=entry.link, guid=entry.get("id"), title=entry.get("title", ""),
        summary=entry.get("summary", ""), author=entry.get("author"),
        content=entry.content[0].value if "content" in entry else entry.get("summary", ""),
        tags=",".join(tag.term for tag in entry.get("tags", []) if tag.term),
        published=datetime.fromtimestamp(timegm(when), UTC) if when else None,
    )  # fmt: skip


def headers(feed: Feed) -> dict[str, str]:
    """The validators of the last answer, sent back."""
    pairs = (("If-None-Match", feed.etag), ("If-Modified-Since", feed.modified))
    return {name: value for name, value in pairs if value}


async def poll(client: httpx.AsyncClient, session: Session, feed: Feed) -> None:
    """Ask one feed and store what it says."""
    response = await client.get(feed.url, headers=headers(feed))
    if response.status_code != 304:
        response.raise_for_status()
        store(session, feed, response)


async def main(database: str, urls: list[str]) -> None:
    """Poll every feed once."""
    engine = create_engine(f"sqlite:///{database}")
    SQLModel.metadata.create_all(engine)
    turns = asyncio.Semaphore(CONCURRENCY)
    with Session(engine, expire_on_commit=False) as session:
        known = set(session.exec(select(Feed.url)).all())
        session.add_all(Feed(url=url) for url in urls if url not in known)
        session.commit()
        feeds = session.exec(select(Feed)).all()
        async with httpx.AsyncClient(timeout=30, follow_redirects=True) as client:

            async def one(feed: Feed) -> None:
                async with turns:
                    try:
                        await poll(client, session, feed)
                    except Exception as error:  # noqa: BLE001 - a feed that fails costs the others nothing
                        session.rollback()
                        print(feed.url, repr(error)[:200], file=sys.stderr)

            await asyncio.gather(*map(one, feeds))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").split()))
