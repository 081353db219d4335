"""`python -m benchmarks.fetch`: what a request costs over TLS, beside httpx's default client, in one run on this machine.

2,000 feeds of 200 loopback hosts with a certificate authority made for the occasion; the memory of a thousand requests in
flight; what one stuck host costs the others.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fetch_server import HELD, addresses, certificates

ROOT = Path(__file__).parent.parent


@contextmanager
def publishers(port: int, listed: Path | None) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.fetch_server", str(port), *([str(listed)] if listed else [])]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def measured(client: str, task: str, port: int, hosts: int, feeds: int, ca: Path | None) -> dict[str, float]:
    environment = {**os.environ, "SCHEME": "https" if ca else "http", **({"SSL_CERT_FILE": str(ca)} if ca else {})}
    words = [client, task, *map(str, (port, hosts, feeds))]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fetch_client", *words], cwd=ROOT, check=False, capture_output=True, text=True,
        env=environment,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(f"{client} {task}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def costs(home: Path, hosts: int, feeds: int, times: int) -> list[str]:
    """CPU a request, in turns; the median of several processes each."""
    listed, ca = certificates(home, addresses(hosts)), home / "ca.pem"
    port, found = free_port(), {"httpx": [], "ours": []}
    with publishers(port, listed):
        for _ in range(times):
            for client, results in found.items():
                results.append(measured(client, "rounds", port, hosts, feeds, ca))
        stuck = measured("ours", "stuck", port, hosts, feeds, ca)
    lines = ["| CPU ms a request, client only | httpx | ours | ratio |", "|---|---:|---:|---:|"]
    for name, told in (("cold", "cold: new connections, 200, 30 KB as gzip"), ("warm again", "warm: 304")):
        theirs, mine = (statistics.median(one[name] for one in found[client]) for client in ("httpx", "ours"))
        lines.append(f"| {told} | {theirs:.2f} | {mine:.2f} | {theirs / mine:.1f}× |")
    said = f"{feeds} feeds of {hosts} hosts over TLS, 100 hosts side by side, uvloop for both; median of {times} runs."
    others = f"the others were done after {stuck['one stuck']:.2f} s; without it after {stuck['none stuck']:.2f} s."
    return [*lines, "", said, "", f"One stuck host of {hosts}: {others}"]


def memories(home: Path) -> list[str]:
    """MB of a thousand requests in flight."""
    listed, ca = certificates(home, addresses(HELD)), home / "ca.pem"
    lines = [f"| MB for {HELD:,} requests in flight, each to a host of its own | httpx | ours |", "|---|---:|---:|"]
    for told, given in (("http", None), ("https", ca)):
        port = free_port()
        with publishers(port, listed if given else None):
            found = {
                client: measured(client, "in_flight", port, HELD, HELD, given)["mb"] for client in ("httpx", "ours")
            }
        lines.append(f"| {told} | {_mb(found['httpx'])} | {_mb(found['ours'])} |")
    return lines


def _mb(value: float) -> str:
    return f"{value:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", choices=["cost", "memory"])
    given = parser.parse_args()
    for name, part in (("cost", lambda home: costs(home, given.hosts, given.feeds, given.times)), ("memory", memories)):
        if given.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="fetch-") as home:
                print("\n".join(part(Path(home))), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
