"""Documents made to take a machine down: each is read, or refused, within ten seconds of CPU and half a gigabyte.

Every one goes through the whole path, twice, in a process of its own whose limits the kernel enforces.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CPU_SECONDS = 10
MEMORY_KB = 500_000
M = 1_000_000
Made = str | bytes


def rss(items: str, before: str = "") -> str:
    return f"{before}<rss version='2.0'><channel><title>x</title>{items}</channel></rss>"


def body(html: str) -> str:
    return rss(f"<item><title>t</title><link>https://a.example/1</link><description>{html}</description></item>")


def html(markup: str) -> str:
    return body(escape(markup))


def atom(entries: str, root: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{root}>{entries}</feed>'


def xhtml(inside: str, base: str = "") -> str:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'
    return atom(f'<entry{base}><title>t</title><content type="xhtml">{div}</content></entry>')


def lines(times: int) -> str:
    return "".join(
        f"<item><title>t{n}</title><guid>{n}</guid><description>{escape('<p>Одна и та же строка</p>' * times)}</description></item>"
        for n in range(500)
    )


def entities(count: int) -> str:
    declared = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(count))
    return f"<!DOCTYPE r [{declared}]>"


DOCUMENTS: dict[str, Callable[[], Made]] = {
    "a billion laughs": lambda: entities(10) + body("&l9;"),
    "a long entity many times": lambda: f'<!DOCTYPE r [<!ENTITY a "{"a" * 60_000}">]>' + body("&a;" * 60_000),
    "one line of 10 MB": lambda: body("слово " * 900_000),
    "a title of 8 MB": lambda: rss(f"<item><title>{'a ' * 4 * M}</title></item>"),
    "a relative link of 9 MB": lambda: rss(f"<item><link>{'a/' * 4_500_000}</link></item>"),
    "elements 200,000 deep": lambda: rss("<a>" * 200_000),
    "html 300,000 deep": lambda: html("<div>" * 300_000),
    "html misnested": lambda: html("<b><i><u><a>" * 20_000 + "<p>" * 20_000),
    "99,000 entries": lambda: rss("".join(f"<item><title>t{n}</title><link>https://a.example/{n}</link></item>" for n in range(99_000))),
    "99,000 entries of one guid": lambda: rss("".join(f"<item><title>t{n}</title><guid>1</guid></item>" for n in range(99_000))),
    "200,000 attributes": lambda: html("<a " + " ".join(f"a{n}=1" for n in range(200_000)) + ">x</a>"),
    "tags that never end": lambda: html("<a " * 1_500_000),
    "quotes that never end": lambda: html('<a href="' * 500_000),
    "sections that never end": lambda: rss("<![CDATA[" * 500_000),
    "comments that never end": lambda: rss("<!--" * 900_000),
    "comments above the feed": lambda: "<!--" * 4000 + body("x"),
    "bare ampersands": lambda: body("&" * 1_900_000),
    "references to no character": lambda: body("&#xD800;" * 900_000),
    "300,000 prefixes": lambda: rss("".join(f"<p{n}:a/>" for n in range(300_000))),
    "200,000 namespaces": lambda: rss("".join(f'<item xmlns="u{n}"/>' for n in range(200_000))),
    "700,000 lines": lambda: html("<p>a</p>" * 700_000),
    "100,000 headings of lists": lambda: html("<p>Самое читаемое</p>" * 100_000),
    "100,000 adverts": lambda: html("<p>Подписывайтесь на наш Telegram</p>" * 100_000),
    "the same lines in 500 articles": lambda: rss(lines(100)),
    "markup escaped twice": lambda: html(escape("<p " * 600_000)),
    "mojibake": lambda: body("РѕР°" * M),
    "one accent after another": lambda: body("a" + "\u0301" * 3_000_000),
    "nothing but bad bytes": lambda: body("X").encode().replace(b"X", b"\xd0\xd1\xd2 " * 2 * M),
    "NUL bytes": lambda: body("X").encode().replace(b"X", b"\0" * 9 * M),
    "200 bases over 200,000 addresses": lambda: xhtml(
        '<p xml:base="a/">' * 200 + '<a href="b">a</a>' * 200_000 + "</p>" * 200, ' xml:base="https://a.example/"'
    ),
    "a base of 8 MB": lambda: atom('<entry><link href="b"/></entry>' * 100, f' xml:base="https://a.example/{"a/" * 4 * M}"'),
    "a deep base over 90,000 links": lambda: atom(
        '<entry><id>1</id><link href="../../b"/></entry>' * 90_000, f' xml:base="https://a.example/{"a/" * 90}"'
    ),
    "JSON 5,000,000 deep": lambda: '{"version":"https://jsonfeed.org/version/1","items":[' + "[" * 5 * M,
    "a number of 5,000,000 digits": lambda: '{"version":"https://jsonfeed.org/version/1","items":[{"id":' + "9" * 5 * M + "}]}",
    "broken 57,000 times": lambda: rss("<item><title>t</b></title></item>" * 57_000),
    "item ends in sections": lambda: rss("<item>" + "<![CDATA[</item>" * 300_000 + "]]></item>"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_is_read_or_refused_within_limits(name: str) -> None:
    done = subprocess.run(
        [sys.executable, __file__, name], capture_output=True, text=True, check=False, preexec_fn=_limited, timeout=280
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stderr[-600:]}"
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["kb"] < MEMORY_KB
    assert told["child_kb"] < MEMORY_KB


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS + 3, CPU_SECONDS + 3))  # 3 s to start and to make the document


def _go(name: str) -> None:
    from aggregator import parse, pipeline, topics
    from aggregator.errors import ParseError
    from aggregator.model import Document, Feed, Job, Source

    made = DOCUMENTS[name]()
    source, feed = Source("s", "S", "https://a.example/", "KZ", "ru"), Feed("s", "https://a.example/rss")
    document = Document(feed.url, body=made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made)
    said = ""
    try:
        rules = topics.compile_rules((), ())
        reading = parse.read(document, feed)
        batch = (
            pipeline.prepare(Job(document, feed, source, ("ru", "en"), 1_790_000_000), rules)
            if len(reading.entries) < 5000
            else None
        )
        said = f"{len(reading.entries)} entries, {len(batch.prepared) if batch else '-'} articles"
    except ParseError as error:
        said = str(error)
    parse.close()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    sys.stdout.write(json.dumps({"said": said, "kb": _peak_kb(), "child_kb": children}))


def _peak_kb() -> int:
    """Of this program; `ru_maxrss` begins with what the process that started it held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])


if __name__ == "__main__":
    _go(sys.argv[1])
