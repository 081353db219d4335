"""The guarded child: whatever happens in it, this process gets an answer or a ParseError, and soon."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from aggregator import parse
from aggregator.errors import ParseError
from aggregator.model import Document, Feed
from aggregator.parse import guard

URL = "https://port.example/rss.xml"
BROKEN = b"<rss version='2.0'><channel><title>x</title><item><title>a <b>b</title><link>https://port.example/1</link></item></channel></rss>"


def read(body: bytes = BROKEN) -> int:
    return len(parse.read(Document(URL, body=body), Feed("source", URL)).entries)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    parse.close()
    yield
    parse.close()


def child() -> int:
    assert guard._child is not None
    return guard._child.process.pid


def test_one_child_serves_many_documents() -> None:
    assert read() == 1
    first = child()
    assert [read() for _ in range(5)] == [1] * 5
    assert child() == first


def test_a_dead_child_is_replaced() -> None:
    read()
    first = child()
    os.kill(first, signal.SIGKILL)
    guard._child.process.wait()  # type: ignore[union-attr]
    assert read() == 1
    assert child() != first


def test_an_old_child_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_DOCUMENTS", 2)
    read()
    first = child()
    read()
    assert guard._child is None
    read()
    assert child() != first


def test_a_child_that_hangs_is_ended_within_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    read()
    os.kill(child(), signal.SIGSTOP)
    monkeypatch.setattr(guard, "_SECONDS", 0.5)
    start = time.monotonic()
    with pytest.raises(ParseError, match="too much time"):
        read()
    assert time.monotonic() - start < 3
    monkeypatch.undo()  # a new child needs its time on a busy machine
    assert read() == 1


def test_any_exception_in_it_is_no_reading_and_a_new_child() -> None:
    read()
    first = child()
    with pytest.raises(ParseError, match="KeyError"):
        guard.ask("nonsense", b"")
    assert read() == 1
    assert child() != first


def test_close_ends_it() -> None:
    read()
    process = guard._child.process  # type: ignore[union-attr]
    parse.close()
    assert process.returncode is not None
    parse.close()


def test_it_ends_with_its_parent() -> None:
    script = (
        "import os\nfrom aggregator import parse\nfrom aggregator.model import Document, Feed\nfrom aggregator.parse import guard\n"
        f"parse.read(Document('{URL}', body={BROKEN!r}), Feed('s', '{URL}'))\n"
        "print(guard._child.process.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    for _ in range(100):
        if not _alive(pid):
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def _read_and_close() -> int:
    found = read()
    parse.close()
    return found


@pytest.mark.slow
def test_it_works_inside_spawned_workers() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert [future.result() for future in [pool.submit(_read_and_close) for _ in range(4)]] == [1] * 4


@pytest.mark.slow
def test_a_forked_process_starts_its_own() -> None:
    read()
    first = child()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        read()
        os.write(writer, str(child()).encode())
        parse.close()
        os._exit(0)
    os.waitpid(pid, 0)
    assert int(os.read(reader, 20)) != first
    os.close(reader)
    os.close(writer)
    assert read() == 1
    assert child() == first


@pytest.mark.slow
def test_its_memory_is_limited_for_real() -> None:
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY a "' + "a" * 50_000 + '">\n]>'
    body = f"{bomb}<rss version='2.0'><channel><title>x</title><item><title>{'&a;' * 300_000}</title></item></channel></rss>"
    read()
    with pytest.raises(ParseError):
        read(body.encode())
    assert read() == 1


@pytest.mark.slow
def test_its_time_is_limited_for_real() -> None:
    body = b"<rss version='2.0'><channel><title>x</title>" + b"<item><title>t</b></title></item>" * 57_000
    start = time.monotonic()
    with contextlib.suppress(ParseError):
        assert read(body) > 0
    assert time.monotonic() - start < 12


def test_importing_the_door_loads_no_heavy_library() -> None:
    script = "import sys; import aggregator.parse; print({'lxml', 'feedparser', 'trafilatura', 'subprocess'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_reading_sound_feeds_starts_no_child_and_loads_no_feedparser() -> None:
    script = (
        "import sys\nfrom aggregator import parse\nfrom aggregator.model import Document, Feed\n"
        f"parse.read(Document('{URL}', body=b'<rss><channel><title>x</title></channel></rss>'), Feed('s', '{URL}'))\n"
        "print({'feedparser', 'trafilatura', 'subprocess'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
