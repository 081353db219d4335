"""The sample newsroom's whole site: every feed passes the validator, and a real reader in a real terminal reads it."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "publish"))
import feed_rules

from aggregator import publish

pytestmark = pytest.mark.slow
ATOM = "{http://www.w3.org/2005/Atom}"
SELECTIONS = ("", "?lang=ru", "?lang=kk&limit=5", "?since=7d", "?q=порт", "?limit=200")


def get(url: str, **headers: str) -> tuple[Any, bytes]:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, headers=fields), timeout=20) as answer:
        return answer, answer.read()


def topics(address: str) -> list[str]:
    """As a reader finds them: in the list of all feeds."""
    found = publish.read_opml(get(f"{address}/opml")[1])
    return [one.xml_url.removesuffix(".atom") for one in found]


def test_every_feed_of_the_newsroom_is_valid(address: str) -> None:
    feeds = [*topics(address), f"{address}/feeds/all"]
    assert len(feeds) > 5
    joined = "+".join(sorted(one.rpartition("/")[2] for one in feeds[:2]))
    checked = 0
    for feed in (*feeds, f"{address}/feeds/{joined}"):
        for format_ in ("atom", "rss", "json"):
            for selection in SELECTIONS:
                url = f"{feed}.{format_}{selection.replace('порт', '%D0%BF%D0%BE%D1%80%D1%82')}"
                answer, body = get(url)
                assert answer.headers["content-type"] == publish.MEDIA_TYPES[format_], url
                assert feed_rules.check(format_, body) == [], url
                checked += 1
    assert checked > 100


def test_every_archive_page_of_the_newsroom_is_valid_and_reached(address: str) -> None:
    url: str | None = f"{address}/feeds/all.atom"
    pages = 0
    while url:
        answer, body = get(url)
        assert feed_rules.check_atom(body) == [], url
        assert answer.headers["x-content-type-options"] == "nosniff"
        links = {link.get("rel"): link.get("href") for link in ET.fromstring(body).findall(f"{ATOM}link")}
        assert links["self"] == url
        url, pages = links.get("prev-archive"), pages + 1
    assert pages > 1, "the newsroom fills at least one page"


def test_the_operations_feed_is_valid_and_tells_of_the_broken_outlet(address: str, desk: str) -> None:
    for format_ in ("atom", "rss", "json"):
        answer, body = get(f"{address}{desk}.{format_}")
        assert feed_rules.check(format_, body) == []
        assert b"status 500" in body
        assert answer.headers["cache-control"].startswith("private")


def test_the_list_of_feeds_is_valid(address: str) -> None:
    assert feed_rules.check_opml(get(f"{address}/opml")[1]) == []


@pytest.mark.skipif(not (shutil.which("newsboat") and shutil.which("tmux")), reason="newsboat or tmux is not installed")
def test_newsboat_in_a_terminal_shows_the_feed_and_an_entry_and_reloads(address: str, tmp_path: Path) -> None:
    """As a subscriber sees it: the list of feeds, the list of entries, an entry with its link and its source."""
    url = f"{address}/feeds/middle-corridor.atom"
    titles = [entry.findtext(f"{ATOM}title") or "" for entry in ET.fromstring(get(url)[1]).findall(f"{ATOM}entry")]
    (tmp_path / "urls").write_text(f"{url}\n", "utf-8")
    (tmp_path / "config").write_text("auto-reload no\nrefresh-on-startup yes\n", "utf-8")
    terminal = Terminal(tmp_path)
    try:
        files = " ".join(
            f"-{option} {tmp_path / name}" for option, name in (("C", "config"), ("u", "urls"), ("c", "cache.db"))
        )
        terminal.run(f"newsboat {files}")
        assert terminal.shows("Срединный коридор")
        terminal.press("Enter")
        assert terminal.shows(shortened(titles[0]))
        terminal.press("Enter")
        entry = terminal.shows("Link")
        assert shortened(titles[0]) in squeezed(entry)
        assert re.search(r"https?://", entry)
        terminal.press("q")
        terminal.press("r")
        assert terminal.shows(shortened(titles[0]))
    finally:
        terminal.close()


def squeezed(text: str) -> str:
    return " ".join(text.split())


def shortened(title: str) -> str:
    """As much as any terminal shows of a title on one line."""
    return squeezed(title)[:30]


class Terminal:
    """A tmux server of our own with one window."""

    def __init__(self, home: Path) -> None:
        self.socket = str(home / "tmux")
        self.environment = {**os.environ, "HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        self.environment.pop("TMUX", None)

    def tmux(self, *words: str) -> str:
        command = ["tmux", "-u", "-S", self.socket, "-f", "/dev/null", *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=20
        ).stdout

    def run(self, command: str) -> None:
        self.tmux("new-session", "-d", "-x", "140", "-y", "40", command)

    def press(self, key: str) -> None:
        self.tmux("send-keys", key)

    def shows(self, words: str, seconds: float = 25) -> str:
        """The screen, as soon as these words stand on it."""
        deadline = time.monotonic() + seconds
        while True:
            screen = self.tmux("capture-pane", "-p")
            if words in squeezed(screen):
                return screen
            assert time.monotonic() < deadline, f"{words!r} is not on the screen:\n{screen}"
            time.sleep(0.2)

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.tmux("kill-server")
