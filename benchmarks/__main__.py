"""`python -m benchmarks`: what a round costs, beside a plain script, on this machine and now."""

import argparse
import compileall
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.end_to_end import (
    PEERS,
    ROOT,
    SCENARIOS,
    Aggregator,
    Client,
    Result,
    installed,
    origin,
    peer,
    run,
    table,
    write_config,
)


def main() -> None:
    given = _arguments()
    began, results = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        for number, feeds in enumerate(given.feeds):
            home = Path(given.keep or name, str(feeds))
            home.mkdir(parents=True)
            results += _measured(given, feeds, home, first=number == 0)
    print(f"\n{time.monotonic() - began:.0f} s in all")
    if given.json is not None:
        Path(given.json).write_text(json.dumps([result.as_json() for result in results], indent=1), "utf-8")
    failed = [f"{r.client} ended with {r.cost.status} in {r.scenario}" for r in results if r.cost.status != 0]
    if failed:
        sys.exit("\n".join(failed))


def _measured(given: argparse.Namespace, feeds: int, home: Path, *, first: bool) -> list[Result]:
    """All scenarios at one size; peers and the archive take part in the first one."""
    chosen = [scenario for scenario in SCENARIOS if not given.scenarios or scenario.name in given.scenarios]
    results = []
    with origin(feeds, given.port) as control:
        known = control.get("feeds")
        compileall.compile_dir(ROOT / "aggregator", quiet=1)  # as an installed program is
        config = write_config(home / "config", known, given.port)
        clients: list[Client] = [Aggregator(config, given.database or f"sqlite:///{home / 'aggregator.db'}")]
        urls = home / "urls.txt"
        urls.write_text("\n".join(feed["url"] for feed in known), "utf-8")
        clients += [peer(name, home, urls) for name in given.peers if first]
        truth = control.get("mode?")
        print(f"\n{feeds} feeds, {truth['entries']} entries, {truth['bytes'] / 1e6:.1f} MB of XML\n", flush=True)
        for result in run(chosen, clients, control, given.server, home, given.archive if first else 0):
            print(f"{result.scenario}: {result.client} {result.cost}", file=sys.stderr, flush=True)
            results.append(result)
    print(table(results), flush=True)
    return results


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--feeds", type=int, nargs="+", default=[200], help="peers run at the first size only")
    parser.add_argument(
        "--archive", type=int, default=0, metavar="N", help="ours also over a SQLite store with N older articles"
    )
    parser.add_argument("--scenarios", nargs="*", choices=names, help=f"some of {', '.join(names)}; default: all")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=installed())
    parser.add_argument("--database", help="an empty PostgreSQL database for the aggregator, instead of SQLite")
    parser.add_argument("--server", type=int, nargs="*", default=[], metavar="PID", help="PostgreSQL's first process")
    parser.add_argument("--port", type=int, default=8300)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--keep", metavar="DIR", help="leave databases, configuration and logs there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
