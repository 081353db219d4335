"""`python -m benchmarks`: what a round costs, beside a plain script, on this machine and now."""

import argparse
import compileall
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.end_to_end import (
    PEERS,
    ROOT,
    SCENARIOS,
    Aggregator,
    Client,
    Result,
    origin,
    peer,
    run,
    table,
    write_config,
)


def main() -> None:
    given = _arguments()
    chosen = [scenario for scenario in SCENARIOS if not given.scenarios or scenario.name in given.scenarios]
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        home = Path(given.keep or name)
        home.mkdir(parents=True, exist_ok=True)
        with origin(given.feeds, given.port) as control:
            feeds = control.get("feeds")
            compileall.compile_dir(ROOT / "aggregator", quiet=1)  # as an installed program is
            clients: list[Client] = [Aggregator(write_config(home / "config", feeds, given.port), _url(given, home))]
            urls = home / "urls.txt"
            urls.write_text("\n".join(feed["url"] for feed in feeds), "utf-8")
            clients += [peer(name, home, urls) for name in given.peers]
            truth = control.get("mode?")
            print(
                f"{given.feeds} feeds, {truth['entries']} entries, {truth['bytes'] / 1e6:.1f} MB of XML\n", flush=True
            )
            results = []
            for result in run(chosen, clients, control, given.server, home):
                print(f"{result.scenario}: {result.client} {result.cost}", file=sys.stderr, flush=True)
                results.append(result)
    _tell(results, given.feeds, given.json)


def _url(given: argparse.Namespace, home: Path) -> str:
    return given.database or f"sqlite:///{home / 'aggregator.db'}"


def _tell(results: Sequence[Result], feeds: int, path: str | None) -> None:
    print(table(results, feeds))
    if path is not None:
        rows = [result.as_json(feeds) for result in results]
        Path(path).write_text(json.dumps({"feeds": feeds, "results": rows}, indent=1), "utf-8")
    failed = [f"{r.client} ended with {r.cost.status} in {r.scenario}" for r in results if r.cost.status != 0]
    if failed:
        sys.exit("\n".join(failed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--scenarios", nargs="*", choices=names, help=f"some of {', '.join(names)}; default: all")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--database", help="an empty PostgreSQL database for the aggregator, instead of SQLite")
    parser.add_argument("--server", type=int, nargs="*", default=[], metavar="PID", help="PostgreSQL's first process")
    parser.add_argument("--port", type=int, default=8300)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--keep", metavar="DIR", help="leave databases, configuration and logs there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
