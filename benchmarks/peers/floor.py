"""The physical floor: the same bytes fetched over bare sockets, read by libxml2 and inserted into SQLite; nothing else.

No redirects, no repair, no dates, no cleaning, no stories: what no program can do without, and what none should stop at.
python -m benchmarks.peers.floor DATABASE URLS      URLS: a file with one address a line
"""

import asyncio
import hashlib
import sqlite3
import sys
import zlib
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

CONCURRENCY = 50
SCHEMA = """
CREATE TABLE IF NOT EXISTS feed (url TEXT PRIMARY KEY, etag TEXT, digest BLOB);
CREATE TABLE IF NOT EXISTS entry (feed TEXT, key TEXT, link TEXT, title TEXT, date TEXT, body TEXT, PRIMARY KEY (feed, key));
"""
BODIES = ("encoded", "content", "description", "summary")


async def get(url: str, etag: str | None) -> tuple[int, str | None, bytes]:
    """Status, ETag and decoded body."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    asked = f"If-None-Match: {etag}\r\n" if etag else ""
    head = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: floor\r\nAccept-Encoding: gzip\r\n{asked}"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(-1), 30)
    writer.close()
    head_, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head_.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("content-encoding") == "gzip":
        body = zlib.decompress(body, 31)
    return int(status.split()[1]), headers.get("etag"), body


def entries(body: bytes) -> list[dict[str, str]]:
    """The children of each item, by local name."""
    found = []
    for item in etree.fromstring(body).iter("{*}item", "{*}entry"):
        texts = {etree.QName(child).localname: child.text or child.get("href") or "" for child in item}
        texts["body"] = next((texts[name] for name in BODIES if texts.get(name)), "")
        found.append(texts)
    return found


def store(db: sqlite3.Connection, url: str, etag: str | None, body: bytes, digest: bytes) -> None:
    """What is not known yet."""
    rows = [
        (url, one.get("guid") or one.get("id") or one.get("link"), one.get("link"), one.get("title"),
         one.get("pubDate") or one.get("updated") or one.get("date"), one["body"])
        for one in entries(body)
    ]  # fmt: skip
    db.executemany("INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)
    db.execute("INSERT OR REPLACE INTO feed VALUES (?, ?, ?)", (url, etag, digest))


async def main(database: str, urls: list[str]) -> None:
    """Poll every feed once."""
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.executescript(SCHEMA)
    known = {url: (etag, digest) for url, etag, digest in db.execute("SELECT * FROM feed")}
    turns = asyncio.Semaphore(CONCURRENCY)

    async def one(url: str) -> None:
        async with turns:
            etag, digest = known.get(url, (None, b""))
            try:
                status, tag, body = await get(url, etag)
                mark = hashlib.blake2b(body, digest_size=16).digest()
                if status == 200 and mark != digest:
                    store(db, url, tag, body, mark)
            except Exception as error:  # noqa: BLE001 - a feed that fails costs the others nothing
                print(url, repr(error)[:200], file=sys.stderr)

    await asyncio.gather(*map(one, urls))
    db.commit()
    db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").split()))
