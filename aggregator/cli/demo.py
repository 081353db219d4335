"""`aggregator demo`: the sample newsroom, collected, placed, published and served, with no network at all."""

import asyncio
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli import loop
from aggregator.cli.options import Json
from aggregator.cli.output import counted, dump, progress, say
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.bootstrap import Live
    from aggregator.demo.server import NewsroomServer
    from aggregator.store import Store
    from aggregator.worker.local import Report


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End after one round, with a summary.")] = False,
    port: Annotated[int, typer.Option(metavar="N", min=1, max=65535, help="Port of the demo's site.")] = 8080,
    as_json: Json = False,
) -> None:
    """The sample newsroom, end to end, with no network.

    Starts its invented outlets on loopback, collects them, publishes their topics and serves them.
    """
    if not once:
        _check_free(port)
    with tempfile.TemporaryDirectory(prefix="aggregator-demo-") as directory:
        loop.run(_demo(Path(directory), once=once, port=port, as_json=as_json))


def _check_free(port: int) -> None:
    """Say so before the work begins, not after it. Errors: AggregatorError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise AggregatorError(f"port {port} is taken ({error.strerror}); choose another with --port") from error


async def _demo(directory: Path, *, once: bool, port: int, as_json: bool) -> None:
    from aggregator.bootstrap import open_live, open_store
    from aggregator.demo.config import write_config
    from aggregator.demo.newsroom import load
    from aggregator.demo.server import NewsroomServer

    newsroom, now = load(), int(time.time())
    async with NewsroomServer(newsroom, now=now) as server:
        base = f"http://127.0.0.1:{port}"
        config = write_config(directory / "config", server.port, base)
        opened = open_store(f"sqlite:///{directory / 'demo.db'}")
        live, broken = open_live(opened, config, now)
        assert broken is None  # we wrote it ourselves
        stopping = asyncio.Event()
        report, seconds = await _collect(opened, live, stopping)
        if stopping.is_set():  # nobody waits for what would follow
            opened.close()
            raise KeyboardInterrupt
        told = _summary(opened, report)
        if as_json:
            dump(told)
        else:
            _tell(told, live, seconds, base, served=not once)
        if not once:
            await _serve(opened, live, config, server, port)
        opened.close()


async def _collect(opened: "Store", live: "Live", stopping: asyncio.Event) -> tuple["Report", float]:
    from aggregator.demo.server import resolve
    from aggregator.worker.local import fetch_round

    began = time.monotonic()
    with progress() as bar:
        task = bar.add_task("collecting the sample newsroom", total=len(live.feeds))
        report = await fetch_round(
            opened, live, everything=True, resolve=resolve, seen=lambda _: bar.advance(task), stopping=stopping
        )
    return report, time.monotonic() - began


def _summary(opened: "Store", report: "Report") -> dict[str, Any]:
    from aggregator import store

    with opened.reading() as db:
        counts = store.reading.counts(db)
    topics = {name: number for name, number in sorted(counts["topics"].items()) if name != store.entries.EVERYTHING}
    return {"fetch": report.as_json(), "articles": counts["articles"], "stories": counts["stories"],
            "copies": counts["copies"], "topics": topics}  # fmt: skip


def _tell(told: dict[str, Any], live: "Live", seconds: float, base: str, *, served: bool) -> None:
    """The summary for a newcomer."""
    fetched = told["fetch"]
    say(f"The sample newsroom: {fetched['feeds']} feeds of invented outlets, collected in {seconds:.1f} s.")
    say(f"  {fetched['ok']} feeds read, {fetched['failed']} failed, {fetched['entries']} entries")
    for error in fetched["errors"]:
        say(f"    {error['feed']}: {error['message']} (an outlet that is broken on purpose)")
    say(
        f"  {told['articles']} articles tell {told['stories']} stories; {told['copies']} of them are copies of another's text"
    )
    say("Topics:")
    for topic in live.config.topics:
        title = topic.title.get("en") or next(iter(topic.title.values()))
        address = f"{base}/feeds/{topic.id}.atom" if served else ""
        held = counted(told["topics"].get(topic.id, 0), "story", "stories")
        say(f"  {held:>12}  {title:34} {address}".rstrip())
    if served:
        say(f"\nOpen {base}/ in a browser, or give a topic's address to a feed reader. Ctrl-C ends the demo.")


async def _serve(opened: "Store", live: "Live", config: Path, server: "NewsroomServer", port: int) -> None:
    """Serve what was collected and go on polling; a minute later the newsroom publishes its second round."""
    from aggregator import store
    from aggregator.cli.serving import serve_and_poll
    from aggregator.demo.server import resolve

    async def second_round() -> None:
        await asyncio.sleep(60)
        server.advance(2)
        with opened.writing() as db:
            store.feeds.hasten(db, int(time.time()))

    later = asyncio.create_task(second_round())
    await serve_and_poll(opened, config, live, host="127.0.0.1", port=port, resolve=resolve)
    later.cancel()
