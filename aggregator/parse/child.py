"""What runs in the guarded child process: feedparser on malformed feeds, trafilatura on article pages.

Started by guard.py as `python -m aggregator.parse.child FD`; reads requests from that socket until it closes. Imports
nothing of the program, so that it starts fast and can do nothing but this.
"""

import io
import json
import resource
import socket
import struct
import sys
from pathlib import Path
from typing import Any

_HEADROOM = 150_000_000
"""Bytes of address space beyond what is mapped once the libraries are loaded."""
_CPU_SECONDS = 6
_STATM = Path("/proc/self/statm")
"""Linux tells here what is mapped; elsewhere only time is limited."""

_ENTRY_TEXTS = ("id", "link", "published", "updated", "created", "language")
_FEED_TEXTS = ("title", "link", "language", "author", "ttl", "sy_updateperiod", "sy_updatefrequency")


def serve(line: io.BufferedRWPair) -> None:
    """Answer requests until the other side closes; after a failure too, for the caller starts anew then."""
    while header := line.read(8):
        options_length, data_length = struct.unpack("!II", header)
        options = json.loads(line.read(options_length))
        answer = json.dumps(_answer(options, line.read(data_length))).encode()
        line.write(struct.pack("!I", len(answer)) + answer)
        line.flush()


def _answer(options: dict[str, str], data: bytes) -> dict[str, Any]:
    try:
        task = _TASKS[options["task"]]
        _load(options["task"])
        _limit()
        return task(data, options)
    except Exception as error:  # noqa: BLE001 - the process boundary: any failure of these libraries means "no reading"
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def _load(task: str) -> None:
    """Import what the task needs before limits on memory apply, and make feedparser leave ids alone."""
    if task == "feed":
        from feedparser.mixin import _FeedParserMixin as Parser

        Parser.can_be_relative_uri = Parser.can_be_relative_uri - {"id"}
    else:
        import trafilatura  # noqa: F401


def _limit() -> None:
    """Limits for the next document: CPU counts from now, address space from what the libraries took."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime)
    _lower(resource.RLIMIT_CPU, spent + _CPU_SECONDS)
    if _STATM.exists():
        mapped = int(_STATM.read_bytes().split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, mapped + _HEADROOM)


def _lower(limit: int, wanted: int) -> None:
    """Set the soft limit; what an operator limits harder stays so."""
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _feed(data: bytes, options: dict[str, str]) -> dict[str, Any]:
    """feedparser's reading as plain JSON; it gets a stream, never a string, which it might open as a path or URL."""
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": options["url"]}
    parsed = feedparser.parse(
        io.BytesIO(data), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
    )
    return {
        "version": parsed.get("version") or "",
        "feed": {**_texts(parsed.feed, _FEED_TEXTS), "links": _links(parsed.feed)},
        "entries": [_entry(entry) for entry in parsed.entries],
    }


def _entry(entry: Any) -> dict[str, Any]:
    return {
        **_texts(entry, _ENTRY_TEXTS),
        "permanent": bool(entry.get("guidislink")),
        "title": _detail(entry.get("title_detail")),
        "summary": _detail(entry.get("summary_detail")),
        "contents": [_detail(content) for content in entry.get("content", ())],
        "authors": [
            str(author.get("name") or author.get("email") or "") for author in entry.get("authors", ()) if author
        ],
        "author": str(entry.get("author") or ""),
        "categories": [str(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", ())],
        "links": _links(entry),
        "media": [_strings(media) for media in entry.get("media_content", ())],
        "thumbnails": [_strings(media) for media in entry.get("media_thumbnail", ())],
        "image": str((entry.get("image") or {}).get("href") or ""),
    }


def _texts(holder: Any, keys: tuple[str, ...]) -> dict[str, str]:
    # "in" first: asked for an update that is not there, feedparser gives the date of publication
    return {key: str(holder.get(key) or "") if key in holder else "" for key in keys}


def _detail(detail: Any) -> dict[str, str]:
    return _texts(detail or {}, ("value", "type", "base", "language"))


def _links(holder: Any) -> list[dict[str, str]]:
    return [_strings(link) for link in holder.get("links", ())]


def _strings(mapping: Any) -> dict[str, str]:
    return {str(key).lower(): str(value) for key, value in mapping.items()}


def _page(data: bytes, options: dict[str, str]) -> dict[str, Any]:
    """The main text of an article page as simple HTML; empty when trafilatura finds none."""
    import trafilatura

    text = trafilatura.extract(
        data.decode(),
        url=options.get("url"),
        fast=True,
        favor_precision=True,
        include_comments=False,
        include_formatting=True,
        output_format="html",
    )
    return {"html": text or ""}


_TASKS = {"feed": _feed, "page": _page}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=int(sys.argv[1])) as connection, connection.makefile("rwb") as stream:
        serve(stream)
